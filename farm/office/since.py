"""What may be out of line with the current catalog, since one that was followed to the end."""

from collections.abc import Iterator
from dataclasses import dataclass

from farm.errors import NotFound
from farm.office.head import numbered_snapshot
from farm.store import Store
from manifests.snapshot import Snapshot, course_in

LONGEST = 20
"""Releases gone back at most; then everything is looked at."""


@dataclass(frozen=True, slots=True)
class Touched:
    lessons: frozenset[str]
    courses: frozenset[str]
    """Those whose feeds may differ."""


def touched_since(store: Store, number: int, target: Snapshot) -> Touched | None:
    """What any release after `number` changed, up to `target`; None where that is not known.

    Each step counts, not the sum of them: a release that was followed half, and then stepped back
    from, changed nothing in sum.
    """
    lessons: set[str] = set()
    courses: set[str] = set()
    reached = target.number
    for newer, older in _steps(store, target, number):
        for lesson in newer.lessons.keys() | older.lessons.keys():
            texts = newer.lessons.get(lesson), older.lessons.get(lesson)
            if texts[0] != texts[1]:
                lessons.add(lesson)
                courses.update(filter(None, map(course_in, filter(None, texts))))
        reached = older.number
    return Touched(frozenset(lessons), frozenset(courses)) if reached == number else None


def _steps(store: Store, target: Snapshot, number: int) -> Iterator[tuple[Snapshot, Snapshot]]:
    newer = target
    for _ in range(LONGEST):
        if newer.previous is None or newer.number <= number:
            return
        try:
            older = numbered_snapshot(store, newer.previous)
        except NotFound:
            return
        yield newer, older
        newer = older
