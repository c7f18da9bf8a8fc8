"""Recordings of sound made sample by sample, and what became of them."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.audio import encode_audio, encode_sound
from encoders.loudness import Meter, Samples
from encoders.tasks import (
    AudioRendition,
    AudioResult,
    AudioTask,
    SoundRendition,
    SoundResult,
    SoundSource,
    SoundTask,
)
from tests.tools.programs import ROOT, ffmpeg, run

MEDIA = Path(os.environ.get("FARM_TEST_MEDIA", ROOT / ".." / "shared" / "media"))
"""Real recordings; not part of the repository."""

MONO = AudioRendition("audio", 64_000, 1, 48_000, -16.0, -1.0)
STEREO = replace(MONO, channels=2)

SOUNDS = {
    "mp2": SoundRendition("broadcast-sound", "mp2", 64_000, 1, 48_000, -24.0, -2.0),
    "vcd": SoundRendition("vcd-sound", "mp2", 224_000, 2, 44_100, -16.0, -1.0),
    "ac3": SoundRendition("dvd-sound", "ac3", 192_000, 2, 48_000, -16.0, -1.0),
    "aac": SoundRendition("audio-m4a", "aac", 64_000, 2, 48_000, -16.0, -1.0),
    "mp3": SoundRendition("audio-mp3", "mp3", 64_000, 1, 44_100, -16.0, -1.0),
    "opus": SoundRendition("audio-opus", "opus", 24_000, 1, 48_000, -16.0, -1.0),
}
"""Files of sound as they are delivered."""


def real(name: str) -> Path:
    path = MEDIA / name
    if not path.is_file():
        pytest.skip(f"{MEDIA} is missing: set FARM_TEST_MEDIA to the folder of real recordings")
    return path


def record(
    path: Path,
    bursts: Iterable[tuple[Fraction, Samples]],
    rate: int = 48_000,
    codec: str = "pcm_s16le",
    layout: str = "mono",
) -> Path:
    """A file whose packets of 20 ms carry the times given: each burst runs on from its own."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        step = rate // 50
        for time, samples in bursts:
            first = round(time * rate)
            for start in range(0, samples.shape[1], step):
                container.mux(
                    stream.encode(
                        _frame(samples[:, start : start + step], rate, layout, first + start)
                    )
                )
        container.mux(stream.encode(None))
    return path


