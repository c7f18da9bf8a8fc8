"""Over how many discs a lesson goes, and where it is cut."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil

from encoders.product import Chapter
from encoders.tasks import Elementary

SECTOR = 2324
"""Bytes of a sector of pictures and sound (CD-ROM XA, mode 2 form 2)."""
SECTORS_A_SECOND = 75
"""At the single speed a VCD is read with."""
MINUTES_74 = 74 * 60 * SECTORS_A_SECOND
"""Sectors of a CD-R of 650 MB."""
MINUTES_80 = 80 * 60 * SECTORS_A_SECOND
"""Sectors of a CD-R of 700 MB."""

_FRAME = 1000
"""Sectors kept for lead-in, file system, pregap and margins: VCDImager uses 450 to 600."""
_PAYLOAD = 2291
"""Bytes of a stream in a full sector at least: the rest are headers."""
_PARTIAL = 2
"""Sectors a second that may not be full, as what is in them is due: see `encoders.vcd.lane`."""
_SOUND = 224_000
"""Bits a second of either kind's sound."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One disc: the slots [first, last)."""

    first: int
    last: int


def volumes(
    kind: str,
    pieces: Sequence[Elementary],
    rate: Fraction,
    chapters: Sequence[Chapter],
    capacity: int = MINUTES_74,
) -> tuple[Volume, ...]:
    """As few discs as hold the lesson, cut at chapters where that takes no more, else at GOPs.

    `rate` in pictures a second, `capacity` in sectors. Raises ValueError where a disc cannot hold
    a single GOP.
    """
    marks = _Marks.of(kind, pieces, rate)
    room = capacity - _FRAME
    wanted = _needed(marks, 0, room)
    at_chapters = [marks.before(ceil(chapter.start * rate)) for chapter in chapters]
    made: list[Volume] = []
    at = 0
    while at < len(marks.slots) - 1:
        reach = marks.reach(at, room)
        left = wanted - len(made) - 1
        good = [
            cut for cut in at_chapters if at < cut <= reach and _needed(marks, cut, room) <= left
        ]
        end = reach if reach == len(marks.slots) - 1 or not good else max(good)
        made.append(Volume(marks.slots[at], marks.slots[end]))
        at = end
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Marks:
    """Where GOPs begin, and the end; each with the sectors all before it take."""

    slots: tuple[int, ...]
    sectors: tuple[int, ...]

    @classmethod
    def of(cls, kind: str, pieces: Sequence[Elementary], rate: Fraction) -> "_Marks":
        gops = [gop for piece in pieces for gop in piece.gops]
        slots = tuple(accumulate((gop.pictures for gop in gops), initial=pieces[0].first))
        lengths = tuple(accumulate((gop.bytes for gop in gops), initial=0))
        times = [Fraction(slot - slots[0]) / rate for slot in slots]
        if kind == "vcd":  # read at one speed: time is all that counts
            return cls(slots, tuple(ceil(time * SECTORS_A_SECOND) for time in times))
        sound = [time * _SOUND / 8 for time in times]
        filled = (Fraction(a + b) / _PAYLOAD for a, b in zip(lengths, sound, strict=True))
        return cls(slots, tuple(ceil(a + t * _PARTIAL) for a, t in zip(filled, times, strict=True)))

    def reach(self, at: int, room: int) -> int:
        """The last mark a disc that starts at mark `at` can end with."""
        reach = bisect_right(self.sectors, self.sectors[at] + room) - 1
        if reach == at:
            raise ValueError(
                f"A disc of {room + _FRAME} sectors cannot hold the group of pictures at slot "
                f"{self.slots[at]}; choose a larger disc."
            )
        return reach

    def before(self, slot: int) -> int:
        """The mark of the GOP that `slot` is in."""
        return max(0, bisect_right(self.slots, slot) - 1)


def _needed(marks: _Marks, at: int, room: int) -> int:
    count = 0
    while at < len(marks.slots) - 1:
        at = marks.reach(at, room)
        count += 1
    return count
