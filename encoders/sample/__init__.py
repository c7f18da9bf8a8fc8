"""A lecture made by code: what a newcomer's first run turns into a lesson, and benchmarks measure.

Slides in Chinese on an agricultural subject, a speaker in the corner, speech; 720p, 25 pictures a
second, H.264 with a key frame every two seconds, AAC at a camera's low level.
"""

import tempfile
from pathlib import Path

from encoders.sample.deck import scenes
from encoders.sample.render import joined, picture_track
from encoders.sample.sound import save, soundtrack

LONGEST_PAINTED = 120
"""Seconds; a longer lecture repeats what was painted."""

_SHORTEST_WITH_FILM = 60


def make_sample(
    path: Path, seconds: float = 32, size: tuple[int, int] = (1280, 720), rate: int = 25
) -> None:
    """The sample lecture. Raises MissingFont, RuntimeError where ffmpeg failed, OSError."""
    _make(path, seconds, seconds, size, rate)


def lecture(
    path: Path, seconds: float, size: tuple[int, int] = (1280, 720), rate: int = 25
) -> None:
    """A lecture of any length, with slides of 15 to 25 s and a film among them.

    Two minutes are painted and encoded; longer ones repeat these, which takes seconds. Raises as
    `make_sample` does.
    """
    _make(path, min(seconds, LONGEST_PAINTED), seconds, size, rate)


def _make(path: Path, painted: float, seconds: float, size: tuple[int, int], rate: int) -> None:
    shown = scenes(painted, film=painted >= _SHORTEST_WITH_FILM)
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        speech = soundtrack(shown, folder)
        save(speech, folder / "speech.wav")
        picture_track(folder / "pictures.mp4", shown, speech, size, rate)
        finished = folder / "finished.mp4"
        joined(folder / "pictures.mp4", folder / "speech.wav", seconds, finished)
        finished.replace(path)
