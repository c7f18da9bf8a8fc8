"""A track as one stream of samples on its own clock: placed, mixed, resampled, exactly so long.

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
from encoders.tasks import SoundSource


def source_sound(reader: Reader, channels: int, rate: int, length: int) -> Iterator[Samples]:
    """[channels, n] blocks at `rate`, `length` samples in all."""
    return exactly(recorded(reader, channels, rate, length), channels, length, rate)


def recorded(reader: Reader, channels: int, rate: int, enough: int) -> Iterator[Samples]:
    """What there is, until `enough` samples were given out or a block more.

    Runs of one format follow one another: old recordings change rate or layout midway.
    """
    position = 0
    for (source_rate, names), run in groupby(reader.blocks(), lambda b: (b.rate, b.names)):
        placer = Placer(source_rate, round(Fraction(position, rate) * source_rate))
        placed = regrouped(_placed(run, placer), source_rate)
        weights = matrix(names, _live(reader.source, len(names)), channels)
        for block in resampled(mixed(placed, weights), source_rate, rate):
            position += block.shape[1]
            yield block
            if position >= enough:
                return


def _live(source: SoundSource, channels: int) -> tuple[int, ...]:
    """Which of so many channels to keep: nothing was measured of another layout's."""
    return source.live_channels if channels == source.channels else tuple(range(channels))


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
        yield zeros(channels, min(piece, length))
        length -= piece


def zeros(channels: int, length: int) -> Samples:
    return np.zeros((channels, length), np.float32)


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
