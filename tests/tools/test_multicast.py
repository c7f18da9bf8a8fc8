"""A published stream is played out by multicat and received again, frame for frame."""

import socket
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from encoders.broadcast import VIDEO_PID, make_broadcast
from encoders.broadcast.check import check
from tests.encoders.broadcasting import lesson
from tests.tools.programs import ffmpeg, run

GROUP = "239.255.74.21"
LOOPBACK = "127.0.0.1"
PROBE = b"can a group be reached over loopback?"
SECONDS = 3


@dataclass(frozen=True, slots=True)
class Route:
    """How a stream goes out and comes back on this machine."""

    address: str
    port: int
    reason: str
    """Why it is not multicast; empty where it is."""

    def receiver(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        made.bind((self.address, self.port))
        if not self.reason:
            member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(LOOPBACK))
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        made.settimeout(5)
        return made

    @property
    def target(self) -> str:
        """As multicat takes it."""
        where = f"{self.address}:{self.port}"
        return where if self.reason else f"{where}@{LOOPBACK}"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def route() -> Route:
    """Multicast where a group can be reached over loopback, which a container may not allow."""
    wished = Route(GROUP, free_port(), "")
    try:
        with (
            wished.receiver() as receiver,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        ):
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            receiver.settimeout(1)
            sender.sendto(PROBE, (GROUP, wished.port))
            if receiver.recv(100) == PROBE:
                return wished
    except OSError as error:
        return Route(LOOPBACK, free_port(), f"no multicast over loopback here: {error}")
    return Route(LOOPBACK, free_port(), "no multicast over loopback here: other data came")


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("multicast")
    task = lesson(folder, seconds=(SECONDS,))
    made = make_broadcast(task, lambda _: None)
    played = folder / "lesson.ts"
    played.write_bytes((Path(task.folder) / made.files[0].file.name).read_bytes())
    run(["ingests", "-p", str(VIDEO_PID), played]).ok()
    return played


def received(route: Route, stream: Path) -> tuple[bytes, float]:
    """What multicat sends, and how long it takes, seconds."""
    with route.receiver() as receiver:
        began = time.monotonic()
        sender = subprocess.Popen(
            ["multicat", "-U", str(stream), route.target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        data = bytearray()
        try:
            while len(data) < stream.stat().st_size:
                data += receiver.recv(2048)
        except TimeoutError:
            pass  # what came so far is judged by the test
        spent = time.monotonic() - began
        sender.kill()
        _, errors = sender.communicate(timeout=10)
    assert len(data) == stream.stat().st_size, errors.decode()
    return bytes(data), spent


def frames(path: Path) -> str:
    command = [ffmpeg(), "-v", "error", "-i", path, "-map", "0", "-f", "framemd5", "-"]
    return run(command).ok().out


def test_it_is_received_as_it_was_sent(
    route: Route, stream: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("route", route.reason or "multicast over loopback")
    data, spent = received(route, stream)
    again = tmp_path / "received.ts"
    again.write_bytes(data)
    assert data == stream.read_bytes()
    assert check(again).faults == ()
    assert frames(again) == frames(stream)
    pictures = [line for line in frames(again).splitlines() if line.startswith("0,")]
    assert len(pictures) == SECONDS * 25
    assert spent > 0.9 * stream.stat().st_size * 8 / 500_000  # at its rate, not at once
