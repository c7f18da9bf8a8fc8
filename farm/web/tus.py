"""Receiving a file over a line that breaks: the parts of tus 1.0 that touch the disk.

https://tus.io/protocols/resumable-upload. It is our own because of what a cut may leave:
tuspyserver keeps the offset in a file beside the data and appends to the data, so that a server
that is killed between the two continues at the wrong place; it takes a body before it asks who
sends it; and it waits for locks on the event loop. Here the length of the file is the offset: there
is nothing else to go wrong.
"""

import asyncio
import base64
import binascii
import errno
import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from farm.web.sorry import Sorry

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
ALGORITHMS = ("sha256", "sha1", "md5")
BODY = "application/offset+octet-stream"

AHEAD = 4 << 20
"""Bytes taken from the line that the disk has not yet: then the line waits."""
TICK = 0.1
"""Seconds between looks whether another request takes over."""
IDLE = 60.0
"""Seconds without a byte after which a line counts as broken; what came is kept."""
DRAINING = 2.0
"""Seconds a request that has to let go may still take what comes without a pause."""
TAKING_OVER = 5.0
"""Seconds another request is given to let go of a file."""
CHECKSUM_MISMATCH = 460
MOST_METADATA = 40


@dataclass(frozen=True, slots=True)
class Checksum:
    algorithm: str
    digest: bytes


@dataclass(slots=True)
class _Ahead:
    """What has come and is not written yet; the one thing here that changes."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Something came, or the end."""
    room: asyncio.Event = field(default_factory=asyncio.Event)
    """There is room for more."""
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    ended: bool = False
    cut: bool = False
    last: float = field(default_factory=time.monotonic)


def metadata_of(header: str) -> dict[str, str]:
    """`Upload-Metadata`: names with values in base64. Raises Sorry 400."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in header.split(","))):
        name, _, value = part.partition(" ")
        try:
            found[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (ValueError, binascii.Error) as error:
            raise Sorry(
                400,
                "上传信息（Upload-Metadata）有误。",
                f"Upload-Metadata: the value of {name[:40]!r} is not UTF-8 in base64; send it so.",
            ) from error
    if len(found) > MOST_METADATA:
        raise Sorry(400, "上传信息过多。", f"Send at most {MOST_METADATA} pairs of metadata.")
    return found


def checksum_of(header: str | None) -> Checksum | None:
    """`Upload-Checksum`. Raises Sorry 400."""
    if header is None:
        return None
    algorithm, _, text = header.partition(" ")
    try:
        digest = base64.b64decode(text, validate=True)
        known = algorithm in ALGORITHMS and len(digest) == hashlib.new(algorithm).digest_size
    except (ValueError, binascii.Error):
        known = False
    if not known:
        raise Sorry(
            400,
            "校验值（Upload-Checksum）有误。",
            f"Upload-Checksum should be one of {', '.join(ALGORITHMS)} and a digest in base64.",
        )
    return Checksum(algorithm, digest)


def offset_of(path: Path) -> int | None:
    """Bytes that are here; None where there is no such file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def room_for(folder: Path, size: int, spare: int) -> None:
    """Raises Sorry 507 where `size` bytes more would leave less than `spare` of the disk."""
    if shutil.disk_usage(folder).free - size < spare:
        raise _full()


def create(path: Path) -> None:
    """An empty file that is there after a power cut. Raises Sorry 507 where there is no room."""
    try:
        with path.open("xb") as file:
            os.fsync(file.fileno())
        _sync(path.parent)
    except OSError as error:
        raise _trouble(error) from error


class Underway:
    """ASGI middleware that knows which uploads are being sent to this process, from the moment a
    request arrives: one whose line was cut may not have begun to write when the next one comes."""

    def __init__(self, app: ASGIApp, requests: "Requests") -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PATCH":
            await self._app(scope, receive, send)
            return
        with self._requests.one(scope["path"]):
            await self._app(scope, receive, send)


class Requests:
    """Those under way, by the last part of their path."""

    def __init__(self) -> None:
        self._ended: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def one(self, path: str) -> Iterator[None]:
        name = path.rpartition("/")[2]
        ended = asyncio.Event()
        others = self._ended.setdefault(name, set())
        others.add(ended)
        try:
            yield
        finally:
            ended.set()
            others.discard(ended)
            if not others:
                self._ended.pop(name, None)

    def of(self, name: str) -> tuple[asyncio.Event, ...]:
        return tuple(self._ended.get(name, ()))


async def let_go(path: Path, requests: Requests) -> int | None:
    """The offset, once whoever still writes has let go: a client that asks for it has lost the
    line of before, though that request may not have noticed. None where there is no file."""
    until = time.monotonic() + TAKING_OVER
    for ended in requests.of(path.name):
        while not ended.is_set() and time.monotonic() < until:
            _stop_of(path).touch()
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), TICK)
    with suppress(Sorry, FileNotFoundError):
        async with _alone(path):
            pass
    return offset_of(path)


