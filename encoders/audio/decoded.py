"""A finished file of sound heard again, as a player plays it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av
from av.audio.stream import AudioStream

from encoders.audio.stream import regrouped
from encoders.loudness import Samples
from encoders.samples import Various


def decoded(path: Path, format: str, length: int, rate: int) -> Iterator[Samples]:
    """Blocks of a second; `format` is FFmpeg's name of the demuxer.

    Raises RuntimeError where they are not `length` samples in all.
    """
    counted = 0
    for block in regrouped(_frames(path, format), rate):
        counted += block.shape[1]
        yield block
    if counted != length:
        raise RuntimeError(f"{path.stem} decodes to {counted} samples where {length} were encoded")


def _frames(path: Path, format: str) -> Iterator[Samples]:
    samples = Various()
    with closing(av.open(str(path), format=format)) as container:
        stream = container.streams[0]
        if not isinstance(stream, AudioStream):
            raise RuntimeError(f"{path.name} does not open as audio")
        for packet in container.demux(stream):
            for frame in packet.decode():
                yield samples.floats(frame)
