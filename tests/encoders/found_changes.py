"""What a finder makes of a lecture with known changes, cut into chunks as the farm cuts it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from av.video.frame import VideoFrame

from encoders.changes import ChangeFinder, Sought
from encoders.shape import Color
from encoders.slots import Run
from encoders.tasks import Artifact, Change, Changes
from tests.encoders.known_changes import Lecture, frame_of

COLOR = Color(1, 1, 1)
TOLERANCE = 1.0
"""Seconds a change may be told too early or too late."""


@dataclass(frozen=True, slots=True)
class Score:
    right: int
    wrong: int
    """Told, but none."""
    missed: int

    def __add__(self, other: "Score") -> "Score":
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def frames_of(made: Lecture, rate: int) -> list[VideoFrame]:
    return [frame_of(picture) for picture in made.pictures(rate)]


def sought(frames: Sequence[VideoFrame], rate: int, cuts: Iterable[int] = ()) -> tuple[Sought, ...]:
    """One for each chunk; `cuts` are the slots at which all but the first begin."""
    edges = [0, *sorted(cuts), len(frames)]
    found = []
    for first, last in pairwise(edges):
        finder = ChangeFinder(Fraction(rate), first, last, COLOR)
        for slot in range(first, last):
            finder.add(Run(slot, slot + 1, frames[slot]), frames[slot])
        found.append(finder.result())
    return tuple(found)


def as_changes(one: Sought) -> Changes:
    """As the chunk hands it on, with artifacts that are no files."""
    return Changes(
        found=tuple(Change(found.time, found.score, _file(found.name)) for found in one.found),
        head=one.head,
        tail=one.tail,
        opening=_file(one.opening.name) if one.opening else None,
    )


def _file(name: str) -> Artifact:
    return Artifact(name, 1, "0" * 64, "image/jpeg")


def scored(known: Sequence[tuple[float, float]], told: Iterable[Fraction]) -> Score:
    """Each known change may be told once, from a second before it to one after it."""
    left, right, wrong = list(known), 0, 0
    for time in told:
        hit = next(
            (span for span in left if span[0] - TOLERANCE <= time <= span[1] + TOLERANCE), None
        )
        if hit is None:
            wrong += 1
        else:
            left.remove(hit)
            right += 1
    return Score(right, wrong, len(left))
