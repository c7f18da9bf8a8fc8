"""What is made of a chunk is a stream any player takes: whole, exact, legal, always the same."""

import io
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import pytest

from encoders.h264 import chunk_buffer, timescale
from encoders.tasks import ChunkTask, Poster, Thumbnails, VideoRendition
from tests.encoders.chunking import (
    SMALL,
    encoded,
    joined,
    played,
    rendition_of,
    shown,
    tasks,
)
from tests.media import lecture, noise

TINY = VideoRendition("tiny", 96, 54, 24.0, "veryfast", 85_000, 60_000)
BOTH = (SMALL, TINY)


@pytest.fixture(scope="module")
def chunks(tmp_path_factory: pytest.TempPathFactory) -> list[ChunkTask]:
    """Three chunks of 2 s of a lecture; segments of 30 pictures, so each ends in a short one."""
    path = lecture(
        tmp_path_factory.mktemp("source") / "a.mp4", seconds=6, size=(192, 108), b_frames=2
    )
    return tasks(path, rate=25, slots=150, cuts=(2, 4), renditions=BOTH, segment=30)


def packets(stream: bytes) -> list[tuple[int, int, int, bool]]:
    """(pts, dts, bytes, key frame) of every packet."""
    with av.open(io.BytesIO(stream)) as container:
        return [
            (packet.pts, packet.dts, packet.size, packet.is_keyframe)
            for packet in container.demux(video=0)
            if packet.size
        ]


def test_joined_chunks_are_one_stream(chunks: list[ChunkTask], tmp_path: Path) -> None:
    results = [encoded(chunk, tmp_path) for chunk in chunks]
    for rendition in BOTH:
        pieces = [rendition_of(result, rendition.name) for result in results]
        assert len({piece.init.sha256 for piece in pieces}) == 1
        assert {piece.timescale for piece in pieces} == {12_800}
        at = 0
        for segment in (segment for piece in pieces for segment in piece.segments):
            assert segment.start == at
            assert segment.duration == segment.samples * 512
            assert 0 < segment.key_bytes < segment.file.size
            at += segment.duration
        assert at == 150 * 512
        assert [one.samples for piece in pieces for one in piece.segments] == [30, 20] * 3

        stream = joined(results, tmp_path, rendition.name)
        found = packets(stream)
        keys = [index for index, packet in enumerate(found) if packet[3]]
        assert keys == [0, 30, 50, 80, 100, 130]
        assert sorted(packet[0] for packet in found) == [n * 512 for n in range(150)]
        assert [packet[1] for packet in found] == [n * 512 - 1024 for n in range(150)]
        frames = list(played(stream))
        assert len(frames) == 150
        assert {(frame.width, frame.height) for frame in frames} == {
            (rendition.width, rendition.height)
        }


def test_the_ffmpeg_program_decodes_every_picture(chunks: list[ChunkTask], tmp_path: Path) -> None:
    results = [encoded(chunk, tmp_path) for chunk in chunks]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-v", "warning", "-i", "-"]
    command += ["-f", "framecrc", "-"]
    ended = subprocess.run(
        command, input=joined(results, tmp_path), capture_output=True, check=True, timeout=60
    )
    assert ended.stderr == b""
    lines = [line for line in ended.stdout.decode().splitlines() if not line.startswith("#")]
    assert [int(line.split(",")[2]) for line in lines] == list(range(150))


def test_only_segment_starts_are_idr(chunks: list[ChunkTask], tmp_path: Path) -> None:
    stream = joined([encoded(chunk, tmp_path) for chunk in chunks], tmp_path)
    with av.open(io.BytesIO(stream)) as container:
        idr = [
            index
            for index, packet in enumerate(p for p in container.demux(video=0) if p.size)
            if 5 in nal_types(bytes(packet))
        ]
    assert idr == [0, 30, 50, 80, 100, 130]


def nal_types(sample: bytes) -> list[int]:
    """nal_unit_type of each unit of a sample with 4-byte lengths (ISO/IEC 14496-15, 5.3.2)."""
    found, at = [], 0
    while at < len(sample):
        found.append(sample[at + 4] & 0x1F)
        at += 4 + int.from_bytes(sample[at : at + 4])
    return found


