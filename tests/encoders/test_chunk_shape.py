"""Pictures are turned, deinterlaced, put in range and fitted, and are still the right ones."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from encoders.aspect import Aspect
from encoders.decode import Shown
from encoders.shape import Shaper, deinterlaced, is_same
from encoders.tasks import Shape, VideoRendition
from tests.encoders.chunking import PLAIN, anamorphic, encoded, joined, played, shown, tasks
from tests.media import Luma, lecture, luma_of, number_of, picture
from tests.tools.programs import ffmpeg, run

UPRIGHT = VideoRendition("small", 90, 160, 20.0, "veryfast", 400_000, 800_000)


def frame_of(luma: Luma, pixel_format: str = "yuv420p") -> av.VideoFrame:
    chroma = np.full((luma.shape[0] // 2, luma.shape[1]), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), "yuv420p")
    return frame if pixel_format == "yuv420p" else frame.reformat(format=pixel_format)


def shaped(frame: av.VideoFrame, shape: Shape, size: tuple[int, int]) -> Luma:
    shaper = Shaper(shape, [size], (frame.width, frame.height))
    return luma_of(shaper.shaped(frame, Fraction(1)).scaled[size])


@pytest.mark.parametrize(
    ("mirror", "rotate", "corner"),
    [
        (False, 0, (0, 0)),
        (False, 90, (0, 1)),
        (False, 180, (1, 1)),
        (False, 270, (1, 0)),
        (True, 0, (0, 1)),
        (True, 90, (1, 1)),
        (True, 270, (0, 0)),
    ],
)
def test_the_top_left_corner_goes_where_it_should(
    mirror: bool, rotate: int, corner: tuple[int, int]
) -> None:
    """`corner` is (bottom, right): where a white top left corner of the source is seen."""
    luma = np.full((96, 160), 16, np.uint8)
    luma[:48, :80] = 235
    size = (80, 48) if rotate in (0, 180) else (48, 80)
    seen = shaped(frame_of(luma), replace(PLAIN, mirror=mirror, rotate=rotate), size)
    height, width = seen.shape
    quarters = [
        [seen[: height // 2, : width // 2].mean(), seen[: height // 2, width // 2 :].mean()],
        [seen[height // 2 :, : width // 2].mean(), seen[height // 2 :, width // 2 :].mean()],
    ]
    assert np.unravel_index(np.argmax(quarters), (2, 2)) == corner


def test_a_turned_recording_is_encoded_upright(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=2, size=(192, 108), rotation=90)
    (task,) = tasks(path, rate=25, slots=50, renditions=(UPRIGHT,), shape=replace(PLAIN, rotate=90))
    frames = list(played(joined([encoded(task, tmp_path)], tmp_path)))
    assert {(frame.width, frame.height) for frame in frames} == {(90, 160)}
    assert [number_of(np.rot90(luma_of(frame))) for frame in frames] == list(range(50))


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p10le", "rgb24"])
@pytest.mark.parametrize("color_space", ["bt601", "bt709"])
def test_levels_survive_any_pixel_format(pixel_format: str, color_space: str) -> None:
    luma = np.full((96, 160), 16, np.uint8)
    luma[:, 80:] = 235
    source = frame_of(luma)
    if pixel_format != "yuv420p":
        full = "JPEG" if pixel_format in ("yuvj420p", "rgb24") else "MPEG"
        source = source.reformat(format=pixel_format, src_color_range="MPEG", dst_color_range=full)
    shape = replace(
        PLAIN, color_space=color_space, full_range=pixel_format in ("yuvj420p", "rgb24")
    )
    seen = shaped(source, shape, (80, 48))
    assert abs(int(seen[24, 10]) - 16) <= 1
    assert abs(int(seen[24, 70]) - 235) <= 1


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("color_space", "luma"), [("bt601", 81), ("bt709", 63)])
def test_rgb_is_full_range_and_converted_with_the_matrix_that_is_tagged(
    color_space: str, luma: int, told: bool
) -> None:
    red = np.zeros((96, 160, 3), np.uint8)
    red[:, :, 0] = 255
    source = av.VideoFrame.from_ndarray(red, "rgb24")
    shape = replace(PLAIN, color_space=color_space, full_range=told)
    seen = shaped(source, shape, (80, 48))
    assert abs(int(seen[24, 40]) - luma) <= 1


@pytest.mark.parametrize("parity", ["tff", "bff"])
def test_every_interlaced_picture_comes_out_once_without_combs(parity: str) -> None:
    def woven(number: int) -> av.VideoFrame:
        """A bar that moves 8 pixels from field to field."""
        luma = np.full((96, 160), 16, np.uint8)
        for field in (0, 1):
            late = field if parity == "tff" else 1 - field
            left = 16 * number + 8 * late
            luma[field::2, left : left + 24] = 235
        return frame_of(luma)

    source = [Shown(Fraction(n, 25), woven(n)) for n in range(6)]
    out = list(deinterlaced(source, parity))
    assert [one.time for one in out] == [Fraction(n, 25) for n in range(6)]
    combs = [comb(luma_of(one.frame)) for one in out[1:-1]]
    assert max(combs) < comb(luma_of(woven(2))) / 10


def comb(luma: Luma) -> float:
    """How much neighbouring lines differ more than lines of one field do."""
    lines = luma.astype(np.int16)
    return float(np.abs(lines[1:] - lines[:-1]).mean())


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_an_interlaced_recording_keeps_its_pictures(codec: str, tmp_path: Path) -> None:
    path = lecture(
        tmp_path / "a.ts", seconds=3, size=(192, 112), codec=codec, interlaced=True, b_frames=2
    )
    chunks = tasks(path, rate=25, slots=75, cuts=(1, 2), shape=replace(PLAIN, deinterlace="tff"))
    results = [encoded(chunk, tmp_path / "out") for chunk in chunks]
    assert shown(joined(results, tmp_path / "out")) == list(range(75))


@pytest.mark.parametrize(
    ("later", "bars"),
    [((160, 120), "left and right"), ((192, 54), "above and below"), ((384, 216), "none")],
)
def test_a_change_of_size_keeps_geometry_and_aspect(
    later: tuple[int, int], bars: str, tmp_path: Path
) -> None:
    first = lecture(tmp_path / "1.ts", seconds=1, size=(192, 108))
    second = lecture(tmp_path / "2.ts", seconds=1, size=later, first=25, start=Fraction(1))
    path = tmp_path / "a.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    (task,) = tasks(path, rate=25, slots=50)
    frames = list(played(joined([encoded(task, tmp_path)], tmp_path)))
    assert {(frame.width, frame.height) for frame in frames} == {(160, 90)}
    assert [number_of(luma_of(frame)) for frame in frames[:25]] == list(range(25))
    last = luma_of(frames[-1])
    inner = {
        "left and right": last[:, 20:140],
        "above and below": last[22:68],
        "none": last,
    }[bars]
    assert number_of(inner) == 49
    outside = last.astype(int).sum() - inner.astype(int).sum()
    assert outside <= 18 * (last.size - inner.size)


@pytest.mark.parametrize("deinterlace", [None, "tff"])
@pytest.mark.parametrize("cuts", [(), (1,), (2,)])
@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_a_change_of_sample_aspect_is_seen_from_its_first_picture_on(
    codec: str, cuts: tuple[int, ...], deinterlace: str | None, tmp_path: Path
) -> None:
    """As captures of television have it: 16:9, then 4:3, then 16:9 again."""
    path = anamorphic(tmp_path, codec, "1", "3/4", "1")
    shape = replace(PLAIN, deinterlace=deinterlace)
    chunks = tasks(path, rate=25, slots=75, cuts=cuts, shape=shape)
    results = [encoded(chunk, tmp_path / "out") for chunk in chunks]
    lumas = [luma_of(frame) for frame in played(joined(results, tmp_path / "out"))]
    barred = [bool(luma[:, :18].mean() < 24 and luma[:, 142:].mean() < 24) for luma in lumas]
    assert barred == [False] * 25 + [True] * 25 + [False] * 25
    inner = [luma[:, 20:140] if bars else luma for luma, bars in zip(lumas, barred, strict=True)]
    assert [number_of(luma) for luma in inner] == list(range(75))


def test_a_sample_aspect_that_was_planned_for_changes_nothing(tmp_path: Path) -> None:
    path = anamorphic(tmp_path, "mpeg2video", "3/4", "3/4")
    (task,) = tasks(path, rate=25, slots=50, shape=replace(PLAIN, sample_aspect=Fraction(3, 4)))
    assert shown(joined([encoded(task, tmp_path)], tmp_path)) == list(range(50))


def test_a_container_that_contradicts_the_codec_has_the_last_word(tmp_path: Path) -> None:
    """Someone corrected a wrong sample aspect without encoding again."""
    source = anamorphic(tmp_path, "libx264", "1", "4/3")
    path = tmp_path / "a.mp4"
    run([ffmpeg(), "-v", "error", "-i", source, "-c", "copy", "-aspect", "4:3", path]).ok()
    (task,) = tasks(path, rate=25, slots=50, shape=replace(PLAIN, sample_aspect=Fraction(3, 4)))
    assert shown(joined([encoded(task, tmp_path)], tmp_path)) == list(range(50))


@pytest.mark.parametrize("contained", [Fraction(853, 720), None])
def test_a_container_that_rounds_does_not_contradict(contained: Fraction | None) -> None:
    """Matroska stores 720x480 at 32:27 as 853 pixels wide."""
    context = SimpleNamespace(sample_aspect_ratio=Fraction(32, 27) if contained else None)
    stream = SimpleNamespace(sample_aspect_ratio=contained, codec_context=context, width=720)
    aspect = Aspect(cast(VideoStream, stream))
    assert aspect.now == (contained or 1)
    context.sample_aspect_ratio = Fraction(8, 9)
    assert aspect.now == Fraction(8, 9)
    context.sample_aspect_ratio = Fraction(1, 65535)  # damaged
    assert aspect.now == (contained or 1)


def test_a_size_far_below_the_source_is_as_sharp_as_it_can_be() -> None:
    """The pyramid of halves is not seen: close to scaling in one step."""
    source = picture(7, (1280, 720))
    seen = shaped(source, PLAIN, (320, 180)).astype(int)
    direct = luma_of(source.reformat(320, 180, interpolation="BICUBIC")).astype(int)
    error = np.mean((seen - direct) ** 2)
    assert 10 * np.log10(255**2 / error) > 30


def test_a_picture_like_the_one_before_is_not_done_again() -> None:
    shaper = Shaper(PLAIN, [(80, 48)], (160, 96))
    grey = np.full((96, 160), 100, np.uint8)
    other = grey.copy()
    other[95, 159] = 101
    first = shaper.shaped(frame_of(grey), Fraction(1))
    assert shaper.shaped(frame_of(grey), Fraction(1)) is first
    assert shaper.shaped(frame_of(other), Fraction(1)) is not first


@pytest.mark.parametrize("plane", [0, 1, 2])
def test_pictures_are_the_same_to_the_last_bit(plane: int) -> None:
    one, two = (frame_of(np.full((96, 160), 100, np.uint8)) for _ in range(2))
    assert is_same(one, two)
    changed = np.frombuffer(memoryview(two.planes[plane]), np.uint8).copy()
    changed[7] ^= 1
    two.planes[plane].update(changed.tobytes())
    assert not is_same(one, two)
    assert not is_same(one, one.reformat(format="yuv422p"))
