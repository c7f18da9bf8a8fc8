"""Lessons come and go, one after the other, and the station's catalog with them."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from farm.errors import Distrusted, FarmError, NotFound
from farm.station.fetch import Fetcher
from farm.station.lesson import Prepared, bring, prepare, rotten
from farm.station.model import Brought, Failed, Options, Removed, Skipped
from farm.station.plan import Listed, Verdict, verdict, victims
from farm.station.shelf import Shelf
from farm.station.state import UNSHOWN, State
from farm.station.telling import Telling
from manifests.errors import ManifestError
from manifests.snapshot import read_text

EVERY = 5.0
"""Seconds between two catalogs of the station while lessons come, at least."""
SHARE = 0.05
"""Of the time that may go into writing catalogs, which takes long where they are."""


class Filling:
    def __init__(
        self,
        options: Options,
        state: State,
        fetcher: Fetcher,
        shelf: Shelf,
        telling: Telling,
        *,
        signed: bool,
    ) -> None:
        self._options = options
        self._state = state
        self._fetcher = fetcher
        self._shelf = shelf
        self._telling = telling
        self._signed = signed
        self._held = state.held()
        self._spoilt = self._rotten() if options.check else frozenset[str]()
        self._next = 0.0
        self._unfinished: set[str] = set()
        """Lessons that failed: what came of them is kept for the next time."""
        self.faults: list[FarmError] = []
        self.brought = self.removed = self.left_out = 0

    def fill(self, lessons: Sequence[Listed]) -> None:
        """`lessons`: all this station wants, in their order. Raises StoreError where the library
        or the disk fails altogether; of one lesson that fails `faults` are kept."""
        listed = {one.lesson for one in lessons}
        self._let_go([one for one in self._held if one not in listed], "withdrawn")
        chosen: set[str] = set()
        used = 0
        for place, one in enumerate(lessons):
            size = self._settled(one, chosen, used)
            if size is None:
                rest = {other.lesson for other in lessons[place:]}
                self.left_out = len(rest)
                self._let_go([other for other in self._held if other in rest], "evicted")
                return
            used += size

    def _settled(self, one: Listed, chosen: set[str], used: int) -> int | None:
        """The bytes it takes, 0 where it is passed over; None where the quota is full."""
        held = self._held.get(one.lesson)
        current = held and held.key == one.key and one.lesson not in self._spoilt
        prepared = None if current else self._prepared(one)
        held = self._held.get(one.lesson)
        if prepared is None and held is None:
            return 0
        size = prepared.taken.size if prepared else held.size if held else 0
        match verdict(size, used, self._options.quota):
            case Verdict.FULL:
                return None
            case Verdict.TOO_LARGE:
                self._telling(Skipped(one.lesson, _title(one), "quota", size))
                self._let_go([one.lesson] if held else [], "evicted")
                return 0
        chosen.add(one.lesson)
        if prepared and not self._brought(prepared, chosen):
            return held.size if one.lesson in self._held and held else 0
        return size

    def _prepared(self, one: Listed) -> Prepared | None:
        """None where it has nothing that was chosen, or failed: what is held of it then stays."""
        self._state.begin(one.lesson)
        try:
            prepared = prepare(
                self._fetcher, self._shelf, one, self._options.choice, signed=self._signed
            )
        except (Distrusted, NotFound, ManifestError) as error:
            self._fault(one.lesson, error)
            return None
        if prepared is None:
            self._telling(Skipped(one.lesson, _title(one), "products"))
            self._let_go([one.lesson] if one.lesson in self._held else [], "withdrawn")
        return prepared

    def _brought(self, prepared: Prepared, chosen: set[str]) -> bool:
        one = prepared.listed
        title = _title(one)
        prepared = self._with_room(prepared, chosen)
        self._telling.begin(one.lesson, title, prepared.coming)
        try:
            held = bring(self._fetcher, self._shelf, prepared, self._options.connections)
        except (Distrusted, NotFound, ManifestError) as error:
            self._fault(one.lesson, error)
            return False
        finally:
            self._telling.end()
        self._state.hold(held)
        self._held[one.lesson] = held
        self.brought += 1
        self._telling(Brought(one.lesson, title, held.release, held.size))
        if time.monotonic() >= self._next:
            self.publish()
        return True

    def _with_room(self, prepared: Prepared, chosen: set[str]) -> Prepared:
        """Before a byte is fetched: a quota is kept at any time. Where there is no room for a
        lesson's old and new state side by side, the old one goes first, and all is missing."""
        quota, lesson = self._options.quota, prepared.listed.lesson
        self._let_go(victims(self._held, chosen, prepared.coming, quota), "evicted")
        if quota is None or lesson not in self._held:
            return prepared
        if self._bytes(chosen) + prepared.coming > quota:
            self._let_go([lesson], "evicted")
            return replace(prepared, missing=prepared.taken.objects)
        return prepared

    def _bytes(self, lessons: Iterable[str]) -> int:
        return sum(self._held[one].size for one in lessons if one in self._held)

    def _fault(self, lesson: str, error: FarmError | ManifestError) -> None:
        fault = error if isinstance(error, FarmError) else _unreadable(lesson, error)
        self.faults.append(fault)
        self._unfinished.add(lesson)
        self._telling(Failed(lesson, str(fault)))

    # --- what goes, and what is shown ---

    def _let_go(self, lessons: Iterable[str], reason: str) -> None:
        """First no catalog lists them, then they are removed."""
        gone = [one for one in lessons if one in self._held]
        if not gone:
            return
        self._state.drop(gone)
        for one in gone:
            del self._held[one]
        self.publish()
        self._sweep(gone)
        self.removed += len(gone)
        for one in gone:
            self._telling(Removed(one, reason))

    def publish(self) -> None:
        """The station's catalog in line with what is held, where it is not."""
        if self._state.told(UNSHOWN) is None and self._shelf.has_catalog():
            return
        begun = time.monotonic()
        self._shelf.publish({one.lesson: one.entry.encode() for one in self._held.values()})
        self._state.untell(UNSHOWN)
        ended = time.monotonic()
        self._next = ended + max(EVERY, (ended - begun) / SHARE)

    def tidy(self) -> None:
        """Objects that nothing names any more; what came of lessons that failed is kept."""
        self._sweep([one for one in self._state.unswept() if one not in self._unfinished])

    def _sweep(self, lessons: Iterable[str]) -> None:
        for one in lessons:
            held = self._held.get(one)
            if held is None:
                self._shelf.remove(one)
            else:
                self._shelf.sweep(one, held.release)
            self._state.swept(one)

    def _rotten(self) -> frozenset[str]:
        return frozenset(one.lesson for one in self._held.values() if rotten(self._shelf, one))


def _title(one: Listed) -> str:
    return read_text(one.text).title


def _unreadable(lesson: str, error: ManifestError) -> FarmError:
    return FarmError(
        f"课件 {lesson} 无法读取；请升级本站程序，或联系省办公室。 "
        f"The lesson {lesson} does not read ({error}); upgrade this station's program, or tell "
        "the office."
    )
