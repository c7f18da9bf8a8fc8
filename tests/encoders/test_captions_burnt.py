"""Captions burnt into pictures: where, when, and that nothing else changes."""

from fractions import Fraction
from unicodedata import east_asian_width

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from encoders.captions.cuetext import lines_of
from encoders.captions.draw import Burner
from encoders.captions.paint import Raster, draw
from encoders.captions.wrap import marks_of, wrapped
from tests.encoders.captions import caption

RASTERS = {
    "DVD 16:9": Raster(720, 576, Fraction(64, 45)),
    "DVD 4:3": Raster(720, 576, Fraction(16, 15)),
    "VCD": Raster(352, 288, Fraction(12, 11)),
}
LONG = (
    "今天我们学习设施蔬菜水肥一体化技术，重点讲解滴灌系统的安装、调试与日常维护方法，以及 drip "
    "irrigation 常见故障的排除（例如：滴头堵塞、管道漏水等）。"
)
RATE = Fraction(25)


def frame(raster: Raster) -> av.VideoFrame:
    made = av.VideoFrame(raster.width, raster.height, "yuv420p")
    for plane, value in zip(made.planes, (90, 60, 200), strict=True):
        np.frombuffer(memoryview(plane), np.uint8)[:] = value
    made.pts, made.time_base, made.color_range, made.colorspace = 7, 1 / RATE, 1, 5
    return made


def planes(picture: av.VideoFrame) -> list[NDArray[np.uint8]]:
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
        for plane in picture.planes
    ]


def burner(raster: Raster, *captions: object) -> Burner:
    return Burner(captions, raster.width, raster.height, raster.sample_aspect, RATE)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RASTERS)
@pytest.mark.parametrize("text", ["短", LONG, LONG * 5, "a" * 300, "一\n二\n三\n四\n五"])
def test_text_stays_in_the_safe_area_in_three_lines(name: str, text: str) -> None:
    raster = RASTERS[name]
    drawing = draw(text, raster)
    assert drawing is not None
    rows, columns = drawing.ink.shape
    assert (drawing.left % 2, drawing.top % 2, rows % 2, columns % 2) == (0, 0, 0, 0)
    assert drawing.left >= raster.width // 10 - 1
    assert drawing.left + columns <= raster.width * 0.9 + 1
    assert drawing.top >= raster.height * 0.6
    assert drawing.top + rows <= raster.height * 0.9 + 1
    assert abs(drawing.left + columns / 2 - raster.width / 2) < 4


def test_letters_are_not_squeezed() -> None:
    """A character is as wide as it is high, seen on the screen."""
    for raster in RASTERS.values():
        drawing = draw("国", raster)
        assert drawing is not None
        rows, columns = drawing.ink.shape
        assert columns * raster.sample_aspect / rows == pytest.approx(0.95, abs=0.12)


def test_every_slot_of_a_caption_has_it_and_no_other() -> None:
    raster = RASTERS["VCD"]
    burn = burner(raster, caption(1, 1.2, "一"), caption(1.2, 1.4, "二"))
    picture = frame(raster)
    shown = [burn.over(picture, slot) for slot in range(23, 37)]
    assert [one is not picture for one in shown] == [False] * 2 + [True] * 10 + [False] * 2
    first, second = planes(shown[2])[0], planes(shown[7])[0]
    assert all((planes(one)[0] == first).all() for one in shown[2:7])
    assert all((planes(one)[0] == second).all() for one in shown[7:12])
    assert (first != second).any()


def test_only_the_caption_changes() -> None:
    raster = RASTERS["DVD 16:9"]
    picture = frame(raster)
    over = burner(raster, caption(0, 1, "<b>滴灌</b> gjpq")).over(picture, 3)
    drawing = draw("<b>滴灌</b> gjpq", raster)
    assert drawing is not None
    rows, columns = drawing.ink.shape
    inside = np.s_[drawing.top : drawing.top + rows, drawing.left : drawing.left + columns]
    luma, *chroma = planes(over)
    assert (int(luma[inside].max()), int(luma[inside].min())) == (235, 16)
    luma = luma.copy()
    luma[inside] = 90
    assert (luma == 90).all()
    for plane, value in zip(chroma, (60, 200), strict=True):
        assert set(np.unique(plane)) <= set(range(min(value, 128), max(value, 128) + 1))
        assert (plane[: drawing.top // 2] == value).all()
        assert 128 in plane
    assert [
        (plane == value).all() for plane, value in zip(planes(picture), (90, 60, 200), strict=True)
    ] == [True] * 3


def test_what_is_said_of_a_picture_is_said_of_the_copy() -> None:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=352, height=288, format=av.VideoFormat("yuv420p"), time_base=1 / RATE
    )
    fields = graph.add("setfield", "tff")
    source.link_to(fields)
    fields.link_to(graph.add("buffersink"))
    graph.configure()
    raster = RASTERS["VCD"]
    graph.vpush(frame(raster))
    picture = graph.vpull()
    over = burner(raster, caption(0, 1, "场")).over(picture, 0)
    assert over is not picture
    for one in (picture, over):
        assert (one.pts, one.time_base, one.interlaced_frame) == (7, 1 / RATE, True)
        assert (one.color_range, one.colorspace) == (1, 5)


def test_two_burners_draw_the_same() -> None:
    raster = RASTERS["DVD 4:3"]
    pictures = [burner(raster, caption(0, 1, LONG)).over(frame(raster), 0) for _ in range(2)]
    one, other = map(planes, pictures)
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_captions_shown_together_are_both_drawn() -> None:
    raster = RASTERS["DVD 4:3"]
    burn = burner(raster, caption(0, 2, "上"), caption(1, 2, "下"))
    together = planes(burn.over(frame(raster), 30))[0]
    alone = planes(burner(raster, caption(0, 2, "上\n下")).over(frame(raster), 0))[0]
    assert (together == alone).all()


def test_styles_are_seen() -> None:
    raster = RASTERS["DVD 4:3"]
    drawn = [draw(text, raster) for text in ("施", "<b>施</b>", "<i>施</i>", "<u>施</u>")]
    inks = [int(one.letters.astype(int).sum()) for one in drawn if one is not None]
    plain, bold, italic, underlined = inks
    assert bold > plain * 1.15
    assert underlined > plain * 1.02
    assert abs(italic - plain) < plain * 0.05
    assert drawn[2] is not None
    assert drawn[0] is not None
    assert drawn[2].ink.shape[1] > drawn[0].ink.shape[1]


@pytest.mark.parametrize("text", ["", " ", "\u200f\u202a", "<b></b>"])
def test_nothing_to_see_is_no_drawing(text: str) -> None:
    assert draw(text, RASTERS["VCD"]) is None


def broken(text: str, room: int) -> list[str]:
    (line,) = map(marks_of, lines_of(text))
    wide = {"W": 2, "F": 2}
    lines = wrapped(line, room, lambda mark: wide.get(east_asian_width(mark[0]), 1))
    return ["".join(mark for mark, _ in one) for one in lines]


def test_lines_break_where_chinese_may() -> None:
    assert broken("一二三四五，六七", 10) == ["一二三四", "五，六七"]
    assert broken("一二三四（五六）", 10) == ["一二三四", "（五六）"]
    assert broken("水压 0.3 MPa 以上", 8) == ["水压 0.3", "MPa 以上"]
    assert broken("drip irrigation", 10) == ["drip", "irrigation"]
    assert broken("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert broken("一二三四五六七", 12) == ["一二三四", "五六七"]
