"""What a picture looks like on a screen, measured with the FFmpeg program against its source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.tools.programs import ffmpeg, run

LINES = 240
"""Pictures are compared at this height, in square pixels."""
STRETCHES = (0.96, 0.98, 1.0, 1.02, 1.04)

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sight:
    """A file, and how FFmpeg opens it."""

    options: tuple[str, ...]
    path: Path

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.options, "-i", str(self.path))


def sight(path: Path) -> Sight:
    if path.suffix == ".iso":
        # Without `trim` off it takes a title of half a second for padding.
        return Sight(("-f", "dvdvideo", "-trim", "0", "-title", "1"), path)
    return Sight((), path)


def display(one: Sight) -> Fraction:
    """Width by height on a screen, upright, as FFmpeg tells them."""
    told = run([ffmpeg(), "-hide_banner", *one.words]).err
    found = re.search(r"Video:.*? (\d{2,})x(\d{2,})(?:,? \[?SAR (\d+):(\d+))?", told)
    assert found, told
    width, height, across, down = (int(text or 1) for text in found.groups())
    aspect = Fraction(width * across, height * down)
    turned = re.search(r"rotation of -?90", told.partition("Stream #0:1")[0])
    return 1 / aspect if turned else aspect


def shown(one: Sight, times: Sequence[float], folder: Path) -> list[Grey]:
    """The pictures shown then, in seconds, with square pixels and `LINES` high."""
    width = 2 * round(LINES * display(one) / 2)
    pictures = []
    for time in times:
        path = folder / "look.png"
        graph = f"trim=start={time},scale={width}:{LINES}:flags=area,format=gray"
        command = [ffmpeg(), "-v", "quiet", "-y", *one.words, "-map", "0:v:0"]
        run([*command, "-vf", graph, "-frames:v", "1", "-update", "1", path]).ok()
        pictures.append(np.asarray(Image.open(path)))
    return pictures


def stretch(source: Sight, made: Sight, times: Sequence[float], folder: Path) -> tuple[float, ...]:
    """How much wider and higher than it should be the source is seen in what was made of it, by
    which factors it must be drawn, as large as it goes between black bars, to look most alike."""
    pairs = zip(shown(source, times, folder), shown(made, times, folder), strict=True)
    best = [min(_unlikeness(*pair)) for pair in pairs]
    return tuple(float(np.median([one[side] for one in best])) for side in (1, 2))


def _unlikeness(source: Grey, made: Grey) -> list[tuple[float, float, float]]:
    height, width = made.shape
    scale = min(width / source.shape[1], height / source.shape[0])
    found = []
    for across in STRETCHES:
        for down in STRETCHES:
            drawn = _between_bars(
                source,
                (round(source.shape[1] * scale * across), round(source.shape[0] * scale * down)),
                (width, height),
            )
            unlike = float(np.abs(drawn - made.astype(np.float32)).mean())
            found.append((unlike, across, down))
    return found


def _between_bars(
    source: Grey, size: tuple[int, int], screen: tuple[int, int]
) -> NDArray[np.float32]:
    picture = Image.fromarray(source).resize(size, Image.Resampling.BILINEAR)
    canvas = Image.new("L", screen, 0)
    canvas.paste(picture, ((screen[0] - size[0]) // 2, (screen[1] - size[1]) // 2))
    return np.asarray(canvas, np.float32)


def counted(one: Sight) -> int:
    """Pictures that FFmpeg decodes."""
    words = [ffmpeg(), "-v", "quiet", "-stats", *one.words, "-map", "0:v:0", "-f", "null", "-"]
    return int(re.findall(r"frame=\s*(\d+)", run(words).ok().err)[-1])


def heard(one: Sight, track: int = 0) -> tuple[float, float]:
    """Seconds of sound, and LUFS (EBU R128)."""
    words = [ffmpeg(), "-hide_banner", "-nostats", *one.words, "-map", f"0:a:{track}"]
    measured = ["-af", "ashowinfo,ebur128", "-f", "null", "-"]
    told = run([*words, *measured]).ok().err
    samples = sum(int(count) for count in re.findall(r"nb_samples:(\d+)", told))
    rate = re.findall(r" rate:(\d+)", told)[0]
    return samples / int(rate), float(re.findall(r"I:\s+(\S+) LUFS", told)[-1])


def fields(one: Sight) -> str:
    """What the stream says of itself, as FFmpeg lists it, e.g. `progressive` or `top first`."""
    told = run([ffmpeg(), "-hide_banner", *one.words]).err
    found = re.search(r"Video: .*?(progressive|top first|bottom first)", told)
    assert found, told
    return found[1]


def combs(one: Sight) -> tuple[int, int, int]:
    """Pictures that are two fields, the upper first, the lower first, or none, to FFmpeg's `idet`;
    many do not tell."""
    words = [ffmpeg(), "-hide_banner", "-nostats", *one.words, "-map", "0:v:0", "-vf", "idet"]
    told = run([*words, "-f", "null", "-"]).ok().err
    counts = re.findall(r"\d+", told.rpartition("Single frame detection:")[2])
    top, bottom, whole = (int(count) for count in counts[:3])
    return top, bottom, whole


def changed(one: Sight) -> float:
    """Seconds from the start at which the picture changes most."""
    graph = "scale=160:120,signalstats,metadata=print:key=lavfi.signalstats.YDIF:file=-"
    words = [ffmpeg(), "-v", "quiet", *one.words, "-map", "0:v:0", "-vf", graph]
    told = run([*words, "-f", "null", "-"]).ok().out
    steps = re.findall(r"pts_time:(\S+)\s+lavfi.signalstats.YDIF=(\S+)", told)
    return max((float(step), float(time)) for time, step in steps)[1]


def languages(one: Sight, kind: str) -> list[str]:
    """Of its tracks of that `kind`, e.g. `Audio`, as FFmpeg lists them."""
    told = run([ffmpeg(), "-hide_banner", *one.words]).err
    return re.findall(rf"Stream #0:\d+(?:\[\w+\])?\((\w+)\): {kind}:", told)
