"""Finds the changes of one span while its pictures go by to the encoders."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame

from encoders.changes.look import Plane, Shrinker
from encoders.changes.seam import signature
from encoders.changes.tracker import TICKS, Step, Tracker, Turn
from encoders.pictures import image_of, jpeg
from encoders.shape import Color
from encoders.slots import Run

SHORTER_SIDE = 360
"""Pixels a change's picture has at most, on its shorter side."""

_GLIMPSE = 64
"""Luma samples across by which it is told when exactly one picture became another."""


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

    Holds a few seconds of pictures of `SHORTER_SIDE` at most.
    """

    def __init__(self, rate: Fraction, first: int, last: int, color: Color) -> None:
        """Slots [first, last) of a lesson of `rate` pictures a second."""
        self._rate, self._first, self._last, self._color = rate, first, last, color
        self._tracker = Tracker(self._tell)
        self._picture_scaler, self._look_scaler = Shrinker(), Shrinker()
        self._found: list[Found] = []
        self._glimpses: list[tuple[int, Plane]] = []
        """What was shown since the last step, and from which slot."""
        self._step: tuple[Step, Plane] | None = None

    def add(self, run: Run, base: VideoFrame) -> None:
        """`base` is what is shown in the slots of `run`: yuv420p, limited range."""
        glimpse = _glimpse(base)
        if not self._glimpses or self._glimpses[-1][1] is not glimpse:
            self._glimpses.append((run.first, glimpse))
        for tick in range(self._tick(run.first - 1) + 1, self._tick(run.last - 1) + 1):
            self._look(tick, base, glimpse)

    def result(self) -> Sought:
        tail = self._tracker.finish()
        head = self._tracker.head
        if tail is None or head is None or self._tracker.opening is None:
            return Sought(tuple(self._found), "", "", None)
        opening = self._picture(self._tracker.opening)
        return Sought(
            found=tuple(self._found),
            head=signature(head, self._rate),
            tail=signature(tail, self._rate),
            opening=Opening(f"chapter-{self._first:07d}-opening", *opening),
        )

    def _tick(self, slot: int) -> int:
        """The last one at or before `slot` begins."""
        return slot * TICKS // self._rate

    def _look(self, tick: int, base: VideoFrame, glimpse: Plane) -> None:
        if self._step is not None and np.array_equal(self._step[1], glimpse):
            before = self._step[0]
            step = Step(tick, before.slot, before.look, before.picture)
        else:
            small = self._small(base)
            step = Step(tick, self._onset(glimpse), self._look_scaler.look(small), small)
        self._glimpses = [(step.slot, glimpse)]
        self._step = step, glimpse
        self._tracker.add(step)

    def _small(self, base: VideoFrame) -> VideoFrame:
        shorter = min(base.width, base.height)
        if shorter <= SHORTER_SIDE:
            return base
        width, height = (
            max(2, round(side * SHORTER_SIDE / shorter / 2) * 2)
            for side in (base.width, base.height)
        )
        return self._picture_scaler.shrunk(base, width, height)

    def _onset(self, glimpse: Plane) -> int:
        """The first slot of those since the last step that is nearer to this picture than to it."""
        if self._step is None:
            return self._glimpses[0][0]
        before = self._step[1]
        for slot, between in self._glimpses:
            if _apart(between, glimpse) < _apart(between, before):
                return slot
        return self._glimpses[-1][0]

    def _tell(self, turn: Turn) -> None:
        slot = max(self._first, turn.begin.slot)
        data, size = self._picture(turn.shown)
        self._found.append(
            Found(slot, slot / self._rate, turn.score, f"chapter-{slot:07d}", data, size)
        )

    def _picture(self, step: Step) -> tuple[bytes, tuple[int, int]]:
        picture: VideoFrame = step.picture
        size = picture.width, picture.height
        return jpeg(image_of(picture, *size, self._color)), size


def _glimpse(base: VideoFrame) -> Plane:
    plane, step = base.planes[0], max(1, base.width // _GLIMPSE)
    luma: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return luma[step // 2 : base.height : step, step // 2 : base.width : step].copy()


def _apart(one: Plane, other: Plane) -> int:
    if one.shape != other.shape:
        return 255 * one.size
    return int(np.abs(one.astype(np.int16) - other).sum())
