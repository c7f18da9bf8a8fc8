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


def runs(pictures: Iterable[Shown], rate: Fraction, first: int, last: int) -> Iterator[Run]:
    """Fill the slots [first, last) without a gap from pictures in the order they are shown.

    A picture that is not later than the one before is left out: its time is wrong. Raises
    ValueError where there is not one picture.
    """
    begin, held, slot = first, None, first
    for shown in pictures:
        if held is not None and shown.time <= held.time:
            continue
        slot = slot_of(shown.time, rate)
        if held is not None and slot >= last:
            break
        if held is not None and slot > begin:
            yield Run(begin, slot, held.frame)
            begin = slot
        held = shown
    if held is None:
        raise ValueError(f"not one picture could be decoded for slots {first} to {last}")
    if begin < last:
        yield Run(begin, last, held.frame)
