"""The recordings: lectures made by code, kept between runs."""

import subprocess
import sys
from pathlib import Path

from benchmarks.peers import ffmpeg

LONGEST = 600
"""Seconds made picture by picture; longer lectures repeat this one, without encoding again."""


def lecture(seconds: float, folder: Path) -> Path:
    """A 720p lecture (slides, a moving head, speech) of this length; made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"lecture-{seconds:g}.mp4"
    if not path.exists():
        aside = path.with_name(f"part-{path.name}")
        if seconds <= LONGEST:
            _make(seconds, aside)
        else:
            repeat(lecture(LONGEST, folder), seconds, aside)
        aside.replace(path)
    return path


def _make(seconds: float, path: Path) -> None:
    command = [sys.executable, "-m", "encoders.sample", str(path), "--seconds", f"{seconds:g}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def repeat(recording: Path, seconds: float, path: Path) -> None:
    """As often as it takes to last so long, without encoding again."""
    command = [ffmpeg(), "-v", "error", "-y", "-stream_loop", "-1", "-i", str(recording)]
    subprocess.run([*command, "-t", f"{seconds:g}", "-c", "copy", str(path)], check=True)
