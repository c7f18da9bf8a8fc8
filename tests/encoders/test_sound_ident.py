"""A station's ident before and after a programme, crossfaded with it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from encoders.audio.clip import UnfitClip, crossfaded
from encoders.opening import Unreadable
from encoders.tasks import Ident, SoundSource
from tests.encoders.sound import clicks, ffmpeg_level, loud_times, record, sound, source_of, speech
from tests.encoders.test_sound_sources import loudness
from tests.media import tone


@pytest.fixture
def jingle(tmp_path: Path) -> Path:
    """Three seconds at full scale, in stereo at another rate, as a compressed file."""
    time = np.arange(3 * 44_100) / 44_100
    samples = np.stack([0.9 * np.sin(2 * np.pi * 660 * time), 0.9 * np.sin(2 * np.pi * 880 * time)])
    return record(
        tmp_path / "jingle.m4a",
        [(Fraction(0), samples.astype(np.float32))],
        44_100,
        "aac",
        "stereo",
    )


@pytest.fixture
def lecture(tmp_path: Path) -> SoundSource:
    samples = speech(8, level=0.02)
    return source_of(record(tmp_path / "lecture.mkv", [(Fraction(0), samples)]))


def test_the_clips_come_before_and_after_and_are_as_loud(
    tmp_path: Path, jingle: Path, lecture: SoundSource
) -> None:
    before, after = Ident(str(jingle), Fraction(1)), Ident(str(jingle), Fraction(1, 2))
    result, path = sound(lecture, tmp_path / "out", "mp3", before=before, after=after)
    # The AAC encoder of the test file fills its last frame up.
    assert result.samples / 44_100 == pytest.approx(3 - 1 + 8 - 0.5 + 3, abs=0.05)
    assert float(result.start) == pytest.approx(-2, abs=0.025)
    assert loudness(path, 0, 2) == pytest.approx(-16, abs=0.7)
    assert loudness(path, 3, 9.4) == pytest.approx(-16, abs=1.5)  # a part of the lecture
    assert loudness(path, 10.1, 12.9) == pytest.approx(-16, abs=0.7)
    assert ffmpeg_level(path)[1] <= -1


@pytest.mark.parametrize(("kind", "channels"), [("mp3", 1), ("aac", 2)])
def test_the_programme_is_where_the_start_says(tmp_path: Path, kind: str, channels: int) -> None:
    quiet = record(tmp_path / "ident.mkv", [(Fraction(0), 0.01 * tone()(96_000))])
    samples = np.repeat(clicks(6, [0.5, 5.5]), channels, axis=0)
    layout = "mono" if channels == 1 else "stereo"
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples)], layout=layout))
    ident = Ident(str(quiet), Fraction(1, 4))
    result, path = sound(source, tmp_path / "out", kind, before=ident, after=ident)
    assert result.start == Fraction(-7, 4)
    expected = [time + 1.75 + 0.0015 for time in (0.5, 5.5)]
    assert loud_times(path, expected, within=0.05) == pytest.approx(expected, abs=0.002)


def test_trimming_comes_first(tmp_path: Path, jingle: Path) -> None:
    samples = np.concatenate([np.zeros((1, 3 * 48_000)), speech(5, level=0.05)], axis=1)
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples.astype(np.float32))]))
    ident = Ident(str(jingle), Fraction(1, 5))
    result, path = sound(source, tmp_path / "out", "mp3", trim=True, before=ident)
    assert float(result.start) == pytest.approx(2.7 - 2.8, abs=0.05)
    assert loudness(path, 0, 2.5) == pytest.approx(-16, abs=0.7)


def test_a_crossfade_longer_than_the_clip_or_half_the_programme_is_shortened(
    tmp_path: Path, jingle: Path
) -> None:
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), speech(2, level=0.05))]))
    ident = Ident(str(jingle), Fraction(20))
    result, _ = sound(source, tmp_path / "out", "mp3", before=ident, after=ident)
    assert result.samples / 44_100 == pytest.approx(3 + 2 + 3 - 2, abs=0.06)


def test_a_clip_without_a_crossfade_is_joined_hard(
    tmp_path: Path, jingle: Path, lecture: SoundSource
) -> None:
    ident = Ident(str(jingle), Fraction(0))
    result, _ = sound(lecture, tmp_path / "out", "opus", after=ident)
    assert result.samples / 48_000 == pytest.approx(11, abs=0.05)
    assert result.start == 0


def test_the_fade_is_even_and_loses_no_sample() -> None:
    ones = np.full((2, 4_800), 0.5, np.float32)
    faded = crossfaded(ones, 0 * ones, 48_000)
    assert faded.shape == ones.shape
    assert faded[0, ::480] == pytest.approx(0.5 - 0.05 * np.arange(10), abs=0.02)
    assert crossfaded(ones, ones, 48_000) == pytest.approx(ones, abs=0.02)
    over = np.full((1, 480), 3.0, np.float32)
    assert crossfaded(over, over, 48_000).max() == pytest.approx(3, abs=0.1)


def test_a_long_clip_is_refused(tmp_path: Path, lecture: SoundSource) -> None:
    long = record(tmp_path / "long.mkv", [(Fraction(0), 0.1 * tone()(48_000 * 31))])
    with pytest.raises(UnfitClip, match="longer than 30 seconds: cut it"):
        sound(lecture, tmp_path / "out", "mp3", before=Ident(str(long), Fraction(1)))


def test_what_is_no_clip_is_refused(tmp_path: Path, lecture: SoundSource) -> None:
    text = tmp_path / "ident.mp3"
    text.write_text("station ident, to be recorded")
    with pytest.raises(Unreadable, match="text-file"):
        sound(lecture, tmp_path / "out", "mp3", after=Ident(str(text), Fraction(1)))
