"""An intro, the recording and an outro: each at its level, each where it belongs."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from encoders.loudness import Meter
from encoders.tasks import AudioTask, SoundSource
from tests.encoders.sound import (
    MONO,
    clicks,
    encode,
    ffmpeg_level,
    joined,
    loud_times,
    record,
    sound,
    sound_of,
    source_of,
    speech,
)

THIRD = Fraction(100, 30)
"""Seconds that are no whole number of samples at 44.1 kHz."""


def loudness(path: Path, first: float, last: float) -> float:
    samples, rate = sound_of(path)
    meter = Meter(rate, len(samples))
    meter.add(samples[:, round(first * rate) : round(last * rate)])
    found = meter.integrated()
    assert found is not None
    return found


@pytest.fixture
def three(tmp_path: Path) -> tuple[SoundSource, ...]:
    """A loud stereo intro, a quiet recording, a telephone's outro."""
    parts = [
        (speech(4, channels=2, level=0.15), 48_000, "stereo"),
        (speech(8, 44_100, level=0.015), 44_100, "mono"),
        (speech(4, 8_000, level=0.05), 8_000, "mono"),
    ]
    return tuple(
        source_of(record(tmp_path / f"{n}.mkv", [(Fraction(0), samples)], rate, layout=layout))
        for n, (samples, rate, layout) in enumerate(parts)
    )


def test_each_source_is_as_loud(tmp_path: Path, three: tuple[SoundSource, ...]) -> None:
    result = encode(AudioTask(three, MONO, Fraction(6), str(tmp_path)))
    path = joined(result, tmp_path)
    for first, last in ((0, 4), (4, 12), (12, 16)):
        assert loudness(path, first, last) == pytest.approx(-16, abs=0.6)
    assert ffmpeg_level(path)[1] <= -1
    assert abs(sound_of(path)[0].shape[1] - 16 * 48_000) <= 512


@pytest.mark.parametrize("kind", ["segments", "mp3", "ac3"])
def test_seams_stay_in_time(tmp_path: Path, kind: str) -> None:
    """Seven pieces of a duration that is no whole number of samples, each with a click."""
    piece = record(tmp_path / "a.mkv", [(Fraction(0), clicks(4, [1.0]))])
    sources = (source_of(piece, duration=THIRD),) * 7
    if kind == "segments":
        path = joined(encode(AudioTask(sources, MONO, Fraction(6), str(tmp_path))), tmp_path)
    else:
        path = sound(sources, tmp_path, kind)[1]
    expected = [float(n * THIRD) + 1.0015 for n in range(7)]
    assert loud_times(path, expected) == pytest.approx(expected, abs=0.002)


def test_a_source_that_ends_early_is_silent_until_the_next(tmp_path: Path) -> None:
    short = source_of(
        record(tmp_path / "a.mkv", [(Fraction(0), clicks(1, [0.5]))]), duration=Fraction(3)
    )
    long = source_of(record(tmp_path / "b.mkv", [(Fraction(0), clicks(4, [0.5, 3.5]))]))
    cut = replace(long, duration=Fraction(2))
    path = sound((short, cut, short), tmp_path / "out", "mp3")[1]
    expected = [0.5015, 3.5015, 5.5015]
    assert loud_times(path, expected) == pytest.approx(expected, abs=0.002)
    samples, rate = sound_of(path)
    assert samples.shape[1] == 8 * rate
    assert np.abs(samples[:, rate * 4 : rate * 5]).max() < 0.01


@pytest.mark.parametrize("sound_in_it", [True, False])
def test_a_silent_source_leaves_the_others_at_their_level(
    tmp_path: Path, sound_in_it: bool
) -> None:
    """One whose track is silent, and an intro without a track of sound."""
    silent = source_of(
        record(tmp_path / "a.mkv", [(Fraction(0), np.zeros((1, 96_000), np.float32))])
    )
    silent = silent if sound_in_it else replace(silent, stream=None)
    spoken = source_of(record(tmp_path / "b.mkv", [(Fraction(0), speech(6, level=0.03))]))
    result, path = sound((silent, spoken), tmp_path / "out", "opus")
    assert loudness(path, 2, 8) == pytest.approx(-16, abs=0.6)
    assert np.abs(sound_of(path)[0][:, :90_000]).max() < 1e-3
    assert result.errors == 0


def test_what_does_not_decode_is_counted_over_all_sources(tmp_path: Path) -> None:
    good = record(tmp_path / "a.mp4", [(Fraction(0), speech(4, level=0.03))], codec="aac")
    source = source_of(good)
    data = bytearray(good.read_bytes())
    first, last = len(data) * 45 // 100, len(data) * 50 // 100
    data[first:last] = b"\xff" * (last - first)
    bad = tmp_path / "b.mp4"
    bad.write_bytes(data)
    broken = replace(source, path=str(bad))
    once, _ = sound((source, broken), tmp_path / "out", "mp3")
    twice, _ = sound((broken, source, broken), tmp_path / "out", "mp3")
    assert 0 < once.errors < twice.errors == 2 * once.errors
