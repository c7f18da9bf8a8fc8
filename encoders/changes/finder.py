"""Finds the changes of one span while its pictures go by to the encoders."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame

from encoders.changes.arrival import Arrival
from encoders.changes.look import Looker, Shrinker
from encoders.changes.seam import signature
from encoders.changes.tracker import TICKS, Step, Tracker, Turn
from encoders.pictures import Camera, Plane, jpeg, thinned
from encoders.shape import Color
from encoders.slots import Run

SHORTER_SIDE = 360
"""Pixels a change's picture has at most, on its shorter side."""

HELD = 1920 * 1088
"""Pixels of the largest pictures that are held as they are; larger ones are held in small."""

BLOCK = TICKS
"""Ticks that are looked at in a row: in turns with encoders, which leave nothing of it in the
processor's caches, it takes half as long again."""


@dataclass(frozen=True, slots=True)
class Found:
    """A change, as it is before its picture is a file."""

    slot: int
    """Of the first picture that is new."""
    time: Fraction
    """Lesson clock, seconds."""
    score: float
    """How sure, 0 to 1."""
    name: str
    """What its picture may be called: `chapter-<slot>`."""
    picture: bytes
    """JPEG."""
    size: tuple[int, int]
    """Of the picture, pixels."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a span begins with, once it is settled."""

    name: str
    picture: bytes
    """JPEG."""
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sought:
    """What one span showed."""

    found: tuple[Found, ...]
    head: str
    tail: str
    """For `differs`; both empty where the span has nothing but blank pictures."""
    opening: Opening | None
    """None where the span has nothing but blank pictures."""


class ChangeFinder:
    """Looks at five pictures a second, at places of the lesson clock, whatever the span.

    Holds what was shown in the last three seconds at those places, and in small where it is larger
    than `HELD`: 50 MB at most.
    """

    def __init__(self, rate: Fraction, first: int, last: int, color: Color) -> None:
        """Slots [first, last) of a lesson of `rate` pictures a second."""
        self._rate, self._first, self._last = rate, first, last
        self._tracker = Tracker(self._tell)
        self._looker, self._shrinker, self._camera = Looker(), Shrinker(), Camera(color)
        self._found: list[Found] = []
        self._since: list[tuple[int, Plane]] = []
        """What was shown since the last step, and from which slot."""
        self._waiting: list[tuple[int, VideoFrame, Plane, tuple[tuple[int, Plane], ...]]] = []
        """Ticks to look at, what is shown then, and what was since the tick before."""
        self._step: Step | None = None
        self._seen: Plane | None = None
        self._picture: VideoFrame | None = None

    def add(self, run: Run, base: VideoFrame, luma: Plane | None = None) -> None:
        """`base` is what is shown in the slots of `run`: yuv420p, limited range.

        `luma` is `thinned(base)`, where that is at hand.
        """
        luma = thinned(base) if luma is None else luma
        self._since.append((run.first, luma))
        for tick in range(self._tick(run.first - 1) + 1, self._tick(run.last - 1) + 1):
            self._waiting.append((tick, base, luma, tuple(self._since)))
            self._since.clear()
            if len(self._waiting) == BLOCK:
                self._look()

    def result(self) -> Sought:
        self._look()
        tail = self._tracker.finish()
        head = self._tracker.head
        if tail is None or head is None or self._tracker.opening is None:
            return Sought(tuple(self._found), "", "", None)
        opening = self._pictured(self._tracker.opening)
        return Sought(
            found=tuple(self._found),
            head=signature(head, self._rate),
            tail=signature(tail, self._rate),
            opening=Opening(f"chapter-{self._first:07d}-opening", *opening),
        )

    def _tick(self, slot: int) -> int:
        """The last one at or before `slot` begins."""
        return slot * TICKS // self._rate

    def _look(self) -> None:
        for tick, base, luma, since in self._waiting:
            before, seen = self._step, self._seen
            if before is not None and seen is not None and np.array_equal(seen, luma):
                step = Step(tick, before.arrival, before.look)
            else:
                self._picture = base if base.width * base.height <= HELD else self._small(base)
                step = Step(tick, Arrival(seen, since), self._looker.look(self._picture))
            self._step, self._seen = step, luma
            self._tracker.add(step, self._picture)
        self._waiting.clear()

    def _small(self, base: VideoFrame) -> VideoFrame:
        return self._shrinker.shrunk(base, *_size(base))

    def _tell(self, turn: Turn) -> None:
        slot = max(self._first, turn.begin.arrival.slot)
        data, size = self._pictured(turn.shown)
        self._found.append(
            Found(slot, slot / self._rate, turn.score, f"chapter-{slot:07d}", data, size)
        )

    def _pictured(self, shown: VideoFrame) -> tuple[bytes, tuple[int, int]]:
        size = _size(shown)
        return jpeg(self._camera.image(shown, *size)), size


def _size(frame: VideoFrame) -> tuple[int, int]:
    shorter = min(frame.width, frame.height)
    if shorter <= SHORTER_SIDE:
        return frame.width, frame.height
    width, height = (
        max(2, round(side * SHORTER_SIDE / shorter / 2) * 2) for side in (frame.width, frame.height)
    )
    return width, height
