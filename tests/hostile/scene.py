"""The place of an attack: a folder for the upload, a secret beside it, and a canary on the net."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.tools.programs import ffmpeg, run


@dataclass(frozen=True, slots=True)
class Canary:
    """Listens on loopback and keeps what it is sent; answers nothing."""

    port: int
    heard: list[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Scene:
    upload: Path
    """Folder of the hostile file."""
    secret: Path
    """A recording of another base, in another folder: 96 lines high, as nothing else is."""
    canary: Canary


@contextmanager
def canary() -> Iterator[Canary]:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    heard: list[bytes] = []
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.5)
                try:
                    heard.append(connection.recv(4096))
                except OSError as error:
                    heard.append(str(error).encode())

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield Canary(server.getsockname()[1], heard)
    finally:
        done.set()
        thread.join()
        server.close()


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    upload, other = folder / "upload", folder / "tenant"
    upload.mkdir()
    other.mkdir()
    secret = other / "secret.mp4"
    secret.write_bytes(healthy("mp4", "128x96"))
    with canary() as bird:
        yield Scene(upload, secret, bird)


@cache
def healthy(extension: str, size: str = "160x120", *options: str) -> bytes:
    """A two-second recording, H.264 and AAC, as bytes; `options` go to the muxer."""
    return made(extension, *source(size), *H264_AAC, *options)


H264_AAC = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-b:a", "48k")


def source(size: str = "160x120", seconds: int = 2) -> tuple[str, ...]:
    return (
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds},format=yuv420p"),
        *("-f", "lavfi", "-i", f"sine=r=48000:d={seconds}"),
    )


def made(extension: str, *arguments: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """What the FFmpeg program makes of its arguments, in a folder that holds `files`."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in (files or {}).items():
            (folder / file).write_bytes(data)
        out = f"made.{extension}"
        run([ffmpeg(), "-v", "error", "-nostdin", *arguments, out], folder=folder).ok()
        return (folder / out).read_bytes()
