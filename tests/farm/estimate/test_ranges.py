"""How sure an estimate is: learned from how far earlier ones were off."""

import math
import random

import pytest

from farm.estimate import Ahead, Estimate, Pair, Ranges, Situation, worth_telling

NOW = 1_000_000.0
WAITING, RUNNING = Situation(False, False), Situation(True, False)


def noisy(seed: int, count: int, spread: float, situation: Situation = WAITING) -> list[Pair]:
    """Predictions that are right in the middle."""
    draw = random.Random(seed)
    told = [math.exp(draw.uniform(4, 9)) for _ in range(count)]
    return [Pair(situation, one, one * draw.lognormvariate(0, spread)) for one in told]


def held(ranges: Ranges, pairs: list[Pair]) -> float:
    """Part of the pairs whose truth lies in its range."""
    inside = 0
    for pair in pairs:
        position = 0 if pair.situation.running else 1
        one = ranges.estimate(NOW, Ahead(position, pair.predicted), stock=False)
        inside += one.low <= NOW + pair.actual <= one.high
    return inside / len(pairs)


@pytest.mark.parametrize("seed", [201, 202, 203])
@pytest.mark.parametrize("spread", [0.1, 0.5, 1.0])
def test_nine_of_ten_truths_lie_within(seed: int, spread: float) -> None:
    ranges = Ranges.learned(noisy(seed, 300, spread))
    assert 0.85 <= held(ranges, noisy(seed + 1000, 1000, spread)) <= 0.95


def test_better_predictions_make_narrower_ranges() -> None:
    sure = Ranges.learned(noisy(1, 300, 0.1)).estimate(NOW, Ahead(1, 1000.0), stock=False)
    unsure = Ranges.learned(noisy(1, 300, 0.8)).estimate(NOW, Ahead(1, 1000.0), stock=False)
    assert sure.high - sure.low < (unsure.high - unsure.low) / 3


def test_situations_are_learned_apart() -> None:
    ranges = Ranges.learned(noisy(2, 200, 0.8, WAITING) + noisy(3, 200, 0.1, RUNNING))
    waiting = ranges.estimate(NOW, Ahead(3, 1000.0), stock=False)
    running = ranges.estimate(NOW, Ahead(0, 1000.0), stock=False)
    assert running.high - running.low < (waiting.high - waiting.low) / 3


def test_a_situation_hardly_seen_borrows_from_the_nearest() -> None:
    ranges = Ranges.learned(noisy(2, 200, 0.8, WAITING) + noisy(3, 200, 0.1, RUNNING))
    stock = ranges.estimate(NOW, Ahead(0, 1000.0), stock=True)
    assert stock == ranges.estimate(NOW, Ahead(0, 1000.0), stock=False)


def test_before_twenty_were_seen_the_range_is_wide() -> None:
    few = Ranges.learned(noisy(4, 19, 0.05)).estimate(NOW, Ahead(1, 1000.0), stock=False)
    assert few == Ranges().estimate(NOW, Ahead(1, 1000.0), stock=False)
    assert few.high - NOW > 3 * 1000
    assert few.low - NOW < 1000 / 2


def test_only_the_newest_count() -> None:
    """What was slow last month is not held against today."""
    ranges = Ranges.learned(noisy(5, 1000, 1.5) + noisy(6, 400, 0.1))
    now = ranges.estimate(NOW, Ahead(1, 1000.0), stock=False)
    assert now.high - NOW < 1500


@pytest.mark.parametrize("seconds", [0.0, 0.001, 3.0, 1e7])
@pytest.mark.parametrize("ratio", [0.01, 1.0, 100.0])
def test_an_estimate_is_never_of_the_past_and_always_in_order(seconds: float, ratio: float) -> None:
    ranges = Ranges.learned(Pair(WAITING, 1000.0, 1000.0 * ratio) for _ in range(50))
    one = ranges.estimate(NOW, Ahead(1, seconds), stock=False)
    assert NOW < one.low <= one.likely <= one.high


def test_a_job_is_told_again_only_what_is_news() -> None:
    told = Estimate(2, NOW + 500, NOW + 1000, NOW + 2000)
    assert worth_telling(None, NOW, told)
    assert not worth_telling(told, NOW + 300, told)
    nearly = Estimate(1, NOW + 510, NOW + 1020, NOW + 2020)
    assert not worth_telling(told, NOW + 10, nearly)
    later = Estimate(1, NOW + 900, NOW + 1500, NOW + 2600)
    assert worth_telling(told, NOW + 10, later)
    begun = Estimate(0, NOW + 510, NOW + 1020, NOW + 2020)
    assert worth_telling(told, NOW + 10, begun)
