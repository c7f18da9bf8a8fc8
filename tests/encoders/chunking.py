"""Chunk tasks over a recording, and what a player sees of their joined results."""

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from encoders.chunk import encode_chunk
from encoders.facts import KeyFrame
from encoders.opening import open_media
from encoders.tasks import (
    ChunkResult,
    ChunkTask,
    Encoded,
    RasterRendition,
    Shape,
    Source,
    VideoRendition,
)
from tests.media import lecture, numbers

PLAIN = Shape(
    sample_aspect=Fraction(1),
    deinterlace=None,
    mirror=False,
    rotate=0,
    color_space="bt709",
    full_range=False,
    guest=False,
)
SMALL = VideoRendition("small", 160, 90, 22.0, "veryfast", 400_000, 800_000)


def anamorphic(folder: Path, codec: str, *aspects: str) -> Path:
    """A second of each sample aspect after the other, all at one coded size."""
    path = folder / "a.ts"
    parts = [
        lecture(
            folder / f"{n}.ts",
            seconds=1,
            size=(192, 108),
            codec=codec,
            b_frames=2,
            first=25 * n,
            start=Fraction(n + 1),  # from zero the muxer would move it, for its first dts is below
            options={"aspect": aspect},
        )
        for n, aspect in enumerate(aspects)
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def key_frames(path: Path) -> tuple[Fraction, tuple[KeyFrame, ...]]:
    """The lesson's origin and all key frames, from a packet scan."""
    with closing(open_media(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        base = stream.time_base
    stamps = [packet.dts if packet.pts is None else packet.pts for packet in packets]
    origin = min(stamps) * base
    found = []
    for ordinal, (packet, stamp) in enumerate(zip(packets, stamps, strict=True)):
        if packet.is_keyframe:
            leading = 0
            while ordinal + leading + 1 < len(stamps) and stamps[ordinal + leading + 1] < stamp:
                leading += 1
            time = stamp * base - origin
            found.append(KeyFrame(ordinal, stamp, packet.dts, time, leading, 0))
    return origin, tuple(found)


def tasks(
    path: Path,
    *,
    rate: Fraction | int,
    slots: int,
    cuts: Sequence[int] = (),
    renditions: tuple[VideoRendition, ...] = (SMALL,),
    rasters: tuple[RasterRendition, ...] = (),
    shape: Shape = PLAIN,
    segment: int = 30,
    seekable: bool = True,
) -> list[ChunkTask]:
    """Chunks that start at the key frames with these indices (and at the first)."""
    rate = Fraction(rate)
    origin, keys = key_frames(path)
    starts = [keys[index] for index in (0, *cuts)]
    edges = [0, *(int(key.time * rate + Fraction(1, 2)) for key in starts[1:]), slots]
    return [
        ChunkTask(
            source=Source(
                path=str(path),
                stream=0,
                start=start,
                stop=stop,
                shifts=(),
                origin=origin,
                grid=None,
                seekable=seekable,
            ),
            shape=shape,
            rate=rate,
            first=first,
            last=last,
            segment=segment,
            renditions=renditions,
            rasters=rasters,
            thumbnails=None,
            poster=None,
            checks=False,
            folder="",
        )
        for start, stop, first, last in zip(
            starts, [*starts[1:], None], edges, edges[1:], strict=False
        )
    ]


def encoded(task: ChunkTask, folder: Path) -> ChunkResult:
    folder.mkdir(exist_ok=True)
    return encode_chunk(replace(task, folder=str(folder)), lambda _done: None)


def joined(results: Sequence[ChunkResult], folder: Path, rendition: str = "small") -> bytes:
    """The init and all segments in a row: what a player is given."""
    parts = [one for result in results for one in result.encoded if one.rendition == rendition]
    names = [parts[0].init.name, *(piece.file.name for one in parts for piece in one.segments)]
    return b"".join((folder / name).read_bytes() for name in names)


def played(stream: bytes) -> Iterator[av.VideoFrame]:
    with av.open(io.BytesIO(stream)) as container:
        yield from container.decode(video=0)


def shown(stream: bytes) -> list[int]:
    """The numbers burnt in the pictures a player shows."""
    return numbers(played(stream))


def expected(times: Sequence[Fraction], rate: Fraction | int, slots: int) -> list[int]:
    """The number of the picture due in each slot: the rule of `ChunkTask`, slot by slot."""
    due = []
    for slot in range(slots):
        on_time = [n for n, time in enumerate(times) if int(time * rate + Fraction(1, 2)) <= slot]
        due.append(on_time[-1] if on_time else 0)
    return due


def rendition_of(result: ChunkResult, name: str) -> Encoded:
    return next(one for one in result.encoded if one.rendition == name)
