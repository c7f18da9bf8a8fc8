"""Laying lessons on discs and spending the room that is left: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.disc.fit import AIM, MOST_TITLES, FitLesson, fit, floor_of, packed
from farm.errors import Refused

FIXED = 1000
CAPACITY = 400_000
ROOM = int(CAPACITY * AIM) - FIXED


@st.composite
def lessons(draw: st.DrawFn) -> tuple[FitLesson, ...]:
    """Each fits on a disc at its coarsest quality; finer is mostly, not always, larger."""
    found = []
    for n in range(draw(st.integers(1, 12))):
        gops = draw(st.integers(1, 30))
        coarsest = draw(st.lists(st.integers(10, 5000), min_size=gops, max_size=gops))
        qualities = [tuple(coarsest)]
        for _ in range(draw(st.integers(0, 3))):
            more = draw(st.lists(st.integers(-5, 4000), min_size=gops, max_size=gops))
            finer = zip(qualities[0], more, strict=True)
            qualities.insert(0, tuple(max(1, size + extra) for size, extra in finer))
        found.append(FitLesson(f"lesson {n}", tuple(qualities), draw(st.integers(0, 9000))))
    return tuple(found)


def size_of(lessons: tuple[FitLesson, ...], choice: tuple[tuple[int, ...], ...]) -> int:
    pictures = sum(
        lesson.qualities[quality][n]
        for lesson, qualities in zip(lessons, choice, strict=True)
        for n, quality in enumerate(qualities)
    )
    return FIXED + sum(lesson.fixed for lesson in lessons) + packed(pictures)


@given(lessons())
def test_every_lesson_is_on_one_disc_in_order_and_none_is_too_full(
    course: tuple[FitLesson, ...],
) -> None:
    discs = fit(course, CAPACITY, FIXED)
    spans = [(disc.first, disc.last) for disc in discs]
    assert [at for at, _ in spans] == [0, *(at for _, at in spans[:-1])]
    assert spans[-1][1] == len(course)
    for disc in discs:
        on_it = course[disc.first : disc.last]
        assert disc.size == size_of(on_it, disc.choice) <= CAPACITY * AIM
        assert [len(one) for one in disc.choice] == [len(one.qualities[0]) for one in on_it]


@given(lessons())
def test_no_fewer_discs_would_hold_it(course: tuple[FitLesson, ...]) -> None:
    floors = [floor_of(one) for one in course]
    count, held = 1, 0
    for size in floors:
        if held + size > ROOM:
            count, held = count + 1, 0
        held += size
    assert len(fit(course, CAPACITY, FIXED)) == count


@given(lessons())
def test_nothing_more_could_be_made_finer(course: tuple[FitLesson, ...]) -> None:
    """Not at the ceiling: no single GOP of the coarser step has room to be finer."""
    for disc in fit(course, CAPACITY, FIXED):
        on_it = course[disc.first : disc.last]
        coarsest = max(map(max, disc.choice))
        for n, qualities in enumerate(disc.choice):
            for gop, quality in enumerate(qualities):
                if quality == coarsest > 0:
                    finer = [list(one) for one in disc.choice]
                    finer[n][gop] -= 1
                    assert size_of(on_it, tuple(map(tuple, finer))) > CAPACITY * AIM - 2


@given(lessons())
def test_quality_is_even(course: tuple[FitLesson, ...]) -> None:
    """On a disc, lessons of as many qualities differ by one step at most."""
    for disc in fit(course, CAPACITY, FIXED):
        by_steps: dict[int, set[int]] = {}
        for lesson, qualities in zip(course[disc.first : disc.last], disc.choice, strict=True):
            by_steps.setdefault(len(lesson.qualities), set()).update(qualities)
        assert all(max(found) - min(found) <= 1 for found in by_steps.values())


def lesson(name: str, *, gops: int = 100, finest: int = 2000) -> FitLesson:
    return FitLesson(name, tuple((finest // step,) * gops for step in (1, 2, 4)), 500)


def test_finer_gops_are_spread_over_the_whole_disc() -> None:
    (disc,) = fit([lesson("one"), lesson("two")], 320_000, FIXED)
    finer = [min(qualities[n : n + 10]) for qualities in disc.choice for n in range(0, 100, 10)]
    assert set(finer) == {0}
    assert 0.97 * 320_000 <= disc.size <= 0.999 * 320_000


def test_discs_of_a_course_are_alike_instead_of_one_full_and_one_empty() -> None:
    discs = fit([lesson(str(n)) for n in range(10)], 500_000, FIXED)
    assert [disc.last - disc.first for disc in discs] == [5, 5]


def test_what_fits_at_the_finest_quality_gets_it() -> None:
    (disc,) = fit([lesson("one")], 10_000_000, FIXED)
    assert disc.ceiling
    assert set(disc.choice[0]) == {0}


def test_a_disc_has_no_more_titles_than_players_know() -> None:
    discs = fit([lesson(str(n), gops=1) for n in range(150)], 10_000_000, FIXED)
    assert max(disc.last - disc.first for disc in discs) <= MOST_TITLES
    assert len(discs) == 2


def test_a_lesson_that_is_too_large_is_named_with_the_way_out() -> None:
    with pytest.raises(Refused, match=r"番茄 does not fit on one disc.*two parts"):
        fit([lesson("番茄", gops=1000)], 320_000, FIXED)
