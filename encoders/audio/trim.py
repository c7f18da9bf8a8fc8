"""Dead air at both ends of a recording: who presses the button long before they speak."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from encoders.audio.stream import regrouped
from encoders.loudness import Samples

_SILENCE = -60.0
"""dBFS of a window once the programme is at its level: what is under it nobody hears."""

_WINDOW = Fraction(20, 1000)
"""Seconds."""

LEAD = Fraction(3, 10)
"""Seconds of the dead air that stay: a breath before the first word, and room for its start."""


def trimmed(blocks: Iterable[Samples], rate: int, length: int) -> tuple[int, int]:
    """The half-open span of samples to keep of `length` levelled ones; all where all is silent."""
    window = round(_WINDOW * rate)
    power = 10 ** (_SILENCE / 10)
    first: int | None = None
    last = at = 0
    for block in regrouped(blocks, 50 * window):
        for index in _loud(block, window, power):
            first = at + index * window if first is None else first
            last = at + (index + 1) * window
        at += block.shape[1]
    if first is None:
        return 0, length
    lead = round(LEAD * rate)
    return max(0, first - lead), min(length, last + lead)


def _loud(block: Samples, window: int, power: float) -> list[int]:
    """Which windows hold more than silence, in any channel; the last one may be cut short."""
    short = -block.shape[1] % window
    squares = np.pad(block.astype(np.float64), ((0, 0), (0, short))) ** 2
    powers = squares.reshape(len(block), -1, window).mean(axis=2)
    return [int(index) for index in np.flatnonzero(powers.max(axis=0) > power)]
