"""How loud a lesson is made, and that no peak goes over the ceiling."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from encoders.audio.limiter import limited
from encoders.loudness import Samples
from encoders.tasks import AudioRendition

BOOST = 25.0
"""dB at most: beyond it a recording's noise would become the lesson."""

TOLERANCE = 0.5
"""LU the decoded result may be off its target."""

_HEADROOM = 1.0
"""dB by which AAC at 64 kb/s puts peaks over those it was given, nearly always at most."""

_HARMLESS = 3.0
"""dB a limiter may take from the highest peaks of speech without taking loudness."""

_CLOSE = 0.2
"""LU a rehearsal may be off its target: AAC moves it by less than the rest of the tolerance."""

_NEAR = 0.8
"""LU from the target from where one more step lands close enough to need no other rehearsal."""

_REHEARSALS = 4
_USUAL_SLOPE = 0.75
_LEAST_SLOPE = 0.3  # LU for a dB of gain against a limiter at work, at least
_LARGEST_STEP = 3.0  # dB between two rehearsals
_LEAST_PROGRESS = 0.1  # LU a rehearsal must come closer

_AIM = 0.2
"""dB to stay clear of a limit that was missed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a meter said."""

    loudness: float | None
    """LKFS; None for silence."""
    true_peak: float | None
    """dBTP; None for digital silence."""


@dataclass(frozen=True, slots=True)
class Level:
    gain: float | None
    """dB; None where there is only silence, which is left as it is."""
    limit: float | None
    """dBTP no peak may pass after the gain; None where no limiter is needed."""
    settled: bool = False
    """More gain brings no more loudness: what is limited grows no louder, and once the pauses
    come within the gate (BS.1770-4, annex 1) the measure even falls."""


Rehearse = Callable[[Level], float | None]
"""Levels the source without encoding it, which is several times faster; the loudness, LKFS."""


def first_level(heard: Heard, rendition: AudioRendition, rehearse: Rehearse) -> Level:
    """What the source's own loudness and peak call for; rehearsed only where the limiter will take
    loudness along with the peaks."""
    safe = rendition.true_peak - _HEADROOM
    gain = None if heard.loudness is None else min(rendition.loudness - heard.loudness, BOOST)
    over = 0.0 if heard.true_peak is None else heard.true_peak + (gain or 0.0) - safe
    level = Level(gain, safe if over > 0 else None)
    if gain is None or over <= _HARMLESS:
        return level
    return _rehearsed(level, gain, rendition.loudness, rehearse)


def _rehearsed(level: Level, gain: float, target: float, rehearse: Rehearse) -> Level:
    """Steps towards the target by secants; stays where a step brings it no closer."""
    loudness = rehearse(level)
    slope = _USUAL_SLOPE
    for _ in range(_REHEARSALS - 1):
        if loudness is None or abs(target - loudness) <= _CLOSE:
            return level
        step = max(-_LARGEST_STEP, min(_LARGEST_STEP, (target - loudness) / slope, BOOST - gain))
        louder = replace(level, gain=gain + step)
        if not step or abs(target - loudness) <= _NEAR:
            return louder
        reached = rehearse(louder)
        if reached is None or abs(target - reached) > abs(target - loudness) - _LEAST_PROGRESS:
            return replace(level, settled=True)
        slope = min(1.0, max(_LEAST_SLOPE, (reached - loudness) / step))
        level, gain, loudness = louder, gain + step, reached
    return level


def better_level(level: Level, heard: Heard, rendition: AudioRendition) -> Level:
    """What the decoded result calls for: `level` itself where it is as it should be."""
    if level.gain is not None and heard.loudness is not None and not level.settled:
        off = rendition.loudness - heard.loudness
        if abs(off) > TOLERANCE:
            level = replace(level, gain=min(level.gain + off, BOOST))
    return lowered_level(level, heard, rendition)


def lowered_level(level: Level, heard: Heard, rendition: AudioRendition) -> Level:
    """`level` with its limit lowered by what the decoded result is over the ceiling; itself where
    it is not."""
    if heard.true_peak is None or heard.true_peak <= rendition.true_peak:
        return level
    before = rendition.true_peak if level.limit is None else level.limit
    over = heard.true_peak - rendition.true_peak + _AIM
    return replace(level, limit=before - over)


def levelled(blocks: Iterable[Samples], level: Level, rate: int) -> Iterator[Samples]:
    """`blocks` with the gain and, where needed, the limiter applied; as many samples as came."""
    # To a hundredth of a dB: measurements may differ in their last digits between machines.
    factor = np.float32(10 ** (round(level.gain or 0.0, 2) / 20))
    louder = (block * factor for block in blocks)
    return louder if level.limit is None else limited(louder, round(level.limit, 2), rate)
