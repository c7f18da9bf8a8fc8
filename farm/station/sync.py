"""A station brought in line with a library. Every step may be the last one before a power cut:
readers meet whole lessons at any time, and the next sync goes on from there."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from farm.errors import Distrusted, FarmError, StoreError
from farm.station.catalog import bring_catalog
from farm.station.fetch import Fetcher
from farm.station.filling import Filling
from farm.station.model import Accepted, Emit, Options, Synced, Warned
from farm.station.plan import wanted
from farm.station.rate import Rate
from farm.station.shelf import Shelf
from farm.station.source import POINTER, source_of
from farm.station.state import State, locked, opened
from farm.station.telling import Telling
from farm.station.trust import Believed, believe

POINTER_LIMIT = 1 << 20
"""Bytes."""
DONE = "done"
"""Told with what the station is in line with."""


def sync(
    options: Options,
    emit: Emit = lambda _: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Synced:
    """Fetch what is new, remove what was withdrawn; what the station has stays where it fails.

    `emit` may be called by several threads, one at a time. `now` knows its offset from UTC.
    Raises Distrusted where the catalog cannot be believed, or a lesson is not what was signed (the
    others are brought then); Unkeyed where there is no key to begin with; Busy where another sync
    works on the folder; StoreError where the library cannot be reached or the disk is full.
    """
    with locked(options.folder) as own, opened(own) as state:
        telling = Telling(emit)
        source = source_of(options.url, options.connections)
        fetcher = Fetcher(
            source,
            own / "parts",
            Rate(options.rate),
            tries=options.tries,
            pause=options.pause,
            arrived=telling.arrived,
        )
        try:
            return _Sync(options, state, own, fetcher, source.url, telling).run(now())
        finally:
            fetcher.stop.set()
            source.close()


class _Sync:
    """One run."""

    def __init__(
        self,
        options: Options,
        state: State,
        own: Path,
        fetcher: Fetcher,
        url: str,
        telling: Telling,
    ) -> None:
        self._options = options
        self._state = state
        self._own = own
        self._fetcher = fetcher
        self._url = url
        self._telling = telling

    def run(self, now: datetime) -> Synced:
        believed = self._believed(now)
        mark = f"{believed.sha256} {_digest(self._options)}".encode()
        if self._state.told(DONE) == mark and not self._options.check:
            return self._ended(believed, changed=False)
        self._state.untell(DONE)
        snapshot = bring_catalog(self._fetcher, self._own, believed)
        lessons = wanted(snapshot, self._options.choice)
        self._telling(Accepted(believed.number, believed.version, len(lessons)))
        filling = Filling(
            self._options,
            self._state,
            self._fetcher,
            Shelf(self._options.folder),
            self._telling,
            signed=believed.signed,
        )
        with _shown(filling):
            filling.fill(lessons)
        filling.tidy()
        if filling.faults:
            raise _gravest(filling.faults)
        self._state.tell(DONE, mark)
        return self._ended(
            believed,
            changed=True,
            brought=filling.brought,
            removed=filling.removed,
            left_out=filling.left_out,
        )

    def _believed(self, now: datetime) -> Believed:
        """The current catalog; where it is the one of the last time, that one again: it may have
        expired since."""
        known = self._state.trust()
        seen = self._state.seen(self._url)
        head = self._fetcher.head(POINTER, seen[1] if seen else None, POINTER_LIMIT)
        data = head.data if head else seen[0] if seen else b""
        believed = believe(data, known, self._options, now)
        if believed.warning:
            self._telling(Warned(believed.warning))
        if head and believed.accepted:
            self._state.accept(believed.keys, believed.accepted, data, head.tag, self._url)
        elif head:
            self._state.saw(data, head.tag, self._url)
        return believed

    def _ended(
        self,
        believed: Believed,
        *,
        changed: bool,
        brought: int = 0,
        removed: int = 0,
        left_out: int = 0,
    ) -> Synced:
        lessons, size = self._state.counted()
        synced = Synced(
            number=believed.number,
            version=believed.version,
            changed=changed,
            lessons=lessons,
            brought=brought,
            removed=removed,
            left_out=left_out,
            held_bytes=size,
            fetched=self._fetcher.fetched,
            requests=self._fetcher.requests,
        )
        self._telling(synced)
        return synced


def _digest(options: Options) -> str:
    """Of all that decides what a station holds."""
    choice = options.choice
    told = (choice.digest, sorted(choice.categories), sorted(choice.courses), options.quota)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


@contextmanager
def _shown(filling: Filling) -> Iterator[None]:
    """What came before something failed is shown, where that can be done."""
    try:
        yield
    except BaseException:
        with suppress(FarmError):
            filling.publish()
        raise
    filling.publish()


def _gravest(faults: list[FarmError]) -> FarmError:
    """The first of what cannot be trusted, or else the first."""
    first = next((one for one in faults if isinstance(one, Distrusted)), faults[0])
    more = len(faults) - 1
    if not more:
        return first
    zh, en = f"（另有 {more} 个课件也未能取得。）", f"({more} more lessons could not be brought.)"
    if isinstance(first, Distrusted):
        return Distrusted(first.doubt, f"{first.zh}{zh}", f"{first.en} {en}")
    return StoreError(f"{first} {zh} {en}")
