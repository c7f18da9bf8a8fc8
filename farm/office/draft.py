"""The next catalog, before it is released: which lessons in which release, and what that changes.

Nothing is written here. A draft holds the texts of entries (`manifests.snapshot`): what is in the
current catalog already is copied to the byte, and only what is new is read from lessons' releases.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from farm.at_once import at_once
from farm.office.difference import Change, Difference, Read, difference, weighed_change
from manifests.course import read_course_entry
from manifests.model import CatalogEntry, CourseEntry
from manifests.reading import Fields
from manifests.snapshot import Snapshot, is_vouched, release_in, written

READS = 16
"""Releases read at once."""

Enter = Callable[[str, int], CatalogEntry]
"""What a catalog says of a lesson's release."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What `release_catalog` makes a release of."""

    replaces: int
    """Number of the catalog release it was made over; 0 where there was none. Where another one is
    current by the time, the draft is refused."""
    lessons: Mapping[str, bytes]
    """Entries' texts by lesson."""
    courses: tuple[CourseEntry, ...]
    """Those with discs."""
    difference: Difference
    back_to: int | None = None
    """Number of the release it brings back."""

    @property
    def mark(self) -> str:
        """64 hex digits that tell this draft from any other: what was looked at is what is
        released."""
        changes = self.difference
        listed = (*changes.added, *changes.changed, *changes.withdrawn)
        seen = [str(self.replaces), repr(self.courses)]
        seen += [f"{one.lesson} {self.lessons.get(one.lesson, b'').hex()}" for one in listed]
        return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def plan_release(
    before: Snapshot | None,
    wanted: Mapping[str, int],
    enter: Enter,
    courses: Sequence[CourseEntry] = (),
) -> Draft:
    """The catalog of `wanted`, a release for each lesson, over the current one.

    `enter` is called for what the current catalog does not hold already, `READS` at once; what it
    raises ends the plan: an office signs nothing it has not seen whole.
    """
    return _planned(before, wanted, _texts(before), enter, courses)


def plan_back(before: Snapshot | None, earlier: Snapshot, enter: Enter) -> Draft:
    """The catalog with the content of an earlier one."""
    wanted = {lesson: release_in(text) for lesson, text in earlier.lessons.items()}
    known = {**_texts(before), **_texts(earlier)}
    draft = _planned(before, wanted, known, enter, discs_of(earlier))
    return replace(draft, back_to=earlier.number)


def discs_of(snapshot: Snapshot | None) -> tuple[CourseEntry, ...]:
    """The courses with discs a snapshot lists."""
    if snapshot is None or "discs" not in snapshot.top:
        return ()
    return Fields("The catalog", snapshot.top).each("discs", read_course_entry)


def weighed(draft: Draft, read: Read) -> Draft:
    """With the bytes every change makes a station fetch; `read` is called `READS` at once."""
    old = draft.difference

    def one(change: Change) -> Change:
        return weighed_change(change, read)

    with at_once(READS) as readers:
        added = tuple(readers.map(one, old.added))
        changed = tuple(readers.map(one, old.changed))
    return replace(draft, difference=replace(old, added=added, changed=changed))


_Known = Mapping[tuple[str, int], bytes]


def _texts(snapshot: Snapshot | None) -> _Known:
    """Entries' texts by lesson and release, where they tell the release's hash."""
    if snapshot is None:
        return {}
    return {
        (lesson, release_in(text)): text
        for lesson, text in snapshot.lessons.items()
        if is_vouched(text)
    }


def _planned(
    before: Snapshot | None,
    wanted: Mapping[str, int],
    known: _Known,
    enter: Enter,
    courses: Sequence[CourseEntry],
) -> Draft:
    texts = {one[0]: known[one] for one in wanted.items() if one in known}
    new = [one for one in wanted.items() if one not in known]
    read: dict[str, CatalogEntry] = {}
    with at_once(READS) as readers:
        for (lesson, _), entry in zip(new, readers.map(lambda one: enter(*one), new), strict=True):
            texts[lesson], read[lesson] = written(entry)
    replaces = before.number if before else 0
    return Draft(replaces, texts, tuple(courses), difference(before, texts, read))
