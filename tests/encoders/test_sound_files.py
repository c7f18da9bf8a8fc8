"""Whole files of sound: every codec as loud, as long and as much in time as it should be."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from encoders.audio import encode_sound
from encoders.tasks import SoundSource, SoundTask
from tests.encoders.sound import (
    SOUNDS,
    clicks,
    ffmpeg_level,
    loud_times,
    real,
    record,
    sound,
    sound_of,
    source_of,
    speech,
)
from tests.tools.programs import ffmpeg, run

FRAMES = {"mp2": 1152, "vcd": 1152, "ac3": 1536, "aac": 1024, "mp3": 1, "opus": 1}
TYPES = {
    "mp2": "audio/mpeg",
    "vcd": "audio/mpeg",
    "ac3": "audio/ac3",
    "aac": "audio/mp4",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
}
CLICKS = [0.1, 3.0, 6.9]


@pytest.fixture(scope="module")
def clicked(tmp_path_factory: pytest.TempPathFactory) -> SoundSource:
    path = tmp_path_factory.mktemp("clicked") / "a.mkv"
    return source_of(record(path, [(Fraction(0), clicks(7, CLICKS))]))


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> SoundSource:
    """Stereo with knocks at the microphone, which only a limiter makes fit."""
    samples = speech(8, channels=2, level=0.03)
    for second in (2, 5):
        samples[:, second * 48_000 : second * 48_000 + 200] = 0.99
    path = tmp_path_factory.mktemp("spoken") / "a.mkv"
    return source_of(record(path, [(Fraction(0), samples)], layout="stereo"))


@pytest.mark.parametrize("kind", SOUNDS)
def test_sound_is_where_it_should_be_and_lasts_as_long(
    tmp_path: Path, clicked: SoundSource, kind: str
) -> None:
    result, path = sound(clicked, tmp_path, kind)
    expected = [time + 0.0015 for time in CLICKS]
    assert loud_times(path, expected, within=0.09) == pytest.approx(expected, abs=0.002)
    samples, rate = sound_of(path)
    frame = FRAMES[kind]
    assert rate == result.sample_rate == SOUNDS[kind].sample_rate
    assert len(samples) == SOUNDS[kind].channels
    assert samples.shape[1] == result.samples == -(-7 * rate // frame) * frame
    assert (result.start, result.codec) == (0, SOUNDS[kind].codec)


@pytest.mark.parametrize("kind", SOUNDS)
def test_the_ffmpeg_program_hears_as_much(tmp_path: Path, clicked: SoundSource, kind: str) -> None:
    result, path = sound(clicked, tmp_path, kind)
    out = tmp_path / "all.f32"
    command = [ffmpeg(), "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "f32le", out]
    assert run(command).ok().err == ""
    assert out.stat().st_size == result.samples * SOUNDS[kind].channels * 4


@pytest.mark.parametrize("kind", SOUNDS)
def test_it_is_on_target_and_under_the_ceiling(
    tmp_path: Path, spoken: SoundSource, kind: str
) -> None:
    rendition = SOUNDS[kind]
    result, path = sound(spoken, tmp_path, kind)
    loudness, peak = ffmpeg_level(path)
    assert loudness == pytest.approx(rendition.loudness, abs=0.6)
    assert peak <= rendition.true_peak
    assert result.loudness == pytest.approx(loudness, abs=0.15)
    assert result.file.type == TYPES[kind]
    assert result.file.name == f"{rendition.name}-{result.file.sha256[:12]}{path.suffix}"


@pytest.mark.parametrize("kind", SOUNDS)
def test_the_same_sound_gives_the_same_bytes(
    tmp_path: Path, spoken: SoundSource, kind: str
) -> None:
    short = replace(spoken, duration=Fraction(5, 2))
    once, path = sound(short, tmp_path / "once", kind)
    again, _ = sound(short, tmp_path / "again", kind)
    assert once.file == again.file
    assert b"Lavf6" not in path.read_bytes()


def test_a_mono_source_is_doubled_for_two_channels(tmp_path: Path, clicked: SoundSource) -> None:
    samples, _ = sound_of(sound(clicked, tmp_path, "ac3")[1])
    assert samples[0] == pytest.approx(samples[1], abs=1e-3)
    assert np.abs(samples).max() > 0.1


def test_two_channels_are_mixed_for_one(tmp_path: Path) -> None:
    both = np.concatenate([clicks(4, [1.0]), clicks(4, [3.0])])
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), both)], layout="stereo"))
    times = loud_times(sound(source, tmp_path / "out", "opus")[1], [1.0, 3.0])
    assert times == pytest.approx([1.0015, 3.0015], abs=0.002)


def test_at_few_bits_peaks_are_kept_under_the_ceiling_too(tmp_path: Path) -> None:
    """Noise and knocks at full scale: what a codec at its lowest rate overshoots most."""
    samples = 0.5 * speech(6, level=0.2) + np.random.default_rng(1).normal(0, 0.1, (1, 6 * 48_000))
    samples[0, ::30_000] = 1
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), samples.astype(np.float32))]))
    path = sound(source, tmp_path / "out", replace(SOUNDS["opus"], bitrate=12_000))[1]
    assert ffmpeg_level(path)[1] <= -1


def test_silence_stays_silence(tmp_path: Path) -> None:
    source = source_of(
        record(tmp_path / "a.mkv", [(Fraction(0), np.zeros((1, 48_000), np.float32))])
    )
    for kind in ("mp2", "mp3"):
        result, path = sound(source, tmp_path / "out", kind)
        assert result.loudness is None
        assert np.abs(sound_of(path)[0]).max() < 1e-4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"codec": "opus", "sample_rate": 44_100}, "Opus at 44100 Hz; write 48000"),
        ({"codec": "vorbis"}, "'vorbis'; known: mp2, ac3, aac, mp3, opus"),
    ],
)
def test_what_a_codec_cannot_do_is_said(
    tmp_path: Path, clicked: SoundSource, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        sound(clicked, tmp_path, replace(SOUNDS["mp3"], **changes))  # type: ignore[arg-type]


def test_a_sound_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without a source"):
        sound((), tmp_path, "mp3")


@pytest.mark.parametrize("kind", SOUNDS)
def test_a_very_short_sound(tmp_path: Path, clicked: SoundSource, kind: str) -> None:
    for duration in (Fraction(1, 1000), Fraction(1, 40)):
        result, path = sound(replace(clicked, duration=duration), tmp_path, kind)
        assert sound_of(path)[0].shape[1] == result.samples >= duration * result.sample_rate - 1


@pytest.mark.parametrize("bitrate", [24_000, 6_000])
def test_progress_never_goes_back_and_ends_at_one(
    tmp_path: Path, spoken: SoundSource, bitrate: int
) -> None:
    """Not where it takes several passes either."""
    told: list[float] = []
    rendition = replace(SOUNDS["opus"], bitrate=bitrate)
    encode_sound(SoundTask((spoken,), rendition, True, None, None, str(tmp_path)), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("name", ["aac51.mp4", "leg_rv10_ac3.rmvb", "oc_eth_slides_talk_vfr.mov"])
def test_real_recordings(tmp_path: Path, name: str) -> None:
    source = source_of(real(name))
    for kind in ("mp2", "opus"):
        result, path = sound(source, tmp_path, kind)
        loudness, peak = ffmpeg_level(path)
        assert loudness == pytest.approx(SOUNDS[kind].loudness, abs=0.8)
        assert peak <= SOUNDS[kind].true_peak
        frame = Fraction(FRAMES[kind], result.sample_rate)
        assert 0 <= Fraction(result.samples, result.sample_rate) - source.duration <= frame


@pytest.mark.parametrize("padding", [0, 1, 20, 46, 47, 1151])
def test_an_mp3_ends_where_it_says_whatever_is_left_of_its_last_packet(
    tmp_path: Path, clicked: SoundSource, padding: int
) -> None:
    rate = SOUNDS["mp3"].sample_rate
    wanted = 100 * 1152 - 1105 - padding
    result, path = sound(replace(clicked, duration=Fraction(wanted, rate)), tmp_path, "mp3")
    assert 0 <= result.samples - wanted <= 46
    assert sound_of(path)[0].shape[1] == result.samples
