"""How loud a lesson is made, and that no peak goes over the ceiling."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from encoders.audio.limiter import limited
from encoders.loudness import Samples
from encoders.tasks import AudioRendition, SoundRendition

Rendition = AudioRendition | SoundRendition

BOOST = 25.0
"""dB at most: beyond it a recording's noise would become the lesson."""

TOLERANCE = 0.5
"""LU the decoded result may be off its target."""

HEADROOM = 1.0
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
class Gain:
    """Of one source."""

    db: float | None
    """None where there is only silence, which is left as it is."""
    settled: bool = False
    """More gain brings no more loudness: what is limited grows no louder, and once the pauses
    come within the gate (BS.1770-4, annex 1) the measure even falls."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What a codec does to what it is given, foreseen so that one pass is enough."""

    headroom: float = HEADROOM
    """dB it puts peaks over those it was given."""
    lost: float = 0.0
    """LU it makes quieter."""


AAC = Habit()


@dataclass(frozen=True, slots=True)
class Level:
    gains: tuple[Gain, ...]
    """One a source: each comes to the target by itself."""
    limit: float | None
    """dBTP no peak may pass after the gain; None where no limiter is needed."""


Rehearse = Callable[[int, Gain, float], float | None]
"""Levels one source with a gain and a limit without encoding it, which is several times faster;
its loudness, LKFS."""


def first_level(
    heard: Sequence[Heard], rendition: Rendition, rehearse: Rehearse, habit: Habit = AAC
) -> Level:
    """What the sources' own loudness and peaks call for; rehearsed only where the limiter will
    take loudness along with the peaks."""
    safe = rendition.true_peak - habit.headroom
    target = rendition.loudness + habit.lost
    overs, gains = [], []
    for index, one in enumerate(heard):
        gain = Gain(first_gain(one, target))
        over = 0.0 if one.true_peak is None else one.true_peak + (gain.db or 0.0) - safe
        if gain.db is not None and over > _HARMLESS:
            gain = _rehearsed(index, gain.db, target, safe, rehearse)
        overs.append(over)
        gains.append(gain)
    return Level(tuple(gains), safe if max(overs) > 0 else None)


def first_gain(heard: Heard, target: float) -> float | None:
    """dB that bring what was heard to the target; None for silence."""
    return None if heard.loudness is None else min(target - heard.loudness, BOOST)


def _rehearsed(index: int, gain: float, target: float, limit: float, rehearse: Rehearse) -> Gain:
    """Steps towards the target by secants; stays where a step brings it no closer."""
    loudness = rehearse(index, Gain(gain), limit)
    slope = _USUAL_SLOPE
    for _ in range(_REHEARSALS - 1):
        if loudness is None or abs(target - loudness) <= _CLOSE:
            return Gain(gain)
        step = max(-_LARGEST_STEP, min(_LARGEST_STEP, (target - loudness) / slope, BOOST - gain))
        if not step or abs(target - loudness) <= _NEAR:
            return Gain(gain + step)
        reached = rehearse(index, Gain(gain + step), limit)
        if reached is None or abs(target - reached) > abs(target - loudness) - _LEAST_PROGRESS:
            return Gain(gain, settled=True)
        slope = min(1.0, max(_LEAST_SLOPE, (reached - loudness) / step))
        gain, loudness = gain + step, reached
    return Gain(gain)


def better_level(
    level: Level, sources: Sequence[float | None], true_peak: float | None, rendition: Rendition
) -> Level:
    """What the decoded result calls for: `level` itself where it is as it should be.

    `sources` has the loudness of each source within the result.
    """
    gains = tuple(
        _better_gain(gain, loudness, rendition.loudness)
        for gain, loudness in zip(level.gains, sources, strict=True)
    )
    return lowered_level(replace(level, gains=gains), true_peak, rendition)


def _better_gain(gain: Gain, loudness: float | None, target: float) -> Gain:
    if gain.db is None or loudness is None or gain.settled or abs(target - loudness) <= TOLERANCE:
        return gain
    return replace(gain, db=min(gain.db + target - loudness, BOOST))


def lowered_level(level: Level, true_peak: float | None, rendition: Rendition) -> Level:
    """`level` with its limit lowered by what the decoded result is over the ceiling; itself where
    it is not."""
    if true_peak is None or true_peak <= rendition.true_peak:
        return level
    before = rendition.true_peak if level.limit is None else level.limit
    over = true_peak - rendition.true_peak + _AIM
    return replace(level, limit=before - over)


def louder(blocks: Iterable[Samples], gain: Gain) -> Iterator[Samples]:
    # To a hundredth of a dB: measurements may differ in their last digits between machines.
    factor = np.float32(10 ** (round(gain.db or 0.0, 2) / 20))
    return (block * factor for block in blocks)


def held_down(blocks: Iterable[Samples], limit: float | None, rate: int) -> Iterator[Samples]:
    """`blocks` with the limiter applied, where one is needed; as many samples as came."""
    return iter(blocks) if limit is None else limited(blocks, round(limit, 2), rate)