def test_colour_and_level_are_told(chunks: list[ChunkTask], tmp_path: Path) -> None:
    result = encoded(chunks[0], tmp_path)
    assert rendition_of(result, "small").codecs == "avc1.64000C"
    frame = next(played(joined([result], tmp_path)))
    assert (frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range) == (
        1, 1, 1, 1,
    )  # fmt: skip


def test_the_same_task_gives_the_same_bytes(chunks: list[ChunkTask], tmp_path: Path) -> None:
    task = replace(
        chunks[1],
        thumbnails=Thumbnails("thumbnails", (50, 75), 64, 36, 2),
        poster=Poster("poster", 60, 96, 54),
        checks=True,
    )
    one, two = encoded(task, tmp_path / "one"), encoded(task, tmp_path / "two")
    assert replace(one, cpu={}) == replace(two, cpu={})
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("slots", [1, 2, 30, 31])
def test_a_short_chunk_is_a_stream_too(slots: int, tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=2, size=(192, 108))
    (task,) = tasks(path, rate=25, slots=slots)
    result = encoded(task, tmp_path)
    assert shown(joined([result], tmp_path)) == list(range(slots))
    assert len(result.encoded[0].segments) == -(-slots // 30)


@pytest.mark.parametrize("size", [(192, 108), (640, 360)], ids=["near", "far above"])
def test_a_rendition_is_the_same_alone_or_beside_others(
    size: tuple[int, int], tmp_path: Path
) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=2, size=size)
    large = replace(SMALL, name="large", width=192, height=108)
    (task,) = tasks(path, rate=25, slots=50, renditions=(large, *BOTH))
    task = replace(task, thumbnails=Thumbnails("thumbnails", (0, 25), 64, 36, 2), checks=True)
    together = encoded(task, tmp_path / "together")
    for rendition in task.renditions:
        alone = replace(task, renditions=(rendition,), thumbnails=None, checks=False)
        assert encoded(alone, tmp_path / "alone").encoded == (
            rendition_of(together, rendition.name),
        )
    pictures = encoded(replace(task, renditions=()), tmp_path / "pictures")
    assert pictures.encoded == ()
    assert (pictures.sheet, pictures.still) == (together.sheet, together.still)


@pytest.mark.parametrize("preset", ["veryfast", "medium"])
@pytest.mark.parametrize(("rate", "buffer"), [(100_000, 75_000), (300_000, 600_000)])
def test_the_joined_stream_keeps_to_rate_and_buffer(
    rate: int, buffer: int, preset: str, tmp_path: Path
) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=8, size=(192, 108), paint=noise)
    rendition = replace(SMALL, preset=preset, maxrate=rate, buffer=buffer)
    chunks = tasks(path, rate=25, slots=200, cuts=(2, 5), renditions=(rendition,), segment=30)
    stream = joined([encoded(chunk, tmp_path) for chunk in chunks], tmp_path)
    sizes = [8 * packet[2] for packet in packets(stream)]
    assert sum(sizes) > 0.5 * rate * 8, "the source was too easy to show anything"
    level, peak = Fraction(0), Fraction(0)
    for bits in sizes:
        level += bits
        peak = max(peak, level)
        level = max(Fraction(0), level - Fraction(rate, 25))
    assert peak <= buffer


@pytest.mark.parametrize("seconds", [Fraction(1, 25), Fraction(1), Fraction(6), Fraction(30)])
@pytest.mark.parametrize(("rate", "size"), [(85_000, 60_000), (300_000, 600_000)])
def test_the_chunk_buffer_is_what_its_derivation_asks_for(
    rate: int, size: int, seconds: Fraction
) -> None:
    buffer = chunk_buffer(rate, size, seconds, last=False)
    assert buffer.size + buffer.start <= size
    assert buffer.rate * seconds + buffer.start <= rate * seconds
    assert buffer.rate >= rate * Fraction(3, 4)
    assert chunk_buffer(rate, size, seconds, last=True).rate == rate


@pytest.mark.parametrize(
    "rate", [Fraction(25), Fraction(15, 2), Fraction(30000, 1001), Fraction(24000, 1001)]
)
def test_a_picture_lasts_whole_ticks(rate: Fraction) -> None:
    ticks = timescale(rate)
    assert ticks >= 10_000
    assert (ticks / rate).denominator == 1
