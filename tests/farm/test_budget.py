"""Lessons on a channel: each whole, in order, inside its hours, and never more than it carries."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.budget import DAY, LEAD, Budget, Channel, LeftOut, Wanted, Window, joined, plan_budget

DAY_ONE = date(2026, 12, 1)
HOUR = 3600


def wanted(name: str, minutes: int, course: str | None = None) -> Wanted:
    """With the lead, it takes whole minutes."""
    return Wanted(name, name.upper(), course, Fraction(minutes * 60 - LEAD))


def channel(*hours: tuple[int, int], days: int = 1, rate: int = 800_000, gap: int = 0) -> Channel:
    """`hours`: windows of a day, from and to."""
    return Channel(
        rate=rate,
        programme=800_000,
        days=tuple(DAY_ONE + timedelta(days=n) for n in range(days)),
        windows=tuple(Window(start * HOUR, stop * HOUR) for start, stop in hours),
        gap=gap,
    )


def placed(made: Budget) -> list[tuple[str, str, int]]:
    return [
        (show.wanted.lesson, show.start.strftime("%d %H:%M"), show.service) for show in made.shows
    ]


def reasons(made: Budget) -> list[tuple[str, str]]:
    return [(one.wanted.lesson, one.reason) for one in made.left_out]


def test_one_after_the_other_with_a_gap() -> None:
    made = plan_budget([wanted("a", 30), wanted("b", 20)], channel((8, 9), gap=300))
    assert placed(made) == [("a", "01 08:00", 1), ("b", "01 08:35", 1)]
    assert made.fits
    assert (made.capacity, made.used, made.left, made.missing) == (3600, 3000, 600, 0)


def test_a_gap_too_little_for_the_next_one() -> None:
    made = plan_budget([wanted("a", 40), wanted("b", 20)], channel((8, 9), gap=1))
    assert reasons(made) == [("b", "there is no room left")]
    assert made.missing == 20 * 60


def test_a_lesson_is_never_split() -> None:
    made = plan_budget([wanted("a", 45), wanted("b", 45)], channel((8, 9), (14, 15)))
    assert placed(made) == [("a", "01 08:00", 1), ("b", "01 14:00", 1)]


def test_a_shorter_one_fills_what_is_left() -> None:
    lessons = [wanted("a", 45), wanted("b", 45), wanted("c", 15)]
    made = plan_budget(lessons, channel((8, 9), days=2))
    assert placed(made) == [("a", "01 08:00", 1), ("c", "01 08:45", 1), ("b", "02 08:00", 1)]


def test_a_course_keeps_its_order() -> None:
    lessons = [wanted("a", 45, "x"), wanted("b", 45, "x"), wanted("c", 15, "x")]
    made = plan_budget(lessons, channel((8, 9), days=2))
    assert placed(made) == [("a", "01 08:00", 1), ("b", "02 08:00", 1), ("c", "02 08:45", 1)]


def test_side_by_side_where_there_is_room() -> None:
    lessons = [wanted(name, 60) for name in "abc"]
    made = plan_budget(lessons, channel((8, 10), rate=2_000_000))
    assert made.services == 2
    assert placed(made) == [("a", "01 08:00", 1), ("b", "01 08:00", 2), ("c", "01 09:00", 1)]
    assert {show.share for show in made.shows} == {Fraction(2, 5)}


def test_lessons_of_a_course_are_not_shown_side_by_side() -> None:
    made = plan_budget(
        [wanted("a", 60, "x"), wanted("b", 60, "x")], channel((8, 10), rate=1_600_000)
    )
    assert [show.start.hour for show in made.shows] == [8, 9]


def test_repeats_come_round_again() -> None:
    made = plan_budget([wanted("a", 30), wanted("b", 30)], channel((8, 10)), repeats=2)
    assert [(show.wanted.lesson, show.showing) for show in made.shows] == [
        *(("a", 1), ("b", 1)),
        *(("a", 2), ("b", 2)),
    ]


def test_midnight_is_no_border_where_the_channel_never_stops() -> None:
    made = plan_budget([wanted("a", 20 * 60), wanted("b", 20 * 60)], channel((0, 24), days=2))
    assert placed(made) == [("a", "01 00:00", 1), ("b", "01 20:00", 1)]


def test_what_never_fits_says_so_and_stops_its_course_alone() -> None:
    lessons = [wanted("a", 90, "x"), wanted("b", 20, "x"), wanted("c", 30)]
    made = plan_budget(lessons, channel((8, 9)))
    assert placed(made) == [("c", "01 08:00", 1)]
    assert reasons(made) == [
        ("a", "it is longer than any window"),
        ("b", "the one before it in its course does not fit"),
    ]
    assert not made.fits


def test_a_programme_larger_than_the_channel() -> None:
    made = plan_budget([wanted("a", 10)], channel((8, 9), rate=500_000))
    assert isinstance(made.left_out[0], LeftOut)
    assert "more than the channel's 500000" in made.left_out[0].reason
    assert made.capacity == 0


@pytest.mark.parametrize(
    ("duration", "airtime"), [(Fraction(60), 61), (Fraction(1001, 30), 35), (Fraction(1, 25), 2)]
)
def test_airtime_is_whole_seconds_and_a_lead(duration: Fraction, airtime: int) -> None:
    assert Wanted("a", "A", None, duration).airtime == airtime


def test_windows_that_touch_are_one() -> None:
    found = joined([Window(50, 60), Window(0, 10), Window(10, 20), Window(15, 18)])
    assert found == (Window(0, 20), Window(50, 60))


LESSONS = st.lists(
    st.builds(
        lambda minutes, course: (minutes, course),
        st.integers(1, 120),
        st.sampled_from([None, "x", "y"]),
    ),
    max_size=25,
).map(lambda all: [wanted(f"l{n}", *one) for n, one in enumerate(all)])
WINDOWS = st.lists(
    st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).filter(lambda w: w[0] < w[1]),
    min_size=1,
    max_size=3,
)


@given(
    lessons=LESSONS,
    windows=WINDOWS,
    days=st.integers(1, 3),
    rate=st.integers(700_000, 3_000_000),
    gap=st.integers(0, 600),
    repeats=st.integers(1, 3),
)
def test_every_schedule_keeps_the_rules(
    lessons: list[Wanted],
    windows: list[tuple[int, int]],
    days: int,
    rate: int,
    gap: int,
    repeats: int,
) -> None:
    line = Channel(
        rate=rate,
        programme=800_000,
        days=tuple(DAY_ONE + timedelta(days=n) for n in range(days)),
        windows=tuple(Window(*one) for one in windows),
        gap=gap,
    )
    made = plan_budget(lessons, line, repeats)
    assert len(made.shows) + len(made.left_out) == len(lessons) * repeats
    _nothing_overlaps(made, gap)
    _inside_windows(made, line)
    _within_rate(made, line)
    _in_order(made, lessons)
    assert made.used <= made.capacity
    assert made.used + made.missing == sum(one.airtime for one in lessons) * repeats


def _nothing_overlaps(made: Budget, gap: int) -> None:
    by_service = defaultdict(list)
    for show in made.shows:
        assert show.stop - show.start == timedelta(seconds=show.wanted.airtime)
        by_service[show.service].append(show)
    for shows in by_service.values():
        for one, other in pairwise(shows):
            assert one.stop + timedelta(seconds=gap) <= other.start


def _inside_windows(made: Budget, line: Channel) -> None:
    for show in made.shows:
        second = show.start
        while second < show.stop:
            midnight = datetime.combine(second.date(), datetime.min.time())
            at = int((second - midnight).total_seconds())
            inside = [one for one in line.windows if one.start <= at < one.stop]
            assert inside
            assert second.date() in line.days
            second = midnight + timedelta(seconds=max(one.stop for one in inside))


def _within_rate(made: Budget, line: Channel) -> None:
    for moment in {show.start for show in made.shows}:
        running = [show for show in made.shows if show.start <= moment < show.stop]
        assert len(running) * line.programme <= line.rate
        assert sum(show.share for show in running) <= 1


def _in_order(made: Budget, lessons: list[Wanted]) -> None:
    place = {one.lesson: n for n, one in enumerate(lessons)}
    for course in ("x", "y"):
        for showing in {show.showing for show in made.shows}:
            shows = [
                show
                for show in made.shows
                if show.wanted.course == course and show.showing == showing
            ]
            assert [place[show.wanted.lesson] for show in shows] == sorted(
                place[show.wanted.lesson] for show in shows
            )
            for one, other in pairwise(shows):
                assert one.stop <= other.start
