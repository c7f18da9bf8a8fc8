"""The picture rate of a stream from the times of its pictures."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

Ticks = npt.NDArray[np.int64]

_STANDARD = tuple(
    Fraction(rate)
    for rate in (
        *(1, 2, 3, 4, 5, 6, 8, 10, 12, "25/2", 15, 20, "24000/1001", 24, 25, "30000/1001", 30),
        *(48, 50, "60000/1001", 60, 90, 100, "120000/1001", 120),
    )
)
_NEAR = 0.0025
"""A rate this close (relatively) to a standard one is that one, badly counted."""

_UNSTEADY = 0.02
"""Part of the pictures that may come early or late before a rate counts as variable."""
_JITTER = Fraction(1, 5)
"""Part of a picture's duration it may come early or late: containers count milliseconds."""
_MILLISECONDS = Fraction(2, 1000)
_BUSY = 2
"""Seconds a rate must be held to count as sustained."""
_FALLBACK = Fraction(25)
_HIGHEST, _LOWEST = Fraction(240), Fraction(1, 60)
"""Beyond them a clock is wrong, not fast or slow."""


def pace(times: Ticks, time_base: Fraction, hint: Fraction | None) -> tuple[Fraction, bool]:
    """Nominal pictures a second, and whether the rate varies.

    `times` are sorted presentation times; `hint` is what the container says, used where there are
    too few pictures to tell.
    """
    steps = np.diff(times)
    steps = steps[steps > 0]
    if not len(steps):
        return hint or _FALLBACK, False
    usual = np.sort(steps)[(len(steps) - 1) // 2]
    regular = steps[np.abs(steps - usual) <= usual / 2]
    rate = Fraction(len(regular), int(regular.sum())) / time_base
    if _unsteady(steps, 1 / (rate * time_base), time_base):
        return _above(_sustained(times, time_base)), True
    if hint is not None and abs(hint / rate - 1) < _NEAR and hint in _STANDARD:
        return hint, False
    return _snapped(rate), False


def _unsteady(steps: Ticks, step: Fraction, time_base: Fraction) -> bool:
    """A single pause is a gap, not a variable rate."""
    tolerance = float(max(_JITTER * step, _MILLISECONDS / time_base, Fraction(1)))
    odd = int((np.abs(steps - float(step)) > tolerance).sum())
    return odd > max(1, _UNSTEADY * len(steps))


def _sustained(times: Ticks, time_base: Fraction) -> Fraction:
    """Pictures a second in the busiest stretch of two seconds."""
    window = max(1, min(int(_BUSY / time_base), int(times[-1] - times[0])))
    most = (np.searchsorted(times, times + window, side="left") - np.arange(len(times))).max()
    return Fraction(int(most), 1) / (window * time_base)


def _snapped(rate: Fraction) -> Fraction:
    nearest = min(_STANDARD, key=lambda standard: abs(rate / standard - 1))
    if abs(rate / nearest - 1) < _NEAR:
        return nearest
    return max(_LOWEST, min(rate, _HIGHEST).limit_denominator(1001))


def _above(rate: Fraction) -> Fraction:
    """The least standard rate that holds all but a picture now and then."""
    return min(
        (standard for standard in _STANDARD if standard >= rate * Fraction(97, 100)),
        default=_STANDARD[-1],
    )
