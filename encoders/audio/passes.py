"""Encoded, heard again, and encoded anew until the level is right: for segments and whole files."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from encoders.audio.arrange import Arrangement
from encoders.audio.level import (
    AAC,
    Gain,
    Habit,
    Heard,
    Level,
    Rendition,
    better_level,
    first_level,
    held_down,
    louder,
    lowered_level,
)
from encoders.audio.programme import Programme, Take
from encoders.loudness import Meter, Samples
from encoders.verify import Faulty

PASSES = 3
"""Encodes at most. One is the rule; more bring a result that missed its level closer."""

LOWERINGS = 3
"""More of them at most where the last one is over the ceiling, for that alone: at few bits a second
a codec's own overshoot does not go down with the limit dB by dB."""

_ENCODING = 0.85  # the share of a pass that goes by before verification, for the progress report

Report = Callable[[float], None]


class Written(Protocol):
    @property
    def cpu(self) -> float:
        """Seconds spent in the encoder."""


W = TypeVar("W", bound=Written)


@dataclass(frozen=True, slots=True)
class Output(Generic[W]):
    """What is made of the sound, and how it is heard again."""

    write: Callable[[Iterable[Samples]], W]
    decoded: Callable[[], Iterator[Samples]]
    """What a player plays. Raises RuntimeError where that is not as long as it should be."""


@dataclass(frozen=True, slots=True)
class Made(Generic[W]):
    """What the last pass left behind."""

    written: W
    heard: Heard
    sources: tuple[float | None, ...]
    """Loudness of each source within the result."""
    errors: int
    """Packets and reads that failed."""


@dataclass(slots=True)
class Cpu:
    """CPU seconds by stage."""

    level: float = 0.0
    decode: float = 0.0
    encode: float = 0.0
    verify: float = 0.0
    _since: float = field(default_factory=time.process_time, repr=False)

    def lap(self) -> float:
        """Seconds since the last one."""
        now = time.process_time()
        lap, self._since = now - self._since, now
        return lap

    def stages(self) -> dict[str, float]:
        names = ("level", "decode", "encode", "verify")
        return {name: getattr(self, name) for name in names}


def level_for(programme: Programme, rendition: Rendition, habit: Habit = AAC) -> Level:
    """Of the first pass, from what the inspection measured or by hearing the sources."""

    def rehearse(index: int, gain: Gain, limit: float) -> float | None:
        sound = louder(Take(programme).source(index), gain)
        return _heard(held_down(sound, limit, programme.rate), programme).loudness

    heard = [_source_level(programme, index) for index in range(len(programme.sources))]
    return first_level(heard, rendition, rehearse, habit)


def _source_level(programme: Programme, index: int) -> Heard:
    """As the inspection measured it, or measured anew where channels are mixed or doubled."""
    source = programme.sources[index]
    if source.measured is None or len(source.live_channels) == programme.channels:
        return Heard(source.measured, source.true_peak)
    return _heard(Take(programme).source(index), programme)


def _heard(blocks: Iterable[Samples], programme: Programme) -> Heard:
    meter = metered(blocks, programme.rate, programme.channels)
    return Heard(meter.integrated(), meter.true_peak())


def metered(blocks: Iterable[Samples], rate: int, channels: int) -> Meter:
    meter = Meter(rate, channels)
    for block in blocks:
        meter.add(block)
    return meter


def passes(
    arrangement: Arrangement,
    level: Level,
    rendition: Rendition,
    output: Output[W],
    cpu: Cpu,
    report: Report,
) -> Made[W]:
    """As many passes as it takes; the last one is what was written.

    Raises RuntimeError where the decoded result is not what was encoded, Faulty where it cannot be
    brought under the ceiling.
    """
    report = _forwards(report)
    made = _made(arrangement, level, output, cpu, report)
    for _ in range(PASSES - 1):
        better = better_level(level, made.sources, made.heard.true_peak, rendition)
        if better == level:
            break
        level = better
        made = _made(arrangement, level, output, cpu, report)
    for _ in range(LOWERINGS):
        lower = lowered_level(level, made.heard.true_peak, rendition)
        if lower == level:
            break
        level = lower
        made = _made(arrangement, level, output, cpu, report)
    _check_ceiling(made.heard, rendition)
    return made


def _made(
    arrangement: Arrangement, level: Level, output: Output[W], cpu: Cpu, report: Report
) -> Made[W]:
    """One pass: encoded and heard again."""
    rate, channels = arrangement.programme.rate, arrangement.programme.channels
    cpu.lap()
    take = Take(arrangement.programme)
    sound = held_down(arrangement.blocks(take.blocks(level.gains)), level.limit, rate)
    written = output.write(_reported(sound, arrangement.length, report))
    cpu.encode += written.cpu
    cpu.decode += cpu.lap() - written.cpu
    meter = metered(output.decoded(), rate, channels)
    heard = Heard(meter.integrated(), meter.true_peak())
    sources = tuple(meter.integrated(*span) for span in arrangement.spans)
    cpu.verify += cpu.lap()
    return Made(written, heard, sources, take.errors)


def _check_ceiling(heard: Heard, rendition: Rendition) -> None:
    if heard.true_peak is not None and heard.true_peak > rendition.true_peak:
        raise Faulty(
            f"{rendition.name} has a true peak of {heard.true_peak:.2f} dBTP, expected "
            f"{rendition.true_peak:.2f} at most, and lowering the limiter does not help; give the "
            "profile's sound more bits a second"
        )


def _forwards(report: Report) -> Report:
    """Another pass does not take progress back."""
    furthest = 0.0

    def told(done: float) -> None:
        nonlocal furthest
        furthest = max(furthest, done)
        report(furthest)

    return told


def _reported(blocks: Iterable[Samples], length: int, report: Report) -> Iterator[Samples]:
    done = 0
    for block in blocks:
        yield block
        done += block.shape[1]
        report(_ENCODING * done / length)
