"""What work takes is learned, from what is like it."""

import random

import pytest

from farm.estimate import Outlines, Past, Sample, Speeds, like, seconds_left

LADDER, SMALLER = "chunk hls 1280x720 4", "chunk hls 640x360 2"


def sampled(kind: str, unit: float, count: int, weight: float = 30.0) -> list[Sample]:
    """Work that takes `unit` times what is guessed of it."""
    guess = Speeds().seconds(kind, weight)
    return [Sample(kind, weight, unit * guess) for _ in range(count)]


def factor(speeds: Speeds, kind: str) -> float:
    """Over what is guessed."""
    return speeds.seconds(kind, 30.0) / Speeds().seconds(kind, 30.0)


def test_before_anything_was_seen_larger_pictures_take_longer() -> None:
    speeds = Speeds()
    kinds = [SMALLER, LADDER, "chunk hls 1920x1080 5", "chunk dvd 720x576 3 hls 1920x1080 5"]
    expected = [speeds.seconds(kind, 30.0) for kind in kinds]
    assert expected == sorted(expected)
    assert speeds.seconds("kind that nobody knows", 1.0) > 0


def test_a_kind_is_learned_in_a_few_samples() -> None:
    speeds = Speeds.learned(sampled(LADDER, 3.0, 40) + sampled("sound mp3", 0.5, 40))
    assert factor(speeds, LADDER) == pytest.approx(3.0, rel=0.05)
    assert factor(speeds, "sound mp3") == pytest.approx(0.5, rel=0.15)


def test_a_size_never_made_is_known_by_others_of_its_family() -> None:
    speeds = Speeds.learned(sampled(LADDER, 3.0, 40))
    assert factor(speeds, SMALLER) == pytest.approx(3.0, rel=0.1)


def test_a_family_never_seen_is_known_by_the_machine() -> None:
    speeds = Speeds.learned(sampled(LADDER, 3.0, 40))
    assert factor(speeds, "product dvd") == pytest.approx(3.0, rel=0.1)


def test_one_sample_moves_and_does_not_decide() -> None:
    speeds = Speeds.learned(sampled(LADDER, 100.0, 1))
    assert 1 < factor(speeds, LADDER) < 50


def test_a_hung_one_among_many_is_no_measure() -> None:
    plain = sampled(LADDER, 1.0, 60)
    speeds = Speeds.learned([*plain, *sampled(LADDER, 1000.0, 1)])
    assert factor(speeds, LADDER) == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_sums_come_out_right_under_noise(seed: int) -> None:
    draw = random.Random(seed)
    guess = Speeds().seconds(LADDER, 30.0)
    noisy = [Sample(LADDER, 30.0, guess * draw.lognormvariate(0.5, 0.5)) for _ in range(200)]
    speeds = Speeds.learned(noisy)
    true_mean = sum(one.seconds for one in noisy) / len(noisy)
    assert speeds.seconds(LADDER, 30.0) == pytest.approx(true_mean, rel=0.1)


def test_running_work_is_expected_until_it_tells_more() -> None:
    assert seconds_left(100, 0, 0) == 100
    assert seconds_left(100, 40, 0) == 60
    assert seconds_left(100, 500, 0) == 10, "late, and silent: never done already"
    assert seconds_left(100, 90, 0.9) == pytest.approx(10)
    assert 190 < seconds_left(100, 200, 0.5) / 0.65 < 240, "twice as slow as expected"
    assert seconds_left(100, 50, 1.0) == 0


def test_jobs_as_wholes_are_learned_by_what_is_made_and_how_large() -> None:
    hd = like(["hls", "dvd"], 1280, 720)
    past = [Past(hd, 600.0 * n, 20 * n, 1200.0 * n, 60.0 * n, 4.0) for n in range(1, 30)]
    outlines = Outlines.learned(past)
    outline = outlines.of(hd, 1800.0)
    assert sum(outline.pieces) == pytest.approx(3600, rel=0.1)
    assert sum(outline.rest.pieces) == pytest.approx(180, rel=0.1)
    assert outline.rest.tail == 4
    larger = outlines.of(like(["dvd", "hls"], 1920, 1080), 1800.0)
    assert sum(larger.pieces) > 1.5 * sum(outline.pieces)


def test_an_outline_needs_no_past() -> None:
    pictures = Outlines().of(like(["hls"], 1280, 720), 3600.0)
    sound = Outlines().of(like(["audio"], 0, 0), 3600.0)
    assert sum(pictures.pieces) > 5 * sum(sound.pieces) > 0
    assert 1 < len(pictures.pieces) <= 16
    assert len(Outlines().of(like(["hls"], 1280, 720), 10.0).pieces) == 1
