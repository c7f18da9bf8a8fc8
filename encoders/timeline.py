"""The lesson clock: from a packet's own timestamps to exact seconds of the lesson."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Shift


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of one stream's packets and of what is decoded from them.

    A shift holds from its packet on, in file order. A decoder gives pictures out late and in
    another order, so the ordinal asked for is that of the packet a picture came from.
    """

    time_base: Fraction
    """Seconds a tick."""
    shifts: tuple[Shift, ...]
    """Sorted by packet."""
    origin: Fraction
    """Container seconds (after shifts) that are zero on the lesson clock."""

    def offset(self, packet: int) -> int:
        """Ticks to add to the timestamps of the stream's packet with this ordinal."""
        index = bisect_right(self.shifts, packet, key=lambda shift: shift.packet)
        return self.shifts[index - 1].offset if index else 0

    def time(self, ticks: int, packet: int) -> Fraction:
        """Seconds on the lesson clock of a pts or dts that belongs to that packet."""
        return (ticks + self.offset(packet)) * self.time_base - self.origin
