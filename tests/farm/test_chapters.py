"""Chapters from changes: at most one a half minute, the surest, and never even cuts."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from encoders.changes import ChangeFinder
from encoders.product import Chapter
from encoders.shape import Color
from encoders.slots import Run
from encoders.tasks import Artifact, Change, Changes
from farm.chapters import chapters
from tests.encoders import known_pages as pages
from tests.encoders.known_changes import frame_of

MINUTES = Fraction(300)


def test_without_a_change_there_is_one() -> None:
    still = Changes((), "", "", _picture("opening"))
    made = chapters([still, Changes((), "", "", None)], MINUTES)
    assert made == (Chapter(Fraction(0), "第 1 节 · Part 1", _picture("opening")),)


def test_without_a_span_there_is_one() -> None:
    assert chapters([], MINUTES) == (Chapter(Fraction(0), "第 1 节 · Part 1", None),)


def test_each_has_its_number_and_picture() -> None:
    made = chapters([_span((40, 0.9), (95, 0.8))], MINUTES)
    assert [one.title for one in made] == [f"第 {n} 节 · Part {n}" for n in (1, 2, 3)]
    assert [one.picture and one.picture.name for one in made] == ["opening", "at-40", "at-95"]


def test_the_surer_of_two_stays() -> None:
    assert _starts([_span((40, 0.5), (50, 0.9), (60, 0.4))]) == [0, 50]


def test_two_that_fit_are_surer_than_one_between() -> None:
    assert _starts([_span((40, 0.6), (55, 0.7), (70, 0.6))]) == [0, 40, 70]


def test_no_two_are_less_than_half_a_minute_apart() -> None:
    random = np.random.default_rng(5)
    times = [at + float(random.uniform(0, 3)) for at in range(0, 295, 5)]
    spans = [_span(*((time, float(random.random())) for time in times))]
    starts = _starts(spans)
    assert min(b - a for a, b in pairwise(starts)) >= 30
    assert len(starts) >= 7


def test_changes_of_the_first_half_minute_and_after_the_end_are_none() -> None:
    assert _starts([_span((3, 0.9), (28, 0.9), (30, 0.6), (300, 0.9))]) == [0, 30]


def test_one_transition_over_a_seam_is_one_change_with_the_later_picture() -> None:
    made = chapters([_span((59.5, 0.4)), _span((60.3, 0.9))], MINUTES)
    assert [(one.start, one.picture and one.picture.name) for one in made[1:]] == [
        (Fraction("59.5"), "at-60.3")
    ]


def test_a_change_at_a_seam_is_found_by_what_is_on_both_sides() -> None:
    random = np.random.default_rng(3)
    one, other = pages.slide(random), pages.slide(random)
    first, same, new = _shown(one, 0), _shown(one, 40), _shown(other, 80)
    made = chapters([first, same, new], MINUTES)
    assert [chapter.start for chapter in made] == [0, 80]
    assert made[1].picture == new.opening


def test_a_black_span_between_does_not_hide_it() -> None:
    random = np.random.default_rng(4)
    one, other = pages.slide(random), pages.slide(random)
    black = _shown(np.zeros_like(one), 40)
    assert black.head == black.tail == ""
    assert _starts([_shown(one, 0), black, _shown(other, 80)]) == [0, 80]
    assert _starts([_shown(one, 0), black, _shown(one, 80)]) == [0]


def test_those_of_the_recording_win() -> None:
    named = [(100, "施肥"), (0, "开场"), (110, " "), (999, "x")]
    own = [(Fraction(start), title) for start, title in named]
    made = chapters([_span((40, 0.9), (95, 0.8))], MINUTES, own)
    assert [(one.start, one.title) for one in made] == [
        (0, "开场"),
        (100, "施肥"),
        (110, "第 3 节 · Part 3"),
    ]
    assert [one.picture and one.picture.name for one in made] == ["opening", "at-95", "at-95"]


def test_the_first_begins_at_zero_whatever_the_recording_says() -> None:
    made = chapters([], MINUTES, [(Fraction(12), "一"), (Fraction(12), "二")])
    assert [(one.start, one.title) for one in made] == [(0, "第 1 节 · Part 1"), (12, "二")]


def test_ends_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(ValueError, match="no signature"):
        chapters([Changes((), "x", "{}", None), Changes((), "x", "x", None)], MINUTES)


def _starts(spans: list[Changes]) -> list[Fraction]:
    return [one.start for one in chapters(spans, MINUTES)]


def _span(*changes: tuple[float, float]) -> Changes:
    found = tuple(
        Change(Fraction(str(time)), score, _picture(f"at-{time}")) for time, score in changes
    )
    return Changes(found, "", "", _picture("opening"))


def _picture(name: str) -> Artifact:
    return Artifact(name, 1, "0" * 64, "image/jpeg")


def _shown(page: pages.Picture, first: int) -> Changes:
    """What a finder says of `page`, shown for three seconds from second `first` on."""
    rate = Fraction(5)
    finder = ChangeFinder(rate, first * 5, first * 5 + 15, Color(1, 1, 1))
    frame = frame_of(page)
    finder.add(Run(first * 5, first * 5 + 15, frame), frame)
    sought = finder.result()
    assert not sought.found
    opening = _picture(sought.opening.name) if sought.opening else None
    return Changes((), sought.head, sought.tail, opening)
