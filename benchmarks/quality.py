"""VMAF of a disc's titles, and of the same titles encoded by hand to the same size.

Both are compared with the recording, scaled to the disc's raster by the same filters. Of the disc
it is what a player reads: FFmpeg's `dvdvideo` takes the titles from the finished image.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks.outputs import SLACK, WrongOutput
from benchmarks.peers import Command, ffmpeg

TRIES = 4
"""Encodes by hand, until the size is met."""
CLOSE = 0.005
"""Share of the size that may be missed."""
RATES = 100_000, 9_000_000
"""Bits a second of pictures: the most is that of `-target pal-dvd`."""
SOUND = 192_000
"""Bits a second of AC-3."""


@dataclass(frozen=True, slots=True)
class Title:
    """One recording as it has to be on a DVD."""

    recording: Path
    shape: Fraction
    """Width over height of its picture as it is shown."""
    matrix: str
    """`bt601` or `bt709`."""
    width: int
    """Of the disc's raster, as the rest."""
    height: int
    aspect: Fraction
    """Of the display."""
    rate: Fraction
    pictures: int
    standard: str
    """`pal` or `ntsc`."""

    @property
    def seconds(self) -> float:
        return float(self.pictures / self.rate)


@dataclass(frozen=True, slots=True)
class ByHand:
    """Programs made with `-target pal-dvd`, one for each title, at one bit rate."""

    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.paths)


def raster(title: Title, *, converted: bool) -> str:
    """Filters that put a recording on the disc's raster, as people write them.

    `converted`: to the matrix of television. The farm does that; a command by hand leaves the
    recording's, so each is compared with what it was meant to show.
    """
    shape = title.shape / title.aspect
    whole = Fraction(1)
    box = (
        _even(title.width * min(whole, shape)),
        _even(title.height * min(whole, 1 / shape)),
    )
    left, top = ((title.width - box[0]) // 4 * 2, (title.height - box[1]) // 4 * 2)
    filters = [f"fps={title.rate}", f"scale={box[0]}:{box[1]}:flags=bicubic", "format=yuv420p"]
    if converted and title.matrix == "bt709":
        filters.append("colormatrix=bt709:bt601")
    if box != (title.width, title.height):
        filters.append(f"pad={title.width}:{title.height}:{left}:{top}:black")
    return ",".join(filters)


def _even(side: Fraction) -> int:
    return round(side / 2) * 2


def vmaf_on_disc(image: Path, number: int, title: Title, folder: Path) -> float:
    """Of title `number` of the image."""
    played = ["-f", "dvdvideo", "-title", str(number), "-i", str(image)]
    return _vmaf(played, title, folder, converted=True)


def vmaf_by_hand(program: Path, title: Title, folder: Path) -> float:
    return _vmaf(["-i", str(program)], title, folder, converted=False)


def _vmaf(played: list[str], title: Title, folder: Path, *, converted: bool) -> float:
    """Mean over all pictures. Raises WrongOutput where it is not all of them."""
    log = folder / "vmaf.json"
    # Where the two are tagged differently FFmpeg would convert one of them; and what is compared
    # are the n-th pictures of both, whatever their times.
    same = f"setparams=colorspace=bt709:range=limited,setsar=1,setpts=N/({title.rate})/TB"
    graph = (
        f"[0:v:0]{same}[made];[1:v:0]{raster(title, converted=converted)},{same}[meant];"
        f"[made][meant]libvmaf=shortest=1:n_threads={os.cpu_count()}"
        f":log_fmt=json:log_path={log}"
    )
    command = [ffmpeg(), "-v", "error", "-nostdin", *played, "-i", str(title.recording)]
    subprocess.run([*command, "-lavfi", graph, "-an", "-f", "null", "-"], check=True)
    document = json.loads(log.read_text())
    compared = len(document["frames"])
    if compared < title.pictures - SLACK:
        raise WrongOutput(f"{compared} of {title.pictures} pictures were compared.")
    return float(document["pooled_metrics"]["vmaf"]["mean"])


def by_hand(titles: Sequence[Title], size: int, folder: Path) -> ByHand:
    """Programs that take `size` bytes together, as far as the encoder can spend them."""
    seconds = sum(title.seconds for title in titles)
    rate = _within(int(size * 8 / seconds) - SOUND)
    made = _programs(titles, rate, folder, 0)
    best = made
    for turn in range(1, TRIES):
        if abs(best.size / size - 1) <= CLOSE:
            break
        rate = _within(int(rate + (size - made.size) * 8 / seconds))
        made = _programs(titles, rate, folder, turn)
        best = min(best, made, key=lambda one: abs(one.size - size))
    return best


def _within(rate: int) -> int:
    least, most = RATES
    return min(most, max(least, rate))


def _programs(titles: Sequence[Title], rate: int, folder: Path, turn: int) -> ByHand:
    paths = tuple(folder / f"by-hand-{turn}-{n}.mpg" for n in range(len(titles)))
    for title, path in zip(titles, paths, strict=True):
        subprocess.run(program(title, rate, path), check=True)
    return ByHand(paths)


def program(title: Title, rate: int, path: Path) -> Command:
    """`-target pal-dvd` with everything else as it comes but the sound, which it gives 448 kb/s."""
    aspect = f"{title.aspect.numerator}:{title.aspect.denominator}"
    return [
        *[ffmpeg(), "-v", "error", "-nostdin", "-y", "-i", str(title.recording)],
        *["-map", "0:v:0", "-map", "0:a:0?", "-vf", raster(title, converted=False)],
        *["-target", f"{title.standard}-dvd", "-aspect", aspect, "-b:v", str(rate)],
        *["-b:a", str(SOUND), "-ac", "2", str(path)],
    ]
