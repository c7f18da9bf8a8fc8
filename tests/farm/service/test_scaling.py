"""How many slots are asked for: by the work there is, within limits, and without flapping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.service.scaling import Policy, Steady, policy_value, read_policy

HOUR = Policy(least=2, most=10, seconds=3600.0)


@pytest.mark.parametrize(
    ("work", "slots"),
    [(0.0, 2), (3600.0, 2), (7200.0, 2), (7201.0, 3), (18_000.0, 5), (1e9, 10)],
)
def test_as_many_as_do_it_in_time(work: float, slots: int) -> None:
    assert HOUR.wish(work) == slots


def test_a_policy_is_read_as_it_was_written() -> None:
    assert read_policy(policy_value(HOUR)) == HOUR


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        {},
        {"min": 3, "max": 2, "seconds": 60},
        {"min": -1, "max": 2, "seconds": 60},
        {"min": 1, "max": 2, "seconds": 0},
        {"min": 1, "max": 2, "seconds": float("nan")},
        {"min": "1", "max": 2, "seconds": 60},
    ],
)
def test_what_makes_no_sense_is_no_policy(value: object) -> None:
    assert read_policy(value) is None


def test_more_is_asked_for_at_once_and_less_after_a_while() -> None:
    steady = Steady(300.0)
    asked = [steady(at, wish) for at, wish in ((0, 4), (10, 9), (20, 3), (300, 5), (310, 2))]
    assert asked == [4, 9, 9, 9, 9]
    assert steady(311, 2) == 5
    assert steady(601, 2) == 2


def test_a_load_that_comes_and_goes_does_not_move_it() -> None:
    steady = Steady(300.0)
    asked = {steady(10.0 * turn, 8 if turn % 20 == 0 else 1) for turn in range(400)}
    assert asked == {8}


wishes = st.lists(st.tuples(st.floats(0, 60), st.integers(0, 50)), min_size=1, max_size=60)


@given(wishes)
def test_it_is_the_greatest_of_late_wishes(steps: list[tuple[float, int]]) -> None:
    steady, now, seen = Steady(100.0), 0.0, []
    for pause, wish in steps:
        now += pause
        seen.append((now, wish))
        assert steady(now, wish) == max(one for at, one in seen if at >= now - 100.0)
