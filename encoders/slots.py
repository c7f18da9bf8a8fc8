"""Which picture of the recording is shown in which slot of the lesson (see `ChunkTask`)."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import VideoFrame

from encoders.decode import Shown


@dataclass(frozen=True, slots=True)
class Run:
    """One picture, shown from slot `first` up to `last`."""

    first: int
    last: int
    frame: VideoFrame


def slot_of(time: Fraction, rate: Fraction) -> int:
    """Round half up."""
    return math.floor(time * rate + Fraction(1, 2))


class Slots:
    """Fills the slots [first, last) without a gap from pictures in the order they are shown.

    A picture that is not later than the one before is left out: its time is wrong.
    """

    def __init__(self, rate: Fraction, first: int, last: int) -> None:
        self.rate, self.first, self.last = rate, first, last
        self._begin = first
        self._held: Shown | None = None
        self.full = first >= last
        """Whether no later picture can be shown any more."""

    def put(self, shown: Shown) -> Iterator[Run]:
        """The run that ends where this picture begins, if it is any slots long."""
        held = self._held
        if self.full or (held is not None and shown.time <= held.time):
            return
        slot = slot_of(shown.time, self.rate)
        if held is not None and slot >= self.last:
            self.full = True
            return
        if held is not None and slot > self._begin:
            begin, self._begin = self._begin, slot
            yield Run(begin, slot, held.frame)
        self._held = shown

    def finish(self) -> Iterator[Run]:
        """The last run. Raises ValueError where there was not one picture."""
        if self._begin >= self.last:
            return
        if self._held is None:
            raise ValueError(
                f"not one picture could be decoded for slots {self.first} to {self.last}"
            )
        yield Run(self._begin, self.last, self._held.frame)


def runs(pictures: Iterable[Shown], rate: Fraction, first: int, last: int) -> Iterator[Run]:
    """All runs of one clock. Raises ValueError where there is not one picture."""
    slots = Slots(rate, first, last)
    for shown in pictures:
        yield from slots.put(shown)
        if slots.full:
            break
    yield from slots.finish()