def _frame(samples: Samples, rate: int, layout: str, pts: int) -> av.AudioFrame:
    packed = np.clip(samples.T.reshape(1, -1) * 32768, -32768, 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(packed, "s16", layout)
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    frame.pts = pts
    return frame


def clicks(seconds: float, times: Sequence[float], rate: int = 48_000) -> Samples:
    """Silence with 3 ms of 3 kHz at each of `times`."""
    samples = np.zeros((1, round(seconds * rate)), np.float32)
    burst = 0.7 * np.sin(2 * np.pi * 3000 * np.arange(rate * 3 // 1000) / rate)
    for time in times:
        at = round(time * rate)
        samples[0, at : at + len(burst)] = burst
    return samples


def speech(seconds: float, rate: int = 48_000, channels: int = 1, level: float = 0.1) -> Samples:
    """A voice's harmonics in the rhythm of syllables and pauses; `level` is its RMS, about."""
    random = np.random.default_rng(7)
    time = np.arange(round(seconds * rate)) / rate
    pitch = 2 * np.pi * (130 * time + 4 * np.sin(2 * np.pi * 0.5 * time))
    harmonics = np.arange(1, min(30, rate // 2 // 150))
    weights = 1 / (1 + (harmonics * 130 / 600) ** 2)
    phases = random.uniform(0, 2 * np.pi, (channels, len(harmonics)))
    voice = np.zeros((channels, len(time)))
    for index, harmonic in enumerate(harmonics):
        voice += weights[index] * np.sin(harmonic * pitch + phases[:, index, None])
    voice += 0.05 * random.standard_normal(voice.shape)
    syllables = 0.3 + 0.7 * np.sin(np.pi * 4.1 * time) ** 2
    pauses = np.clip(3 + 10 * np.sin(2 * np.pi * 0.4 * time + 1), 0, 1)
    shaped = voice / voice.std() * syllables * pauses * level
    return shaped.astype(np.float32)


def source_of(recording: Path, **changes: object) -> SoundSource:
    """As the plan makes it of an inspection: measured, everything kept, as long as it is."""
    samples, rate = sound_of(recording)
    meter = Meter(rate, len(samples))
    meter.add(samples)
    with av.open(str(recording)) as container:
        stream = container.streams.audio[0].index
    source = SoundSource(
        path=str(recording),
        stream=stream,
        shifts=(),
        origin=Fraction(0),
        duration=Fraction(samples.shape[1], rate),
        measured=meter.integrated(),
        true_peak=meter.true_peak(),
        channels=len(samples),
        live_channels=tuple(range(len(samples))),
    )
    return replace(source, **changes)  # type: ignore[arg-type]


def task_for(
    recording: Path, folder: Path, rendition: AudioRendition | None = None, **changes: object
) -> AudioTask:
    """One source, encoded as mono or stereo as it is; `changes` are the source's."""
    folder.mkdir(parents=True, exist_ok=True)
    source = source_of(recording, **changes)
    rendition = rendition or (MONO if source.channels == 1 else STEREO)
    return AudioTask((source,), rendition, Fraction(6), str(folder))


def encode(task: AudioTask) -> AudioResult:
    return encode_audio(task, lambda _: None)


def sound(
    sources: SoundSource | tuple[SoundSource, ...],
    folder: Path,
    kind: str | SoundRendition,
    **changes: object,
) -> tuple[SoundResult, Path]:
    """What is handed back and where it lies; `changes` are the task's."""
    folder.mkdir(parents=True, exist_ok=True)
    rendition = SOUNDS[kind] if isinstance(kind, str) else kind
    given = sources if isinstance(sources, tuple) else (sources,)
    task = replace(SoundTask(given, rendition, False, None, None, str(folder)), **changes)  # type: ignore[arg-type]
    result = encode_sound(task, lambda _: None)
    return result, folder / result.file.name


def joined(result: AudioResult, folder: Path) -> Path:
    """Init and segments one after the other, as a player appends them."""
    path = folder / "joined.mp4"
    names = [result.encoded.init.name, *(segment.file.name for segment in result.encoded.segments)]
    path.write_bytes(b"".join((folder / name).read_bytes() for name in names))
    return path


def sound_of(path: Path) -> tuple[Samples, int]:
    """All samples [channels, n] as floats, and their rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp")
        frames = [f for frame in container.decode(stream) for f in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].rate


def loud_times(path: Path, around: Sequence[float], within: float = 0.25) -> list[float]:
    """Where the click near each of `around` is, seconds: the middle of its energy."""
    samples, rate = sound_of(path)
    power = (samples.astype(np.float64) ** 2).sum(axis=0)
    found = []
    for time in around:
        first = max(0, round((time - within) * rate))
        window = power[first : round((time + within) * rate)]
        strong = np.where(window > window.max() / 20, window, 0)
        found.append((first + float((strong * np.arange(len(window))).sum() / strong.sum())) / rate)
    return found


def ffmpeg_level(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak as FFmpeg's ebur128 has them."""
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-i", path]
    text = run([*command, "-af", "ebur128=peak=true", "-f", "null", "-"]).ok().err
    summary = text[text.rindex("Summary:") :]
    loudness = re.search(r"I:\s+(\S+) LUFS", summary)
    peak = re.search(r"Peak:\s+(\S+) dBFS", summary)
    assert loudness is not None
    assert peak is not None
    return float(loudness[1]), float(peak[1])
