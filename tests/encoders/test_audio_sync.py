"""Sound stays where its timestamps say, from the first second to the last."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from encoders.facts import Shift
from tests.encoders.sound import (
    clicks,
    encode,
    joined,
    loud_times,
    record,
    sound_of,
    speech,
    task_for,
)

MIDDLE = 0.0015
"""Seconds from a click's start to its middle."""


def assert_heard_at(path: Path, times: list[float], tolerance: float = 0.005) -> None:
    expected = [time + MIDDLE for time in times]
    assert loud_times(path, expected) == pytest.approx(expected, abs=tolerance)


def test_a_click_keeps_its_place_at_the_start_and_after_a_minute(tmp_path: Path) -> None:
    times = [0.1, 30.0, 59.8]
    source = record(tmp_path / "a.mkv", [(Fraction(0), clicks(60, times))])
    result = encode(task_for(source, tmp_path / "out"))
    assert_heard_at(joined(result, tmp_path / "out"), times)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000])
def test_resampling_moves_nothing(tmp_path: Path, rate: int) -> None:
    times = [0.2, 9.7]
    source = record(tmp_path / "a.mkv", [(Fraction(0), clicks(10, times, rate))], rate)
    assert_heard_at(joined(encode(task_for(source, tmp_path)), tmp_path), times)


def test_a_late_start_is_silence_before(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(7, 10), clicks(2, [0.5]))])
    task = task_for(source, tmp_path / "out", duration=Fraction(27, 10))
    path = joined(encode(task), tmp_path / "out")
    assert_heard_at(path, [1.2])
    samples, rate = sound_of(path)
    assert samples.shape[1] == pytest.approx(2.7 * rate, abs=1024)


def test_sound_before_lesson_zero_is_cut(tmp_path: Path) -> None:
    """The first picture came 0.43 s after the first sound."""
    source = record(tmp_path / "a.mkv", [(Fraction(0), clicks(3, [0.2, 0.5, 2.5]))])
    task = task_for(source, tmp_path / "out", origin=Fraction(43, 100), duration=Fraction(257, 100))
    assert_heard_at(joined(encode(task), tmp_path / "out"), [0.07, 2.07])


def test_a_gap_is_silence(tmp_path: Path) -> None:
    bursts = [(Fraction(0), clicks(1, [0.5])), (Fraction(5, 2), clicks(1, [0.25]))]
    source = record(tmp_path / "a.mkv", bursts)
    task = task_for(source, tmp_path / "out", duration=Fraction(7, 2))
    assert_heard_at(joined(encode(task), tmp_path / "out"), [0.5, 2.75])


def test_an_overlap_is_cut(tmp_path: Path) -> None:
    """A recorder restarted: mended, its second take goes back by 0.2 s."""
    bursts = [(Fraction(0), clicks(1, [0.5])), (Fraction(9), clicks(1.2, [0.1, 0.9]))]
    source = record(tmp_path / "a.mkv", bursts)
    shifts = (Shift(packet=50, offset=-8_200),)
    task = task_for(source, tmp_path / "out", duration=Fraction(2), shifts=shifts)
    path = joined(encode(task), tmp_path / "out")
    assert_heard_at(path, [0.5, 1.7])
    samples, rate = sound_of(path)
    repeated = samples[0, round(0.85 * rate) : round(0.95 * rate)]
    assert (
        np.abs(repeated).max() < 0.01
    )  # the second take's 0.1 s is 0.9 s, which was there already


def test_the_mend_of_a_jump_is_followed(tmp_path: Path) -> None:
    """From the 51st packet (1 s) on, the recorder's clock was an hour ahead."""
    bursts = [(Fraction(0), clicks(1, [0.5])), (Fraction(3601), clicks(1, [0.25]))]
    source = record(tmp_path / "a.mkv", bursts)
    shifts = (Shift(packet=50, offset=-3_600_000),)
    task = task_for(source, tmp_path / "out", duration=Fraction(2), shifts=shifts)
    assert_heard_at(joined(encode(task), tmp_path / "out"), [0.5, 1.25])


def test_jitter_makes_no_holes(tmp_path: Path) -> None:
    """A browser's recorder: every packet is up to 9 ms early or late."""
    random = np.random.default_rng(3)
    samples = 0.3 * np.sin(2 * np.pi * 440 * np.arange(48_000 * 8) / 48_000, dtype=np.float32)[None]
    packets = [
        (
            Fraction(number * 20 + int(random.integers(-9, 10)) + 20, 1000),
            samples[:, at : at + 960],
        )
        for number, at in enumerate(range(0, samples.shape[1], 960))
    ]
    source = record(tmp_path / "a.mkv", packets)
    task = task_for(source, tmp_path / "out")
    heard, rate = sound_of(joined(encode(task), tmp_path / "out"))
    quietest = np.abs(heard[0, rate // 2 : 7 * rate]).reshape(-1, rate // 100).max(axis=1).min()
    assert quietest > 0.5 * np.abs(heard).max()


@pytest.mark.parametrize("clock", [Fraction(1002, 1000), Fraction(998, 1000)])
def test_a_drifting_clock_is_followed(tmp_path: Path, clock: Fraction) -> None:
    """A recorder whose samples come 0.2 % fast or slow: 80 ms in 40 s, which a viewer would see."""
    times = [1.0, 20.0, 39.5]
    samples = clicks(40, times)
    packets = [
        (Fraction(at, 48_000) * clock, samples[:, at : at + 960])
        for at in range(0, samples.shape[1], 960)
    ]
    source = record(tmp_path / "a.mkv", packets)
    task = task_for(source, tmp_path / "out", duration=40 * clock)
    truth = [time * float(clock) for time in times]
    assert_heard_at(joined(encode(task), tmp_path / "out"), truth, tolerance=0.012)


def test_what_does_not_decode_is_silence_and_counted(tmp_path: Path) -> None:
    times = [0.5, 5.5]
    samples = clicks(6, times) + speech(6, level=0.01)
    source = record(tmp_path / "a.mp4", [(Fraction(0), samples)], codec="aac")
    task = task_for(source, tmp_path / "out", duration=Fraction(6), measured=None)
    data = bytearray(source.read_bytes())
    first, last = len(data) * 45 // 100, len(data) * 50 // 100
    data[first:last] = b"\xff" * (last - first)
    source.write_bytes(data)
    result = encode(task)
    assert result.errors > 0
    path = joined(result, tmp_path / "out")
    assert_heard_at(path, times)
    heard, rate = sound_of(path)
    assert heard.shape[1] == pytest.approx(6 * rate, abs=1024)


def test_a_track_that_ends_early_is_filled_up(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(2))])
    result = encode(task_for(source, tmp_path / "out", duration=Fraction(15)))
    samples, rate = sound_of(joined(result, tmp_path / "out"))
    assert samples.shape[1] == pytest.approx(15 * rate, abs=1024)
    assert np.abs(samples[0, 3 * rate :]).max() < 1e-3
