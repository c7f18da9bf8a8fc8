"""Captions as DVD subpictures: pictures of four colours, and what spumux is told of them.

A subpicture has four colours, each opaque or not, and stands on even rows and columns
(http://dvd.sourceforge.net/dvdinfo/spu.html). spumux counts times in hundredths of a second, and
takes one picture at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from encoders.captions.paint import Coverage, Drawing, Raster, draw
from encoders.captions.spans import Shown, flattened
from encoders.tasks import Caption

_PALETTE = ((0, 0, 0), (16, 16, 16), (130, 130, 130), (235, 235, 235))
"""Nothing, outline, the edge between, letters."""
_NOTHING, _OUTLINE, _EDGE, _LETTER = range(4)

_HUNDREDTHS = 100
_APART = 2
"""Hundredths between two subpictures: one's end is written in 1024/90000 s, rounded up, and of one
that ends after the next has begun dvdauthor takes neither."""


@dataclass(frozen=True, slots=True)
class Subpictures:
    xml: str
    """For spumux, run in `folder`: it names the pictures alone."""
    pictures: tuple[str, ...]
    """Names of the PNG files in the folder."""
    spans: tuple[tuple[Fraction, Fraction], ...]
    """Start and stop of each, lesson clock, seconds."""


def subpictures(
    captions: Sequence[Caption],
    width: int,
    height: int,
    sample_aspect: Fraction,
    folder: Path,
    name: str = "subpicture",
) -> Subpictures:
    """Draws every caption into a PNG `<name>-00000.png` and on in `folder`.

    No subpicture, no file: without captions `pictures` is empty and spumux need not run. Raises
    MissingFont, and OSError.
    """
    raster = Raster(width, height, sample_aspect)
    pictures: list[str] = []
    shown: list[tuple[int, int, str, _Placed]] = []
    for start, stop, span in _timed(flattened(captions)):
        drawing = draw(span.text, raster)
        placed = _placed(drawing) if drawing is not None else None
        if placed is None:
            continue
        picture = f"{name}-{len(pictures):05d}.png"
        _write(placed, folder / picture)
        pictures.append(picture)
        shown.append((start, stop, picture, placed))
    if len(shown) == 1:
        # dvdauthor 0.7.2 looks where the second one is, whether there is one or not: without this
        # the first pack of the disc holds what lay in memory (FixVobus in src/dvdvob.c).
        shown = _halved(*shown[0])
    format = "NTSC" if height in (480, 240) else "PAL"
    body = "".join(_event(*one) for one in shown)
    xml = f'<subpictures format="{format}">\n<stream>\n{body}</stream>\n</subpictures>\n'
    spans = ((Fraction(one[0], _HUNDREDTHS), Fraction(one[1], _HUNDREDTHS)) for one in shown)
    return Subpictures(xml, tuple(pictures), tuple(spans))


@dataclass(frozen=True, slots=True)
class _Placed:
    left: int
    top: int
    """Even."""
    colours: Coverage
    """[rows, columns], each an index of the palette; the first row and column are not empty."""


def _placed(drawing: Drawing) -> _Placed | None:
    """spumux cuts off empty edges: without an empty first row the top stays on an even one.

    None where nothing of it is dark or light enough for one of the colours.
    """
    colours = _colours(drawing)
    rows, columns = np.flatnonzero(colours.any(axis=1)), np.flatnonzero(colours.any(axis=0))
    if not len(rows):
        return None
    y, x = int(rows[0]), int(columns[0])
    tight = colours[y : rows[-1] + 1, x : columns[-1] + 1]
    padding = [(0, size % 2) for size in tight.shape]
    return _Placed((drawing.left + x) & ~1, (drawing.top + y) & ~1, np.pad(tight, padding))


def _timed(spans: Sequence[Shown]) -> list[tuple[int, int, Shown]]:
    """In hundredths of a second, apart from each other; what is shorter is left out."""
    rounded = [(round(s.start * _HUNDREDTHS), round(s.stop * _HUNDREDTHS), s) for s in spans]
    following = (start for start, _, _ in rounded[1:])
    apart = [
        (start, stop if later is None else min(stop, later - _APART), span)
        for (start, stop, span), later in zip_longest(rounded, following)
    ]
    return [one for one in apart if one[0] < one[1]]


def _event(start: int, stop: int, picture: str, placed: _Placed) -> str:
    return (
        f'<spu start="{_clock(start)}" end="{_clock(stop)}" image={quoteattr(picture)}'
        f' xoffset="{placed.left}" yoffset="{placed.top}"/>\n'
    )


def _halved(
    start: int, stop: int, picture: str, placed: _Placed
) -> list[tuple[int, int, str, _Placed]]:
    """The same to see, in two subpictures; as it is where it is too short for that."""
    middle = (start + stop) // 2
    if middle - _APART <= start:
        return [(start, stop, picture, placed)]
    return [(start, middle - _APART, picture, placed), (middle, stop, picture, placed)]


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, _HUNDREDTHS)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.{rest:02d}"


def _write(placed: _Placed, path: Path) -> None:
    rows, columns = placed.colours.shape
    picture = Image.frombytes("P", (columns, rows), placed.colours.tobytes())
    picture.putpalette([value for colour in _PALETTE for value in colour])
    picture.save(path, "PNG", transparency=_NOTHING, optimize=False)


def _colours(drawing: Drawing) -> Coverage:
    colours = np.full(drawing.ink.shape, _NOTHING, np.uint8)
    colours[drawing.ink >= 128] = _OUTLINE
    colours[drawing.letters >= 72] = _EDGE
    colours[drawing.letters >= 168] = _LETTER
    return colours
