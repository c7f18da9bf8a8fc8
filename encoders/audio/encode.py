"""The whole sound of a lesson as CMAF segments, levelled, and verified by decoding it again."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from av.audio.stream import AudioStream

from encoders.artifact import finish
from encoders.audio.boxes import FRAME
from encoders.audio.level import (
    Heard,
    Level,
    better_level,
    first_level,
    levelled,
    lowered_level,
)
from encoders.audio.source import Reader
from encoders.audio.stream import lesson_sound, regrouped
from encoders.audio.track import Track, frame_count, write_track
from encoders.loudness import Meter, Samples
from encoders.opening import open_media
from encoders.samples import Various
from encoders.tasks import Artifact, AudioRendition, AudioResult, AudioTask, Encoded, Segment
from encoders.verify import Faulty

PASSES = 3
"""Encodes at most. One is the rule; more bring a result that missed its level closer. Where the
last one is over the ceiling there is one more, for that alone."""

_ENCODING = 0.85  # the share of a pass that goes by before verification, for the progress report


@dataclass(frozen=True, slots=True)
class _Made:
    """What one pass left in the file."""

    track: Track
    heard: Heard
    errors: int
    """Packets and reads that failed."""


def encode_audio(task: AudioTask, report: Callable[[float], None]) -> AudioResult:
    """Encode one whole track; what does not decode is silence and is counted.

    `report` is told how much is done, 0 to 1. Raises RuntimeError where the decoded result is not
    what was encoded, Faulty where it cannot be brought under the ceiling.
    """
    rendition = task.rendition
    frames = max(1, frame_count(task.duration, rendition.sample_rate))
    path = Path(task.folder) / f"{rendition.name}.part"
    cpu = {"level": 0.0, "decode": 0.0, "encode": 0.0, "verify": 0.0}
    began = time.process_time()
    level = first_level(
        _source_level(task, frames), rendition, lambda level: _rehearsed(task, frames, level)
    )
    cpu["level"] = time.process_time() - began
    made = _made(task, path, level, cpu, report)
    for _ in range(PASSES - 1):
        better = better_level(level, made.heard, rendition)
        if better == level:
            break
        level = better
        made = _made(task, path, level, cpu, report)
    lower = lowered_level(level, made.heard, rendition)
    if lower != level:
        made = _made(task, path, lower, cpu, report)
        _check_ceiling(made.heard, rendition)
    cut = _cut(path, made.track, rendition)
    path.unlink()
    report(1.0)
    return AudioResult(cut, made.heard.loudness, made.heard.true_peak, made.errors, cpu)


def _made(
    task: AudioTask,
    path: Path,
    level: Level,
    cpu: dict[str, float],
    report: Callable[[float], None],
) -> _Made:
    """One pass: encoded to `path` and heard again; its CPU seconds are added to `cpu`."""
    rendition = task.rendition
    frames = max(1, frame_count(task.duration, rendition.sample_rate))
    began = time.process_time()
    reader = Reader(task)
    sound = levelled(lesson_sound(reader, frames * FRAME), level, rendition.sample_rate)
    track = write_track(path, _reported(sound, frames, report), rendition, task.segment)
    encoded = time.process_time()
    heard = _verified(path, frames, rendition)
    cpu["encode"] += track.cpu
    cpu["decode"] += encoded - began - track.cpu
    cpu["verify"] += time.process_time() - encoded
    return _Made(track, heard, reader.errors)


def _check_ceiling(heard: Heard, rendition: AudioRendition) -> None:
    if heard.true_peak is not None and heard.true_peak > rendition.true_peak:
        raise Faulty(
            f"{rendition.name} has a true peak of {heard.true_peak:.2f} dBTP, expected "
            f"{rendition.true_peak:.2f} at most, and lowering the limiter does not help; give the "
            "profile's sound more bits a second"
        )


def _source_level(task: AudioTask, frames: int) -> Heard:
    """As the inspection measured it, or measured anew where channels are mixed together."""
    if task.measured is None or len(task.live_channels) == task.rendition.channels:
        return Heard(task.measured, task.true_peak)
    return _heard(lesson_sound(Reader(task), frames * FRAME), task.rendition)


def _rehearsed(task: AudioTask, frames: int, level: Level) -> float | None:
    sound = lesson_sound(Reader(task), frames * FRAME)
    return _heard(levelled(sound, level, task.rendition.sample_rate), task.rendition).loudness


def _heard(blocks: Iterable[Samples], rendition: AudioRendition) -> Heard:
    meter = Meter(rendition.sample_rate, rendition.channels)
    for block in blocks:
        meter.add(block)
    return Heard(meter.integrated(), meter.true_peak())


def _reported(
    blocks: Iterable[Samples], frames: int, report: Callable[[float], None]
) -> Iterator[Samples]:
    done = 0
    for block in blocks:
        yield block
        done += block.shape[1]
        report(_ENCODING * done / (frames * FRAME))


def _verified(path: Path, frames: int, rendition: AudioRendition) -> Heard:
    """The level of the decoded result; its length must be what was asked for, to the sample."""
    counted, samples = 0, Various()

    def decoded() -> Iterator[Samples]:
        nonlocal counted
        with closing(open_media(str(path))) as container:
            stream = container.streams[0]
            if not isinstance(stream, AudioStream):
                raise RuntimeError(f"{path.name} does not open as audio")
            for packet in container.demux(stream):
                for frame in packet.decode():
                    counted += frame.samples
                    yield samples.floats(frame)

    heard = _heard(regrouped(decoded(), rendition.sample_rate), rendition)
    if counted != frames * FRAME:
        raise RuntimeError(
            f"{rendition.name} decodes to {counted} samples where {frames * FRAME} were encoded"
        )
    return heard


def _cut(path: Path, track: Track, rendition: AudioRendition) -> Encoded:
    folder = path.parent

    def artifact(name: str, extension: str, data: bytes, kind: str) -> Artifact:
        return finish(folder, name, extension, data, kind)

    with path.open("rb") as file:
        head = artifact(f"{rendition.name}-init", "mp4", file.read(track.init), "audio/mp4")
        segments = []
        for piece in track.pieces:
            start = piece.start * FRAME
            data = file.read(piece.size)
            name = f"{rendition.name}-{start:010d}"
            segments.append(
                Segment(
                    file=artifact(name, "m4s", data, "video/iso.segment"),
                    start=start,
                    duration=piece.frames * FRAME,
                    samples=piece.frames,
                    key_bytes=0,
                )
            )
    return Encoded(rendition.name, head, rendition.sample_rate, "mp4a.40.2", tuple(segments))
