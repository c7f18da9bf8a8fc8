"""Every lesson is equally loud, no peak is over the ceiling, nothing quiet becomes noise."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from encoders.audio import passes
from encoders.audio.level import BOOST, Gain, Level
from encoders.audio.limiter import limited
from encoders.loudness import Meter, Samples
from encoders.verify import Faulty
from tests.encoders.sound import (
    MONO,
    STEREO,
    clicks,
    encode,
    ffmpeg_level,
    joined,
    record,
    sound_of,
    speech,
    task_for,
)


def spiky() -> Samples:
    """Speech in which somebody hits the microphone every three seconds."""
    samples = speech(12, level=0.02)
    for second in range(1, 12, 3):
        samples[0, second * 48_000 : second * 48_000 + 200] = 0.99
    return samples


ORDINARY = {
    "speech": (speech(10, level=0.05), 48_000, "mono"),
    "stereo": (speech(10, channels=2, level=0.03), 48_000, "stereo"),
    "loud": (speech(10, level=0.2), 48_000, "mono"),
    "quiet": (speech(10, level=0.018), 48_000, "mono"),
    "spiky": (spiky(), 48_000, "mono"),
    "telephone": (speech(10, 8_000, level=0.05), 8_000, "mono"),
    "studio": (speech(6, 192_000, level=0.05), 192_000, "mono"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_a_lesson_is_on_target_and_under_the_ceiling(tmp_path: Path, name: str) -> None:
    samples, rate, layout = ORDINARY[name]
    source = record(tmp_path / "a.mkv", [(Fraction(0), samples)], rate, layout=layout)
    result = encode(task_for(source, tmp_path / "out"))
    loudness, peak = ffmpeg_level(joined(result, tmp_path / "out"))
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1
    assert result.loudness == pytest.approx(loudness, abs=0.15)
    assert result.true_peak == pytest.approx(peak, abs=0.3)


def test_surround_is_mixed_down_and_then_levelled(tmp_path: Path) -> None:
    """The speaker is in the centre, the room behind; the rumble is not handed on."""
    voice, room = speech(8, level=0.04), speech(8, channels=2, level=0.005)
    time = np.arange(voice.shape[1]) / 48_000
    rumble = (0.5 * np.sin(2 * np.pi * 40 * time)).astype(np.float32)[None]
    samples = np.concatenate([0 * room, voice, rumble, room])
    source = record(tmp_path / "a.mkv", [(Fraction(0), samples)], layout="5.1")
    path = joined(encode(task_for(source, tmp_path / "out")), tmp_path / "out")
    loudness, peak = ffmpeg_level(path)
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1
    heard, _ = sound_of(path)
    assert len(heard) == 2
    spectrum = np.abs(np.fft.rfft(heard[0])) ** 2
    hertz = np.fft.rfftfreq(heard.shape[1], 1 / 48_000)
    assert spectrum[hertz < 60].sum() < 0.01 * spectrum.sum()
    assert np.corrcoef(heard)[0, 1] > 0.9


def test_a_dead_channel_makes_a_mono_lesson(tmp_path: Path) -> None:
    voice = speech(8, level=0.05)
    source = record(
        tmp_path / "a.mkv", [(Fraction(0), np.concatenate([0 * voice, voice]))], layout="stereo"
    )
    task = task_for(source, tmp_path / "out", live_channels=(1,), rendition=MONO)
    path = joined(encode(task), tmp_path / "out")
    heard, _ = sound_of(path)
    assert len(heard) == 1
    assert ffmpeg_level(path)[0] == pytest.approx(-16, abs=0.5)


def test_silence_stays_silence(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), np.zeros((1, 96_000), np.float32))])
    result = encode(task_for(source, tmp_path / "out"))
    assert (result.loudness, result.true_peak) == (None, None)


def test_almost_silence_is_not_made_noise(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(5, level=0.001))])
    task = task_for(source, tmp_path / "out")
    result = encode(task)
    measured = task.sources[0].measured
    assert measured is not None
    assert result.loudness is not None
    assert result.loudness - measured <= BOOST + 0.5


def test_a_short_bang_is_kept_under_the_ceiling(tmp_path: Path) -> None:
    """Too short to have a loudness, and at full scale."""
    source = record(tmp_path / "a.mkv", [(Fraction(0), clicks(0.3, [0.1]) / 0.71)])
    result = encode(task_for(source, tmp_path / "out"))
    assert result.loudness is None
    assert ffmpeg_level(joined(result, tmp_path / "out"))[1] <= -1


def test_what_can_be_no_louder_under_the_ceiling_is_left_there(tmp_path: Path) -> None:
    """Beeps whose peaks are their loudness."""
    time = np.arange(48_000 * 6) / 48_000
    beeps = (0.9 * np.sin(2 * np.pi * 1000 * time) * (time % 1 < 0.02)).astype(np.float32)[None]
    source = record(tmp_path / "a.mkv", [(Fraction(0), beeps)])
    result = encode(task_for(source, tmp_path / "out"))
    assert ffmpeg_level(joined(result, tmp_path / "out"))[1] <= -1


def test_broken_floats_do_not_break_a_lesson(tmp_path: Path) -> None:
    samples = speech(4, level=0.05)
    samples[0, 1000:1100] = np.nan
    samples[0, 2000] = np.inf
    samples[0, 3000] = -1e30
    source = tmp_path / "a.wav"
    header = (
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x03\0\x01\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x20\0"
    )
    source.write_bytes(header + b"data\xff\xff\xff\xff" + samples.astype("<f4").tobytes())
    finite = record(tmp_path / "b.mkv", [(Fraction(0), speech(4, level=0.05))])
    task = task_for(finite, tmp_path / "out", path=str(source))
    loudness, peak = ffmpeg_level(joined(encode(task), tmp_path / "out"))
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1


def test_the_last_pass_is_not_over_the_ceiling_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), clicks(0.5, [0.1, 0.3]) / 0.71)])
    monkeypatch.setattr(passes, "PASSES", 1)
    monkeypatch.setattr(passes, "first_level", lambda *_: Level((Gain(0.0),), None))
    result = encode(task_for(source, tmp_path / "out"))
    assert result.true_peak is not None
    assert result.true_peak <= -1


def test_what_stays_over_the_ceiling_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), clicks(0.5, [0.1, 0.3]) / 0.71)])
    monkeypatch.setattr(passes, "held_down", lambda blocks, *_: blocks)
    with pytest.raises(Faulty, match="true peak"):
        encode(task_for(source, tmp_path / "out"))
    assert not list((tmp_path / "out").glob("*.m4s"))


@pytest.mark.parametrize("size", [100, 1024, 48_000, 200_000])
def test_the_limiter_holds_true_peaks_and_loses_no_sample(size: int) -> None:
    random = np.random.default_rng(1)
    samples = 0.05 * random.standard_normal((2, 150_077), dtype=np.float32)
    samples[:, random.integers(0, samples.shape[1], 20)] = 3.0
    samples[0, 0] = 2.0
    samples[1, 60_000:90_000] += 1.3 * np.sin(np.pi / 2 * np.arange(30_000) + 0.78)
    blocks = (samples[:, at : at + size] for at in range(0, samples.shape[1], size))
    out = np.concatenate(list(limited(blocks, -3.0, 48_000)), axis=1)
    assert out.shape == samples.shape
    meter = Meter(48_000, 2)
    meter.add(out)
    assert meter.true_peak() == pytest.approx(-3, abs=0.3)


def test_the_limiter_hands_on_untouched_what_needs_nothing() -> None:
    samples = speech(3, level=0.05)
    out = np.concatenate(list(limited([samples], -1.0, 48_000)), axis=1)
    assert np.array_equal(out, samples)


def test_targets_are_the_renditions(tmp_path: Path) -> None:
    """Broadcast asks for -24 LKFS and -2 dBTP (GY/T 282-2014)."""
    source = record(
        tmp_path / "a.mkv", [(Fraction(0), speech(6, channels=2, level=0.1))], layout="stereo"
    )
    rendition = replace(STEREO, loudness=-24.0, true_peak=-2.0)
    result = encode(task_for(source, tmp_path / "out", rendition=rendition))
    loudness, peak = ffmpeg_level(joined(result, tmp_path / "out"))
    assert loudness == pytest.approx(-24, abs=0.5)
    assert peak <= -2
