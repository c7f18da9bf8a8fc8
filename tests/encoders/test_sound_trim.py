"""Dead air at both ends is cut, and never more than that."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from encoders.loudness import Samples
from tests.encoders.sound import clicks, loud_times, record, sound, sound_of, source_of


def voice(seconds: float, level: float) -> Samples:
    """Without a pause, whose ends are its first and last samples."""
    random = np.random.default_rng(5)
    return (level * random.standard_normal((1, round(seconds * 48_000)))).astype(np.float32)


def between(before: float, spoken: Samples, after: float, noise: float = 1e-4) -> Samples:
    """Speech between pauses that hiss far below it."""
    random = np.random.default_rng(2)
    parts = [
        noise * random.standard_normal((1, round(before * 48_000))),
        spoken,
        noise * random.standard_normal((1, round(after * 48_000))),
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def test_dead_air_is_cut_but_for_a_breath(tmp_path: Path) -> None:
    spoken = clicks(5, [0.0, 2.5, 4.99])
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), between(4, spoken, 6))]))
    result, path = sound(source, tmp_path / "out", "mp3", trim=True)
    assert float(result.start) == pytest.approx(3.7, abs=0.03)
    assert result.samples / result.sample_rate == pytest.approx(5.6, abs=0.05)
    expected = [time + 4 - float(result.start) + 0.0015 for time in (0.0, 2.5, 4.99)]
    assert loud_times(path, expected, within=0.05) == pytest.approx(expected, abs=0.002)


def test_the_cut_does_not_click(tmp_path: Path) -> None:
    """The hiss that is left comes in and goes out over 20 ms."""
    samples = between(2, voice(4, level=0.05), 2, noise=2e-4)
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples)]))
    heard, rate = sound_of(sound(source, tmp_path / "out", "mp3", trim=True)[1])
    edge = rate // 1000
    hiss = np.abs(heard[:, rate // 10 : rate // 5]).max()
    assert np.abs(heard[:, :edge]).max() < hiss / 3
    assert np.abs(heard[:, -edge:]).max() < hiss / 3


def test_a_quiet_recording_is_judged_by_what_it_will_be(tmp_path: Path) -> None:
    """Speech at -50 dBFS is no dead air, nor its pauses."""
    samples = between(2, voice(4, level=0.003), 2, noise=1e-5)
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples)]))
    result, _ = sound(source, tmp_path / "out", "opus", trim=True)
    assert result.samples / 48_000 == pytest.approx(4.6, abs=0.05)


def test_without_dead_air_nothing_is_cut(tmp_path: Path) -> None:
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), voice(4, level=0.05))]))
    cut, _ = sound(source, tmp_path / "cut", "mp3", trim=True)
    whole, _ = sound(source, tmp_path / "whole", "mp3")
    assert cut.start == 0
    assert cut.file == whole.file


def test_noise_that_is_heard_is_no_dead_air(tmp_path: Path) -> None:
    samples = between(3, voice(4, level=0.05), 3, noise=0.004)
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples)]))
    result, _ = sound(source, tmp_path / "out", "mp3", trim=True)
    assert result.samples == 10 * result.sample_rate


@pytest.mark.parametrize("level", [0.0, 2e-6])
def test_a_silent_recording_is_left_whole(tmp_path: Path, level: float) -> None:
    samples = level * np.random.default_rng(0).standard_normal((1, 96_000))
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples.astype(np.float32))]))
    result, _ = sound(source, tmp_path / "out", "mp3", trim=True)
    assert (result.start, result.samples) == (0, 2 * result.sample_rate)
