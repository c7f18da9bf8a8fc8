"""What is said: espeak-ng's Mandarin voice where it is installed, a marimba where it is not."""

import math
import shutil
import subprocess
import warnings
import wave
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from encoders.loudness import Meter, Samples
from encoders.sample.deck import Scene

with warnings.catch_warnings():
    # pydub looks for an ffmpeg program and uses the standard library's audioop, and warns of both;
    # neither matters to joining clips.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

RATE = 48_000
LOUDNESS = -27.0
"""LKFS: as quiet as lectures come from a camera's own microphone."""

_HISS = 10 ** (-66 / 20)
_PAUSE = 350  # milliseconds between two sentences
_LEAD = 400  # milliseconds before the first sentence of a scene
_SPEED = 185  # espeak-ng's words a minute

_SCALE = (261.63, 293.66, 329.63, 392.0, 440.0, 523.25, 587.33, 659.25)
_TUNE = (2, 4, 5, 4, 2, 1, 2, 0, 3, 4, 6, 4, 3, 1, 0, 1)


def soundtrack(scenes: Sequence[Scene], folder: Path) -> Samples:
    """[2, samples] at 48 kHz, as long as the scenes, at `LOUDNESS`. `folder` takes clips."""
    milliseconds = round(1000 * sum(scene.seconds for scene in scenes))
    track = AudioSegment.silent(milliseconds, frame_rate=RATE)
    start = 0.0
    for scene in scenes:
        clip = _joined(_clips(scene.says, folder), round(1000 * scene.seconds))
        track = track.overlay(clip, position=round(1000 * start) + _LEAD)
        start += scene.seconds
    spoken = np.frombuffer(track.raw_data, np.int16).astype(np.float32) / 32768
    length = round(RATE * milliseconds / 1000)
    spoken = np.pad(spoken, (0, max(0, length - len(spoken))))[:length]
    hiss = np.random.default_rng(2).normal(0, _HISS, (2, length)).astype(np.float32)
    sides = np.array([[1.0], [0.92]], np.float32)  # the microphone stands a little to the left
    return _levelled((spoken * sides + hiss).astype(np.float32))


def save(samples: Samples, path: Path) -> None:
    """As a 16 bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples.T.clip(-1, 1) * 32767).astype("<i2").tobytes())


def envelope(samples: Samples, rate: int) -> list[float]:
    """How wide the mouth is open, 0 to 1, `rate` times a second."""
    step = RATE // rate
    whole = samples[0, : samples.shape[1] // step * step].reshape(-1, step)
    power = np.sqrt((whole.astype(np.float64) ** 2).mean(axis=1))
    return [float(value) for value in (power / (np.percentile(power, 97) + 1e-9)).clip(0, 1)]


def _levelled(samples: Samples) -> Samples:
    meter = Meter(RATE, len(samples))
    meter.add(samples)
    loudness = meter.integrated()
    if loudness is None:
        return samples
    return samples * np.float32(10 ** ((LOUDNESS - loudness) / 20))


def _joined(clips: Iterable[AudioSegment], room: int) -> AudioSegment:
    """One clip after the other while there is room, in milliseconds; again from the first."""
    pieces = list(clips)
    joined = AudioSegment.silent(0, frame_rate=RATE)
    for index in range(10_000):
        piece = pieces[index % len(pieces)]
        if index and len(joined) + len(piece) + _LEAD > room:
            break
        joined += piece + AudioSegment.silent(_PAUSE, frame_rate=RATE)
    return joined[: room - _LEAD].fade_out(30)


def _clips(sentences: Sequence[str], folder: Path) -> list[AudioSegment]:
    program = shutil.which("espeak-ng")
    if program is None:
        return [_marimba(index) for index in range(len(sentences))]
    return [_spoken(program, sentence, folder / "sentence.wav") for sentence in sentences]


def _spoken(program: str, sentence: str, path: Path) -> AudioSegment:
    command = [program, "-v", "cmn", "-s", str(_SPEED), "-p", "38", "-w", str(path), sentence]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    with wave.open(str(path), "rb") as file:
        data, rate = file.readframes(file.getnframes()), file.getframerate()
    clip = AudioSegment(data=data, sample_width=2, frame_rate=rate, channels=1)
    return clip.set_frame_rate(RATE)


def _marimba(start: int) -> AudioSegment:
    """Eight notes in the rhythm of a sentence."""
    phrase = AudioSegment.silent(2400, frame_rate=RATE)
    for index in range(8):
        hertz = _SCALE[_TUNE[(5 * start + index) % len(_TUNE)]]
        phrase = phrase.overlay(_note(hertz), position=300 * index)
    return phrase


def _note(hertz: float) -> AudioSegment:
    time = np.arange(RATE // 2) / RATE
    tone = np.exp(-9 * time) * np.sin(2 * math.pi * hertz * time)
    tone += 0.25 * np.exp(-22 * time) * np.sin(2 * math.pi * 3.9 * hertz * time)
    data = (tone * 9000 * np.minimum(1, time * 400)).astype("<i2").tobytes()
    return AudioSegment(data=data, sample_width=2, frame_rate=RATE, channels=1)
