"""The text on a disc's label keeps within the ring, whole where there is room."""

import math
from fractions import Fraction

import pytest

from encoders.dvd.menus import length, moment
from encoders.dvd.ring import REACH, Line, name_lines, title_lines


def measure(text: str, size: float) -> float:
    return sum(0.19 if one.isascii() else 0.353 for one in text) * size


def assert_within(lines: tuple[Line, ...]) -> None:
    for line in lines:
        assert measure(line.text, line.size) <= line.width + 1e-9
        for x in (line.x, line.x + line.width):
            for y in (line.y, line.y + line.height):
                assert 20.5 < math.hypot(x, y) <= REACH + 1e-6


@pytest.mark.parametrize("count", [1, 2, 8, 20, 99])
def test_titles_keep_within_the_ring(count: int) -> None:
    titles = [f"{n}  温室番茄的病虫害防治技术" for n in range(count)]
    lines = title_lines(titles, measure)
    assert_within(lines)
    if count <= 20:
        assert "".join(line.text for line in lines) == "".join(titles)
    assert min(line.size for line in lines) >= {1: 13, 2: 11, 8: 9}.get(count, 6)


@pytest.mark.parametrize("name", ["温室", "农业" * 30, "Greenhouse Tomato Growing", "x" * 200])
def test_a_course_name_keeps_within_the_ring(name: str) -> None:
    lines = name_lines(name, measure)
    assert_within(lines)
    said = "".join(line.text for line in lines)
    assert said == name.replace(" ", "") or " ".join(line.text for line in lines) == name


def test_lengths_count_begun_seconds_and_places_are_the_nearest() -> None:
    assert (length(Fraction(497, 100)), length(Fraction(5))) == ("0:05", "0:05")
    assert (moment(Fraction(14, 10)), moment(Fraction(3600))) == ("0:01", "1:00:00")
