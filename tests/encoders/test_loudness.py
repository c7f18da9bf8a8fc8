"""The meter against EBU Tech 3341's cases and against FFmpeg's own."""

import re
import subprocess

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest

from encoders.loudness import Meter

Samples = npt.NDArray[np.float32]


def tone(
    seconds: float, level: float, rate: int = 48_000, hertz: float = 1000.0, channels: int = 2
) -> Samples:
    """A sine with its peak at `level` dBFS on all channels."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * hertz * time)
    return np.repeat(wave.astype(np.float32)[None], channels, axis=0)


def measure(
    samples: Samples, rate: int = 48_000, names: tuple[str, ...] = (), piece: int = 4096
) -> Meter:
    meter = Meter(rate, len(samples), names)
    for start in range(0, samples.shape[1], piece):
        meter.add(samples[:, start : start + piece])
    return meter


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(20, -23)], -23),
        ([(20, -33)], -33),
        ([(10, -36), (60, -23), (10, -36)], -23),
        ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23),
        ([(20, -26), (20.1, -20), (20, -26)], -23),
    ],
    ids=["1", "2", "3", "4", "5"],
)
def test_integrated_loudness_of_ebu_tech_3341(
    steps: list[tuple[float, float]], expected: float
) -> None:
    programme = np.concatenate([tone(seconds, level) for seconds, level in steps], axis=1)
    assert measure(programme).integrated() == pytest.approx(expected, abs=0.1)


def test_surround_channels_weigh_more_and_low_frequencies_nothing() -> None:
    levels = {"FL": -28, "FR": -28, "FC": -24, "LFE": -3, "SL": -30, "SR": -30}
    programme = np.concatenate([tone(20, level, channels=1) for level in levels.values()])
    assert measure(programme, names=tuple(levels)).integrated() == pytest.approx(-23, abs=0.1)
    assert measure(programme).integrated() == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("part", "amplitude", "degrees", "expected"),
    [(4, 0.5, 0, -6), (4, 0.5, 45, -6), (6, 0.5, 60, -6), (8, 0.5, 67.5, -6), (4, 1.41, 45, 3)],
    ids=["15", "16", "17", "18", "19"],
)
def test_true_peak_of_ebu_tech_3341(
    part: int, amplitude: float, degrees: float, expected: float
) -> None:
    turns = 2 * np.pi * np.arange(48_000) / part + np.radians(degrees)
    fade = np.minimum(1, np.minimum(np.arange(48_000), np.arange(48_000)[::-1]) / 4800)
    wave = (amplitude * fade * np.sin(turns)).astype(np.float32)
    peak = measure(wave[None]).true_peak()
    assert peak is not None
    assert -0.4 <= peak - expected <= 0.2


@pytest.mark.parametrize("rate", [400, 8000, 11_025, 22_050, 44_100, 96_000, 192_000])
def test_a_tone_is_as_loud_at_every_sample_rate(rate: int) -> None:
    hertz = min(1000.0, rate / 8)
    at_48k = measure(tone(3, -20, hertz=hertz)).integrated()
    meter = measure(tone(3, -20, rate=rate, hertz=hertz), rate)
    assert meter.integrated() == pytest.approx(at_48k, abs=0.05)
    assert meter.true_peak() == pytest.approx(-20, abs=0.3)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_it_agrees_with_ffmpeg(rate: int) -> None:
    random = np.random.default_rng(rate)
    noise = np.convolve(random.standard_normal(rate * 8), np.hanning(9) / 4, "same")
    bursts = noise * (0.02 + 0.2 * (np.arange(rate * 8) % (2 * rate) < rate))
    programme = np.stack([bursts, bursts[::-1] * 0.7]).astype(np.float32)
    meter = measure(programme, rate)
    loudness, peak = by_ffmpeg(programme, rate)
    assert meter.integrated() == pytest.approx(loudness, abs=0.1)
    assert meter.true_peak() == pytest.approx(peak, abs=0.2)


def test_the_size_of_the_pieces_does_not_matter() -> None:
    random = np.random.default_rng(5)
    programme = (random.standard_normal((2, 200_000)) * 0.1).astype(np.float32)
    whole, small = measure(programme, piece=200_000), measure(programme, piece=777)
    assert whole.integrated() == small.integrated()
    assert whole.true_peak() == small.true_peak()


def test_asking_midway_changes_nothing() -> None:
    programme = tone(5, -20)
    meter = Meter(48_000, 2)
    meter.add(programme[:, :100_000])
    assert meter.integrated() == pytest.approx(-20, abs=0.1)
    assert meter.true_peak() is not None
    meter.add(programme[:, 100_000:])
    assert meter.integrated() == measure(programme).integrated()
    assert meter.true_peak() == measure(programme).true_peak()


def test_a_span_is_as_loud_as_it_would_be_alone() -> None:
    """A quiet intro before a loud lecture: the gate of the whole would not let it count."""
    meter = measure(np.concatenate([tone(4, -40), tone(6, -20)], axis=1))
    edge = 4 * 48_000
    assert meter.integrated() == pytest.approx(-20, abs=0.2)
    assert meter.integrated(0, edge) == pytest.approx(-40, abs=0.2)
    assert meter.integrated(edge) == pytest.approx(-20, abs=0.2)
    assert meter.integrated(100, 12_000) is None


@pytest.mark.parametrize("seconds", [0, 0.3, 3])
def test_digital_silence_has_neither_loudness_nor_peak(seconds: float) -> None:
    meter = measure(np.zeros((1, round(seconds * 48_000)), np.float32))
    assert meter.integrated() is None
    assert meter.true_peak() is None


def test_what_is_below_the_gate_has_a_peak_but_no_loudness() -> None:
    meter = measure(tone(3, -80))
    assert meter.integrated() is None
    assert meter.true_peak() == pytest.approx(-80, abs=0.2)


def by_ffmpeg(samples: Samples, rate: int) -> tuple[float, float]:
    """Integrated loudness and true peak as FFmpeg's ebur128 filter has them."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-f", "f32le", "-ar", str(rate)]
    command += ["-ac", str(len(samples)), "-i", "-", "-af", "ebur128=peak=true", "-f", "null", "-"]
    data = np.ascontiguousarray(samples.T).tobytes()
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    summary = done.stderr.decode().rpartition("Summary:")[2]
    found = [re.search(rf"{name}:\s+(\S+) ", summary) for name in ("I", "Peak")]
    loudness, peak = (float(match.group(1)) for match in found if match)
    return loudness, peak
