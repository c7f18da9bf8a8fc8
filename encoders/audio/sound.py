"""The whole sound of a lesson as one file: for broadcast, discs and listening."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

from encoders.artifact import publish
from encoders.audio.arrange import Arrangement
from encoders.audio.clip import Clip, load_clip
from encoders.audio.codecs import Codec
from encoders.audio.decoded import decoded
from encoders.audio.level import Level
from encoders.audio.passes import Cpu, Output, level_for, passes
from encoders.audio.programme import Programme, Take, programme_of
from encoders.audio.soundfile import SoundFile, codec_of, write_sound
from encoders.audio.trim import trimmed
from encoders.loudness import Samples
from encoders.tasks import Ident, SoundResult, SoundTask

SHORTEST = Fraction(1, 10)
"""Seconds: what is shorter is filled up with silence, for a file of a single packet is one that
players do not recognise."""


def encode_sound(task: SoundTask, report: Callable[[float], None]) -> SoundResult:
    """Encode one whole track; what does not decode is silence and is counted.

    `report` is told how much is done, 0 to 1. Raises ValueError for a rendition its codec does not
    know, UnfitClip and Unreadable for an ident that is none, RuntimeError where the decoded result
    is not what was encoded, Faulty where it cannot be brought under the ceiling.
    """
    rendition = task.rendition
    codec, rate = codec_of(rendition), rendition.sample_rate
    programme = programme_of(task.sources, rendition.channels, rate)
    path = Path(task.folder) / f"{rendition.name}.part"
    cpu = Cpu()
    level = level_for(programme, rendition, codec.habit)
    arrangement = _arranged(task, programme, level, codec)
    cpu.level = cpu.lap()

    def write(blocks: Iterable[Samples]) -> SoundFile:
        return write_sound(path, blocks, rendition)

    output = Output(write, lambda: decoded(path, codec.reader, arrangement.length, rate))
    made = passes(arrangement, level, rendition, output, cpu, report)
    file = publish(path, Path(task.folder), rendition.name, codec.extension, codec.type)
    report(1.0)
    return SoundResult(
        file=file,
        codec=rendition.codec,
        samples=arrangement.length,
        sample_rate=rate,
        delay=made.written.delay,
        start=Fraction(arrangement.start - arrangement.offset, rate),
        loudness=made.heard.loudness,
        true_peak=made.heard.true_peak,
        errors=made.errors,
        cpu=cpu.stages(),
    )


def _arranged(task: SoundTask, programme: Programme, level: Level, codec: Codec) -> Arrangement:
    start, stop = 0, programme.length
    if task.trim:
        sound = Take(programme).blocks(level.gains)
        start, stop = trimmed(sound, programme.rate, programme.length)

    def clip(ident: Ident | None) -> Clip | None:
        # Each crossfade takes half of the programme at most.
        return None if ident is None else load_clip(ident, task.rendition, (stop - start) // 2)

    before, after = clip(task.before), clip(task.after)
    length = stop - start
    length += sum(one.length - one.crossfade for one in (before, after) if one is not None)
    frames = -(-max(length, round(SHORTEST * programme.rate)) // codec.frame)
    length = codec.whole(frames * codec.frame)
    return Arrangement(programme, start, stop, before, after, length)
