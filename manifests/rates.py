"""Bit rates as RFC 8216 measures them (section 4.1)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Rates:
    """Bits a second."""

    peak: Fraction
    average: Fraction

    def __add__(self, other: "Rates") -> "Rates":
        return Rates(self.peak + other.peak, self.average + other.average)


SILENT = Rates(Fraction(0), Fraction(0))


def measure(sizes: Sequence[int], durations: Sequence[Fraction], target: int) -> Rates:
    """Peak and average of one playlist.

    `sizes`: bytes of each segment; `durations`: seconds; `target`: target duration, seconds.
    The peak is the largest rate of any run of segments lasting 0.5 to 1.5 target durations. A
    playlist too short to have such a run is measured as one run.
    """
    if not sizes:
        return SILENT
    scale = math.lcm(*(duration.denominator for duration in durations))
    clock = [0, *accumulate(int(duration * scale) for duration in durations)]
    fill = [0, *accumulate(sizes)]
    if clock[-1] == 0:
        return SILENT
    average = Fraction(8 * fill[-1] * scale, clock[-1])
    size, length = _densest(clock, fill, target * scale)
    peak = Fraction(8 * size * scale, length) if length else average
    return Rates(peak=peak, average=average)


def _densest(clock: Sequence[int], fill: Sequence[int], target: int) -> tuple[int, int]:
    """Size and length of the run with the highest rate; length 0 where no run qualifies.

    `clock` and `fill` are running sums. Both ends of the window only ever move forward, so the
    work is the number of runs that qualify, a few for each segment.
    """
    best_size, best_length = 0, 0
    shortest = 1
    for first in range(len(clock) - 1):
        shortest = max(shortest, first + 1)
        while shortest < len(clock) and 2 * (clock[shortest] - clock[first]) < target:
            shortest += 1
        for last in range(shortest, len(clock)):
            length = clock[last] - clock[first]
            if 2 * length > 3 * target:
                break
            size = fill[last] - fill[first]
            if length and size * best_length >= best_size * length and size > 0:
                best_size, best_length = size, length
    return best_size, best_length