async def receive(
    body: AsyncIterator[bytes],
    path: Path,
    offset: int,
    size: int,
    checksum: Checksum | None,
    closing: threading.Event,
) -> int:
    """Write a body at `offset`; returns the offset after it. What came before a cut is kept, and
    before the server is `closing`.

    Raises Sorry: 409 where the file is at another offset, 413 where there is more than `size`,
    423 where another request takes over, 460 where the checksum differs, 503 where the server
    stops, 507 where the disk is full; FileNotFoundError where there is no file.
    """
    async with _alone(path) as descriptor:
        here = os.fstat(descriptor).st_size
        if here != offset:
            raise Sorry(
                409,
                "断点位置不符，请重新查询后继续。",
                f"The upload is at {here}, not at {offset}; ask for its offset and go on there.",
                headers={"Upload-Offset": str(here)},
            )
        ahead = _Ahead()
        digest = hashlib.new(checksum.algorithm) if checksum else None
        reader = asyncio.create_task(_read(body, ahead))
        try:
            after = await _write(descriptor, path, ahead, offset, size, digest, closing)
        except OSError as error:
            raise _trouble(error) from error
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
            await _in_thread(os.fdatasync, descriptor)
        if checksum and digest and not ahead.cut and digest.digest() != checksum.digest:
            os.ftruncate(descriptor, offset)
            raise Sorry(
                CHECKSUM_MISMATCH,
                "这一段数据校验不符，请重新上传。",
                "The checksum of this part differs; send it again.",
            )
        return after


async def _read(body: AsyncIterator[bytes], ahead: _Ahead) -> None:
    """Takes what comes as it comes: a server loses what it was not asked for when a line is cut."""
    try:
        async for piece in body:
            if piece:
                ahead.pieces.append(piece)
                ahead.size += len(piece)
                ahead.last = time.monotonic()
                ahead.news.set()
            if ahead.size >= AHEAD:
                ahead.room.clear()
                await ahead.room.wait()
    except ClientDisconnect:
        ahead.cut = True
    finally:
        ahead.ended = True
        ahead.news.set()


async def _write(
    descriptor: int,
    path: Path,
    ahead: _Ahead,
    at: int,
    size: int,
    digest: "hashlib._Hash | None",
    closing: threading.Event,
) -> int:
    """Until the body has ended, and all of it is written; returns where."""
    stop = _stop_of(path)
    looked = time.monotonic()
    leave: float | None = None
    while True:
        ended = ahead.ended
        ahead.news.clear()
        data, ahead.pieces, ahead.size = b"".join(ahead.pieces), [], 0
        ahead.room.set()
        if data:
            taken = data[: size - at]
            await _in_thread(_put, descriptor, taken, at)
            at += len(taken)
            if digest:
                digest.update(taken)
            if len(taken) < len(data):
                raise Sorry(413, "数据超出文件大小。", "There is more than was announced.")
        elif ended:
            return at
        elif leave is not None and time.monotonic() - ahead.last > TICK:
            raise _taken_over()
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(ahead.news.wait(), TICK)
        now = time.monotonic()
        if leave is not None and now > leave:
            raise _taken_over()
        if closing.is_set():
            raise _closing()
        if now - looked > TICK:
            looked = now
            if leave is None and stop.exists():
                # What is on its way from a line that has just been cut still comes in.
                leave = now + DRAINING
            if now - ahead.last > IDLE:
                ahead.cut = True
                return at


async def _in_thread(call: Callable[..., None], *arguments: object) -> None:
    """Ends when the thread does, also where the request is cancelled: a server that stops cancels
    what is left, and a descriptor that is closed may be another file's the next moment."""
    working = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
    cancelled = False
    while not working.done():
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            cancelled = True
        except OSError:
            break
    if cancelled:
        raise asyncio.CancelledError
    working.result()


def _put(descriptor: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        at += written
        view = view[written:]


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[int]:
    """The file, locked against every other request of every process; whoever has it is asked to
    let go. Raises Sorry 423 where it does not, FileNotFoundError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    stop = _stop_of(path)
    until = time.monotonic() + TAKING_OVER
    try:
        while not _locked(descriptor):
            stop.touch()
            if time.monotonic() > until:
                raise Sorry(423, "该文件正在上传。", "Another request is sending it; try again.")
            await asyncio.sleep(0.05)
        stop.unlink(missing_ok=True)
        yield descriptor
    finally:
        os.close(descriptor)


def _stop_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.stop")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _taken_over() -> Sorry:
    return Sorry(423, "已由另一连接继续上传。", "Another request has taken over.")


def _closing() -> Sorry:
    return Sorry(
        503,
        "服务器正在重新启动，稍后自动继续。",
        "The server is being started again; go on in a moment.",
        headers={"Retry-After": "2"},
    )


def _full() -> Sorry:
    return Sorry(
        507,
        "服务器磁盘空间不足，请稍后重试；已上传的部分会保留。",
        "The server's disk is full; try again later, what has arrived is kept.",
        headers={"Retry-After": "600"},
    )


def _trouble(error: OSError) -> Sorry:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _full()
    return Sorry(
        500,
        "服务器无法写入文件，请联系运维人员。",
        f"The server cannot write the file ({error.strerror}); tell an operator.",
    )
