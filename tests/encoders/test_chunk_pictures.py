"""Thumbnails, the poster, and black and still spans, all from the one decode."""

import io
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from encoders.pictures import image_of
from encoders.profiles import load
from encoders.shape import Color
from encoders.tasks import ChunkResult, Poster, Span, Thumbnails
from tests.encoders.chunking import encoded, tasks
from tests.facts import facts, key_frames, planned, video
from tests.media import Luma, lecture, noise, number_of, slides
from tests.tools.programs import ffmpeg, run

RATE = 10


def scenes(number: int, width: int, height: int) -> Luma:
    """At ten pictures a second: noise to 1 s, black to 3 s, noise to 4 s, one page to 7 s, then
    another page with a pointer that moves."""
    if number < 10 or 30 <= number < 40:
        return noise(number, width, height)
    if number < 30:
        return np.full((height, width), 16, np.uint8)
    page = slides(0 if number < 70 else 50, width, height)
    page[height // 2 : height // 2 + height // 4, width // 2 :] = 210
    if number >= 70:
        left = number * 5 % (width - 16)
        page[height * 3 // 4 : height * 3 // 4 + 12, left : left + 12] = 20
    return page


def watched(
    path: Path, folder: Path, slots: int = 100, cuts: tuple[int, ...] = ()
) -> list[ChunkResult]:
    chunks = tasks(path, rate=RATE, slots=slots, cuts=cuts, renditions=())
    return [encoded(replace(chunk, checks=True), folder) for chunk in chunks]


def long_spans(spans: tuple[Span, ...]) -> list[tuple[float, float]]:
    return [(float(span.start), float(span.stop)) for span in spans if span.stop - span.start >= 1]


def test_black_and_still_spans_are_found(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=10, rate=RATE, size=(320, 180), paint=scenes, gop=20)
    (result,) = watched(path, tmp_path / "out")
    assert long_spans(result.black) == [(1.0, 3.0)]
    assert long_spans(result.still) == [(1.0, 3.0), (4.0, 7.0)]


def test_spans_at_the_edges_of_a_chunk_are_told_however_short(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=10, rate=RATE, size=(320, 180), paint=scenes, gop=20)
    before, after = watched(path, tmp_path / "out", cuts=(1,))
    assert before.black[-1] == Span(Fraction(1), Fraction(2))
    assert after.black[0] == Span(Fraction(2), Fraction(3))
    assert before.still[-1].stop == after.still[0].start == 2


def test_a_repeated_picture_is_still(tmp_path: Path) -> None:
    """A screencast that sends nothing while nothing changes."""
    path = lecture(
        tmp_path / "a.mkv", size=(320, 180), times=[Fraction(0), Fraction(1, 10), Fraction(4)]
    )
    (result,) = watched(path, tmp_path / "out", slots=42)
    assert (0.1, 4.0) in long_spans(result.still) or (0.0, 4.0) in long_spans(result.still)


def test_the_sheet_shows_the_pictures_of_its_times(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=4, size=(320, 180))
    (task,) = tasks(path, rate=25, slots=100, renditions=())
    wanted = Thumbnails("thumbnails", (0, 20, 40, 60, 99), 160, 90, 2)
    sheet = encoded(replace(task, thumbnails=wanted), tmp_path).sheet
    assert sheet is not None
    assert sheet.times == tuple(Fraction(slot, 25) for slot in wanted.frames)
    data = (tmp_path / sheet.file.name).read_bytes()
    assert (sheet.file.size, sheet.file.type) == (len(data), "image/jpeg")
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    assert picture.shape == (270, 320)
    tiles = [
        picture[row * 90 : row * 90 + 90, column * 160 : column * 160 + 160]
        for row, column in (divmod(tile, 2) for tile in range(6))
    ]
    assert [number_of(tile) for tile in tiles[:5]] == [0, 20, 40, 60, 99]
    assert tiles[5].mean() < 2


def test_the_poster_is_the_picture_asked_for(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=2, size=(320, 180))
    (task,) = tasks(path, rate=25, slots=50, renditions=())
    poster = encoded(replace(task, poster=Poster("poster", 33, 256, 144)), tmp_path).poster
    assert poster is not None
    picture = Image.open(tmp_path / poster.name)
    assert picture.size == (256, 144)
    assert "progressive" not in picture.info
    assert number_of(np.asarray(picture.convert("L"))) == 33


@pytest.mark.parametrize("cuts", [(), (1, 3)])
def test_sheets_of_chunks_cover_the_lesson_in_order(cuts: tuple[int, ...], tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=4, size=(320, 180))
    times: list[Fraction] = []
    for task in tasks(path, rate=25, slots=100, cuts=cuts, renditions=()):
        wanted = Thumbnails("thumbnails", (task.first, task.last - 1), 64, 36, 2)
        sheet = encoded(replace(task, thumbnails=wanted), tmp_path).sheet
        assert sheet is not None
        times += sheet.times
    assert all(one < two for one, two in pairwise(times))


@pytest.mark.parametrize("size", [(160, 90), (320, 180)])
def test_pictures_are_the_same_on_a_processor_without_vector_units(
    size: tuple[int, int], tmp_path: Path
) -> None:
    """At the recording's own size swscale has another way for each processor."""
    planes = np.random.default_rng(1).integers(16, 236, (270, 320), np.uint8)
    raw, plain = tmp_path / "a.yuv", tmp_path / "a.rgb"
    raw.write_bytes(planes.tobytes())
    flags = "area+accurate_rnd+bitexact:in_color_matrix=bt709:in_range=limited:out_range=full"
    read = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", "320x180", "-i", raw]
    scale = ["-vf", f"scale={size[0]}:{size[1]}:flags={flags}", "-pix_fmt", "rgb24"]
    run([ffmpeg(), "-v", "error", "-cpuflags", "0", *read, *scale, "-f", "rawvideo", plain]).ok()
    image = image_of(av.VideoFrame.from_ndarray(planes, "yuv420p"), *size, Color(1, 1, 1))
    assert image.tobytes() == plain.read_bytes()


@pytest.mark.parametrize(
    ("hours", "size", "across", "most"),
    [
        (1, {}, 5, 0),
        (12, {}, 49, 0),
        (12, {"width": 720, "height": 1280}, 87, 0),
        (12, {"width": 16_000, "height": 16}, 1, 177),
    ],
    ids=["short", "long", "portrait", "a strip"],
)
def test_the_sheet_of_a_chunk_of_hours_can_still_be_a_picture(
    hours: int, size: dict[str, int], across: int, most: int
) -> None:
    """There is no key frame to cut at, and a JPEG is 65,500 pixels high at most."""
    picture = video(hours * 3600, key_frames=key_frames([0]), **size)
    (chunk,) = planned(facts(picture), load()["hls"]).chunks
    sheet = chunk.task.thumbnails
    assert sheet is not None
    assert sheet.columns == across
    assert -(-len(sheet.frames) // sheet.columns) * sheet.height <= 16_000
    if most:
        assert len(sheet.frames) <= most
    else:
        assert sheet.columns * sheet.width <= 16_000
        assert sheet.frames == tuple(range(0, hours * 3600 * 25, 125))
