"""A track as one stream of samples on the lesson clock: placed, mixed, resampled, exactly so long.

Everything is a generator over blocks of about a second: memory does not grow with the lesson.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby

import av
import numpy as np
from av.audio.frame import AudioFrame

from encoders.audio.mix import matrix, mixed
from encoders.audio.place import Placer
from encoders.audio.source import Block, Reader
from encoders.loudness import Samples
from encoders.tasks import AudioTask


def lesson_sound(reader: Reader, frames: int) -> Iterator[Samples]:
    """[rendition channels, n] blocks at the rendition's rate, `frames` samples in all."""
    rendition = reader.task.rendition
    return exactly(_joined(reader, frames), rendition.channels, frames, rendition.sample_rate)


def _joined(reader: Reader, enough: int) -> Iterator[Samples]:
    """Runs of one format one after the other: old recordings change rate or layout midway."""
    task, position = reader.task, 0
    rate = task.rendition.sample_rate
    for (source_rate, names), run in groupby(reader.blocks(), lambda b: (b.rate, b.names)):
        placer = Placer(source_rate, round(Fraction(position, rate) * source_rate))
        placed = regrouped(_placed(run, placer), source_rate)
        weights = matrix(names, _live(task, len(names)), task.rendition.channels)
        for block in resampled(mixed(placed, weights), source_rate, rate):
            position += block.shape[1]
            yield block
            if position >= enough:
                return


def _live(task: AudioTask, channels: int) -> tuple[int, ...]:
    """Which of so many channels to keep: nothing was measured of another layout's."""
    return task.live_channels if channels == task.channels else tuple(range(channels))


def _placed(run: Iterable[Block], placer: Placer) -> Iterator[Samples]:
    for block in run:
        if block.after_loss:
            placer.lost()
        yield from placer.place(block.samples, block.time)


def regrouped(blocks: Iterable[Samples], size: int) -> Iterator[Samples]:
    """The same samples in blocks of `size`, the last one shorter."""
    held: list[Samples] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        if count < size:
            continue
        joined = np.concatenate(held, axis=1)
        whole = count - count % size
        yield from (joined[:, start : start + size] for start in range(0, whole, size))
        held, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(held, axis=1)


def exactly(blocks: Iterable[Samples], channels: int, length: int, piece: int) -> Iterator[Samples]:
    """Cut at `length` samples, or filled up with silence in blocks of `piece`."""
    for block in blocks:
        if length <= 0:
            return
        yield block[:, :length]
        length -= block.shape[1]
    while length > 0:
        yield np.zeros((channels, min(piece, length)), np.float32)
        length -= piece


def resampled(blocks: Iterable[Samples], source: int, target: int) -> Iterator[Samples]:
    """From `source` to `target` Hz. FFmpeg's resampler adds no delay: time 0 stays time 0."""
    if source == target:
        yield from blocks
        return
    resampler = av.AudioResampler(format="fltp", rate=target)
    for block in blocks:
        for frame in resampler.resample(audio_frame(block, source)):
            yield frame.to_ndarray().astype(np.float32, copy=False)
    for frame in resampler.resample(None):
        yield frame.to_ndarray().astype(np.float32, copy=False)


def audio_frame(block: Samples, rate: int, pts: int | None = None) -> AudioFrame:
    layout = "mono" if block.shape[0] == 1 else "stereo"
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", layout)
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    frame.pts = pts
    return frame
