"""Rasters of television from the same decode: the right pictures, fitted, in streams that join."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.tasks import Caption, ChunkResult, RasterRendition
from tests.encoders.chunking import PLAIN, encoded, expected, tasks
from tests.media import Luma, lecture, luma_of, noise, number_of, numbers, plain

WIDE, NARROW = Fraction(16, 9), Fraction(4, 3)
PAL, NTSC = Fraction(25), Fraction(30_000, 1001)


def raster(name: str, codec: str, **changes: object) -> RasterRendition:
    usual = RasterRendition(
        name=name,
        codec=codec,
        width=176,
        height=144,
        aspect=WIDE,
        rate=PAL,
        fields=None,
        gop=12,
        b_frames=2,
        bitrate=300_000,
        maxrate=300_000,
        buffer=210_000,
        quantiser=None,
        preset="veryfast",
        burn=(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


BROADCAST = raster("broadcast", "h264")
DISC = raster(
    "disc",
    "mpeg2",
    quantiser=2,
    bitrate=6_000_000,
    maxrate=6_000_000,
    buffer=1_835_008,
    joins=False,
)
CD = raster("cd", "mpeg1", quantiser=2, bitrate=800_000, maxrate=800_000, buffer=327_680)
ALL = (BROADCAST, DISC, CD)


def pieces(results: Sequence[ChunkResult], folder: Path, name: str) -> list[Path]:
    return [
        folder / one.file.name for each in results for one in each.rasters if one.rendition == name
    ]


def pictures(paths: Sequence[Path]) -> list[av.VideoFrame]:
    frames = []
    for path in paths:
        with av.open(str(path)) as container:
            frames += list(container.decode(video=0))
    return frames


def coded(paths: Sequence[Path]) -> list[tuple[int, bool, int]]:
    """Slot, whether intra, and bytes of every picture, in coding order."""
    found = []
    for path in paths:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    slot = packet.pts * packet.time_base * stream.average_rate
                    found.append((int(slot), packet.is_keyframe, packet.size))
    return found


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[ChunkResult]]:
    """Six seconds at 30 pictures a second, in three chunks."""
    folder = tmp_path_factory.mktemp("rasters")
    path = lecture(folder / "a.mp4", seconds=6, rate=30, gop=61, b_frames=2)
    made = tasks(path, rate=30, slots=180, cuts=(1, 2), rasters=ALL)
    return folder / "out", [encoded(one, folder / "out") for one in made]


@pytest.mark.parametrize("name", ["broadcast", "disc", "cd"])
def test_every_slot_shows_the_picture_that_is_due(
    cut: tuple[Path, list[ChunkResult]], name: str
) -> None:
    folder, results = cut
    paths = pieces(results, folder, name)
    assert sorted(slot for slot, _, _ in coded(paths)) == list(range(150))
    due = expected([Fraction(n, 30) for n in range(180)], PAL, 150)
    shown = numbers(pictures(paths))
    # At a seam a clock of its own may begin with the chunk's first picture: half a slot early.
    assert sum(one != two for one, two in zip(shown, due, strict=True)) <= 2
    assert all(abs(one - two) <= 1 for one, two in zip(shown, due, strict=True))


def test_all_are_made_from_one_decode(cut: tuple[Path, list[ChunkResult]]) -> None:
    assert sum(result.decoded for result in cut[1]) == 180


@pytest.mark.parametrize("name", ["broadcast", "disc", "cd"])
def test_gops_are_closed_and_as_long_as_planned(
    cut: tuple[Path, list[ChunkResult]], name: str
) -> None:
    folder, results = cut
    for each in results:
        (piece,) = [one for one in each.rasters if one.rendition == name]
        packets = coded([folder / piece.file.name])
        starts = [n for n, (_, key, _) in enumerate(packets) if key]
        groups = [packets[a:b] for a, b in pairwise([*starts, len(packets)])]
        assert [len(group) for group in groups] == [gop.pictures for gop in piece.gops]
        assert [sum(size for *_, size in group) for group in groups] == [
            gop.bytes for gop in piece.gops
        ]
        assert {gop.pictures for gop in piece.gops[:-1]} <= {12}
        first = piece.first
        for group in groups:
            assert sorted(slot for slot, *_ in group) == list(range(first, first + len(group)))
            first += len(group)


@pytest.mark.parametrize("rendition", [BROADCAST, CD], ids=["h264", "mpeg1"])
def test_joined_pieces_keep_to_rate_and_buffer(rendition: RasterRendition, tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=8, size=(176, 144), gop=50, paint=noise)
    made = tasks(path, rate=25, slots=200, cuts=(1, 2, 3), renditions=(), rasters=(rendition,))
    results = [encoded(one, tmp_path / "out") for one in made]
    sizes = [size * 8 for *_, size in coded(pieces(results, tmp_path / "out", rendition.name))]
    held = worst = Fraction(0)
    for size in sizes:
        held += size
        worst = max(worst, held)
        held = max(Fraction(0), held - rendition.maxrate / PAL)
    assert worst <= rendition.buffer
    assert sum(sizes) > 0.6 * rendition.maxrate * 8


@pytest.mark.parametrize(
    ("size", "display", "left", "top"),
    [
        ((320, 180), NARROW, 0, 18),
        ((320, 240), WIDE, 22, 0),
        ((320, 180), WIDE, 0, 0),
    ],
    ids=["16:9 on 4:3", "4:3 on 16:9", "16:9 on 16:9"],
)
def test_the_picture_is_fitted_between_black_bars(
    size: tuple[int, int], display: Fraction, left: int, top: int, tmp_path: Path
) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=0.4, size=size, paint=plain(200))
    (task,) = tasks(path, rate=25, slots=10, rasters=(replace(DISC, aspect=display),))
    result = encoded(task, tmp_path / "out")
    (frame, *_) = pictures(pieces([result], tmp_path / "out", "disc"))
    bright = luma_of(frame) > 120
    columns, rows = np.flatnonzero(bright.any(axis=0)), np.flatnonzero(bright.any(axis=1))
    assert abs(columns[0] - left) <= 2
    assert abs(176 - 1 - columns[-1] - left) <= 2
    assert abs(rows[0] - top) <= 2
    assert abs(144 - 1 - rows[-1] - top) <= 2


def moving(number: int, width: int, height: int) -> Luma:
    """A bar that goes from left to right."""
    picture = np.full((height, width), 40, np.uint8)
    picture[:, 5 * number : 5 * number + 30] = 200
    return picture


def test_a_disc_keeps_the_fields_of_a_tape(tmp_path: Path) -> None:
    path = lecture(
        tmp_path / "a.ts",
        seconds=1,
        size=(176, 144),
        codec="mpeg2video",
        interlaced=True,
        paint=moving,
    )
    shape = replace(PLAIN, deinterlace="tff", color_space="bt601")
    whole = replace(DISC, name="whole", aspect=Fraction(176, 144))
    rasters = (whole, replace(whole, name="woven", fields="tff"))
    (task,) = tasks(path, rate=25, slots=25, shape=shape, rasters=rasters)
    result = encoded(task, tmp_path / "out")
    combs = {}
    for name, interlaced in (("whole", False), ("woven", True)):
        frames = pictures(pieces([result], tmp_path / "out", name))
        assert [number_of(luma_of(frame)) for frame in frames] == list(range(25))
        assert {frame.interlaced_frame for frame in frames} == {interlaced}
        lower = luma_of(frames[12]).astype(int)[60:]
        combs[name] = np.abs(lower[::2] - lower[1::2]).mean()
    assert combs["woven"] > 1.5 * combs["whole"]
    assert result.decoded == 25


def test_captions_are_drawn_where_they_are_due(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=2, paint=plain(60))
    said = Caption(Fraction(1), Fraction(3, 2), "滴灌 drip")
    tall = replace(BROADCAST, width=352, height=288, bitrate=900_000, maxrate=900_000, burn=(said,))
    (task,) = tasks(path, rate=25, slots=50, rasters=(tall,))
    frames = pictures(pieces([encoded(task, tmp_path / "out")], tmp_path / "out", "broadcast"))
    lit = [bool((luma_of(frame) > 180).any()) for frame in frames]
    assert [n for n, shown in enumerate(lit) if shown] == list(range(25, 38))


def test_the_matrix_of_television_is_bt_601(tmp_path: Path) -> None:
    """A recording in BT.709 has the same colours on a screen that takes SD for BT.601."""
    path = lecture(tmp_path / "a.mp4", seconds=0.4, paint=plain(120))
    (task,) = tasks(path, rate=25, slots=10, rasters=(DISC,))
    result = encoded(task, tmp_path / "out")
    (frame, *_) = pictures(pieces([result], tmp_path / "out", "disc"))
    assert frame.colorspace == 5


def test_a_lesson_shorter_than_a_picture_has_one(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=1 / 60, rate=60)
    (task,) = tasks(path, rate=60, slots=1, rasters=(DISC,))
    (piece,) = encoded(task, tmp_path / "out").rasters
    assert [gop.pictures for gop in piece.gops] == [1]
