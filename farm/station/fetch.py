"""Bytes brought whole, whatever the line does: retried, gone on with where it broke, verified."""

import errno
import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from farm.errors import FarmError, StoreError
from farm.signing import mixed
from farm.station.part import Begun, Part, Wanted, unzipped
from farm.station.rate import Rate
from farm.station.source import Answer, Asked, Faltering, Source, Unfit
from farm.store.names import compressible, type_of

T = TypeVar("T")

LONGEST_PAUSE = 30.0
"""Seconds between two tries, at most; a server may ask for ten times as long."""


class Stopped(FarmError):
    """Another transfer failed, or a person stopped the sync."""


@dataclass(frozen=True, slots=True)
class Head:
    """A small object that is asked for every time."""

    data: bytes
    tag: str | None


class Fetcher:
    """May be used by several threads, each for other objects."""

    def __init__(
        self,
        source: Source,
        parts: Path,
        rate: Rate,
        *,
        tries: int = 8,
        pause: float = 0.5,
        arrived: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`parts`: folder for what is on its way. `arrived` is told of bytes as they come."""
        self._source = source
        self._parts = parts
        self._rate = rate
        self._tries = tries
        self._pause = pause
        self._arrived = arrived
        self._lock = threading.Lock()
        self.stop = threading.Event()
        """Set it, and every transfer ends at its next block."""
        self.requests = 0
        self.fetched = 0
        """Bytes, as they came."""

    def head(self, path: str, tag: str | None, limit: int) -> Head | None:
        """A small object; None where `tag` is still current. Raises StoreError."""
        asked = Asked(path, tag=tag, squeezed=True)

        def once(_: Callable[[], None]) -> Head | None:
            self._count()
            with self._source.open(asked) as said:
                if said is None:
                    return None
                raw = b"".join(self._blocks(said, limit))
                data = unzipped(raw, limit) if said.encoding else raw
                if data is None or len(data) > limit:
                    raise StoreError(
                        f"{path} 不是目录；请核对目录地址。 "
                        f"What is at {self._source.url}{path} is no catalog; check the address."
                    )
                return Head(data, said.tag)

        return self._patiently(once)

    def data(self, path: str, wanted: Wanted) -> bytes:
        """As `file`, read."""
        file = self.file(path, wanted)
        try:
            return file.read_bytes()
        finally:
            file.unlink(missing_ok=True)

    def file(self, path: str, wanted: Wanted) -> Path:
        """The object in a file among the parts, verified; the caller moves it.

        Raises Distrusted (mixed) where it is another one than was signed, twice and past every
        cache; NotFound; StoreError where the library cannot be reached, or the disk is full.
        """
        name = wanted.sha256 or hashlib.sha256(path.encode()).hexdigest()
        part = Part(self._parts / f"{name}.part")
        try:
            for fresh in (False, True):
                encoding = self._bring(path, part, wanted, fresh=fresh)
                whole = part.finished(encoding, wanted)
                if whole is not None:
                    return whole
        except OSError as error:
            raise disk_fault(error) from error
        raise mixed(path)

    def _bring(self, path: str, part: Part, wanted: Wanted, *, fresh: bool) -> str:
        """Fill the part; returns what its bytes are encoded with."""
        squeezed = compressible(type_of(path))

        def once(progress: Callable[[], None]) -> str:
            begun = None if fresh else part.begun()
            if begun and not begun.encoding and begun.size == wanted.size:
                return ""
            asked = Asked(
                path,
                start=begun.size if begun else 0,
                validator=begun.validator if begun else None,
                squeezed=squeezed,
                fresh=fresh,
            )
            self._count()
            try:
                with self._source.open(asked) as said:
                    if said is None:
                        raise Faltering("The library says nothing is new; sync again later.")
                    self._fill(part, begun, said, wanted, progress)
                    return said.encoding
            except Unfit:
                part.forget()
                raise

        return self._patiently(once)

    def _fill(
        self,
        part: Part,
        begun: Begun | None,
        said: Answer,
        wanted: Wanted,
        progress: Callable[[], None],
    ) -> None:
        going_on = (
            begun is not None and said.start == begun.size and said.encoding == begun.encoding
        )
        if said.start and not going_on:
            raise Unfit("The library sent another part than was asked for; sync again later.")
        limit = wanted.limit + (wanted.limit // 100 + 1024 if said.encoding else 0)
        got = before = begun.size if begun and going_on else 0
        if not going_on:
            part.begin(said.validator, said.encoding, limit)
        with part.path.open("ab", buffering=0) as file:
            for block in self._blocks(said, limit - got):
                file.write(block)
                got += len(block)
                progress()
        if wanted.size is not None and not said.encoding and got < wanted.size:
            ended = Faltering if got > before else Unfit
            raise ended("The library's answer ended early; sync again later.")

    def _blocks(self, said: Answer, limit: int) -> Iterator[bytes]:
        """Up to the one that goes beyond `limit` bytes: what is too long is not read to its end."""
        for block in said.chunks:
            with self._lock:
                self.fetched += len(block)
            self._arrived(len(block))
            self._rate.take(len(block), self.stop)
            if self.stop.is_set():
                raise Stopped("已停止。 Stopped; run the same command again to go on.")
            yield block
            limit -= len(block)
            if limit < 0:
                return

    def _count(self) -> None:
        with self._lock:
            self.requests += 1

    def _patiently(self, once: Callable[[Callable[[], None]], T]) -> T:
        """Again where it may help, with growing pauses; bytes that came begin the count anew."""
        failed = 0

        def progress() -> None:
            nonlocal failed
            failed = 0

        while True:
            try:
                return once(progress)
            except Faltering as error:
                failed += 1
                if failed >= self._tries or self.stop.is_set():
                    raise
                longest = min(LONGEST_PAUSE, self._pause * 2 ** (failed - 1))
                wait = longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                self.stop.wait(max(wait, min(error.after or 0.0, 10 * LONGEST_PAUSE)))


def disk_fault(error: OSError) -> StoreError:
    """The station's own disk, in one sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            "本站磁盘已满；请腾出空间，或用 --quota 限制，再同步时会接着上次继续。 "
            "The station's disk is full; free some space or set --quota, and sync again: "
            "it goes on where it stopped."
        )
    name = error.filename or "the station's folder"
    return StoreError(
        f"本站磁盘出错（{name}：{error.strerror}）；请检查后再同步。 The station's disk failed at "
        f"{name}: {error.strerror}; check it and sync again."
    )
