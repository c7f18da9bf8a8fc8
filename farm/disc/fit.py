"""Laying a course on discs, and spending what room is left on quality. Pure.

Every lesson is there in several qualities, GOP by GOP, so all sizes are known before anything is
written. A course goes on as few discs as hold it at the coarsest quality; then each disc's GOPs
are made finer, all of them by one step before any by two, as long as there is room.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from farm.errors import Refused

MOST_TITLES = 99
FULL = 0.999
"""Share of a disc that may be filled."""
WELL_FILLED = 0.97
"""Share a disc is filled to, where its quality is not at the ceiling."""
AIM = 0.996
"""Share that is aimed at: room for what is estimated too low."""

PACK = (2048, 2022)
"""Bytes of a pack over those of pictures in it (ISO/IEC 13818-1, 2.5.3; measured)."""


@dataclass(frozen=True, slots=True)
class FitLesson:
    name: str
    """For messages."""
    qualities: tuple[tuple[int, ...], ...]
    """Bytes of the pictures of every GOP, from the finest quality to the coarsest."""
    fixed: int
    """Bytes on the disc beside them: sound, captions, navigation, menus."""

    def level(self, level: int) -> tuple[int, ...]:
        """The GOPs of that step of quality, or of the coarsest there is."""
        return self.qualities[self.step(level)]

    def step(self, level: int) -> int:
        return min(level, len(self.qualities) - 1)


@dataclass(frozen=True, slots=True)
class Disc:
    first: int
    last: int
    """Half-open span of lessons."""
    choice: tuple[tuple[int, ...], ...]
    """Of each lesson, the quality of every GOP: an index into `FitLesson.qualities`."""
    size: int
    """Bytes, estimated."""
    ceiling: bool
    """Whether all is of the finest quality."""


def fit(lessons: Sequence[FitLesson], capacity: int, disc_fixed: int) -> tuple[Disc, ...]:
    """`disc_fixed`: bytes of a disc beside its lessons. Raises Refused where there is no lesson,
    or where one alone is too large."""
    if not lessons:
        raise Refused("There is no lesson to put on a disc.")
    room = int(capacity * AIM) - disc_fixed
    spans = lay(lessons, room, capacity)
    return tuple(
        spread(lessons[first:last], room, disc_fixed, first=first) for first, last in spans
    )


def lay(lessons: Sequence[FitLesson], room: int, capacity: int) -> tuple[tuple[int, int], ...]:
    """Spans of lessons, in order, on the fewest discs; of all ways the one whose fullest disc is
    emptiest at the coarsest quality, so that no disc is much worse than the others."""
    floors = [floor_of(lesson) for lesson in lessons]
    for lesson, size in zip(lessons, floors, strict=True):
        if size > room:
            raise Refused(
                f"{lesson.name} does not fit on one disc: at the coarsest quality it takes "
                f"{size / 1e9:.2f} GB of {capacity / 1e9:.2f} GB. Hand the recording in as two "
                "parts, or give the dvd profile a coarser quantiser."
            )
    count = len(_greedy(floors, room))
    low, high = max(floors), room
    while low < high:
        middle = (low + high) // 2
        if len(_greedy(floors, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    return tuple(_greedy(floors, low))


def _greedy(sizes: Sequence[int], room: int) -> list[tuple[int, int]]:
    """As many on each disc as go: no way with the order kept takes fewer discs."""
    spans, first, held = [], 0, 0
    for n, size in enumerate(sizes):
        if n > first and (held + size > room or n - first == MOST_TITLES):
            spans.append((first, n))
            first, held = n, 0
        held += size
    return [*spans, (first, len(sizes))]


def floor_of(lesson: FitLesson) -> int:
    """Bytes on the disc at the coarsest quality."""
    return lesson.fixed + packed(sum(lesson.qualities[-1]))


def packed(pictures: int) -> int:
    whole, held = PACK
    return -(-pictures * whole // held)


def spread(lessons: Sequence[FitLesson], room: int, disc_fixed: int, *, first: int = 0) -> Disc:
    """One disc of these lessons, filled up to `room` bytes and never beyond.

    At least the coarsest quality is taken, whether there is room for it or not.
    """
    fixed = sum(lesson.fixed for lesson in lessons)
    pictures = max(0, (room - fixed) * PACK[1] // PACK[0])
    level = _finest_whole(lessons, pictures)
    choice = _refined(lessons, level, pictures)
    taken = sum(
        lesson.qualities[quality][n]
        for lesson, qualities in zip(lessons, choice, strict=True)
        for n, quality in enumerate(qualities)
    )
    return Disc(
        first=first,
        last=first + len(lessons),
        choice=choice,
        size=disc_fixed + fixed + packed(taken),
        ceiling=not any(map(any, choice)),
    )


def _finest_whole(lessons: Sequence[FitLesson], room: int) -> int:
    """The finest step of quality all GOPs can have."""
    coarsest = max(len(lesson.qualities) for lesson in lessons) - 1
    for level in range(coarsest):
        if sum(sum(lesson.level(level)) for lesson in lessons) <= room:
            return level
    return coarsest


def _refined(lessons: Sequence[FitLesson], level: int, room: int) -> tuple[tuple[int, ...], ...]:
    """One step finer than `level` for as many GOPs as there is room for, evenly all over the disc:
    first so that every stretch gets its share, then what still goes."""
    choice = [[lesson.step(level)] * len(lesson.qualities[0]) for lesson in lessons]
    if level > 0:
        steps = _steps(lessons, level)
        left = room - sum(sum(lesson.level(level)) for lesson in lessons)
        left = _evenly(choice, steps, left)
        for gain, lesson, gop in sorted(steps, key=lambda step: (-step[0], step[1:])):
            finer = lessons[lesson].step(level - 1)
            if choice[lesson][gop] != finer and gain <= left:
                choice[lesson][gop] = finer
                left -= gain
    return tuple(map(tuple, choice))


Step = tuple[int, int, int]
"""Bytes more, lesson, GOP: one GOP made one step finer."""


def _steps(lessons: Sequence[FitLesson], level: int) -> list[Step]:
    return [
        (finer - coarser, n, gop)
        for n, lesson in enumerate(lessons)
        if lesson.step(level) == level
        for gop, (finer, coarser) in enumerate(
            zip(lesson.level(level - 1), lesson.level(level), strict=True)
        )
    ]


def _evenly(choice: list[list[int]], steps: Sequence[Step], room: int) -> int:
    """Carries what a GOP does not use of its share on to the next; returns the room left."""
    whole = sum(max(0, gain) for gain, _, _ in steps)
    left, carried = max(0, room), 0
    for gain, lesson, gop in steps:
        carried += max(0, gain) * room
        if gain <= left and gain * whole <= carried:
            choice[lesson][gop] -= 1
            carried -= max(0, gain) * whole
            left -= gain
    return left
