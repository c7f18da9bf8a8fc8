"""One caption as coverage of a raster: white letters with a dark outline, in the title-safe area.

Letters are drawn on square pixels at twice the size, then brought to the raster's samples, so that
they are not squeezed where samples are not square, and their edges are smooth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from encoders.captions.cuetext import Run, lines_of
from encoders.captions.fonts import font
from encoders.captions.wrap import Line, Mark, joined, marks_of, runs_of, wrapped

_SAFE = Fraction(1, 10)
"""Of the picture on each side that old screens may hide: the safe title area is 80 % by 80 %
(SMPTE RP 218)."""

_HEIGHT = Fraction(1, 15)
"""Of the picture: the em square of a letter."""
_SMALL, _SMALLEST = 20, 16
"""Pixels: at least that where the text fits, and in any case; fewer cannot show a character."""
_SHRUNK = (Fraction(1), Fraction(17, 20), Fraction(18, 25), Fraction(3, 5))
"""Sizes tried, one after the other, for a text that is too long."""

_LINES = 3
_LEADING = Fraction(5, 4)
"""From one line to the next, in em."""
_OUTLINE = Fraction(1, 12)
"""Em."""
_SLANT = 0.2
"""Of italics, which Chinese fonts do not have: run over rise."""

_SCALE = 2
_ELLIPSIS: Mark = ("…", frozenset())

Coverage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where the ink is; everything even, as chroma samples and fields want it."""

    left: int
    top: int
    """Samples of the raster."""
    letters: Coverage
    """[rows, columns], 0 to 255."""
    ink: Coverage
    """Letters and outline."""


@dataclass(frozen=True, slots=True)
class Raster:
    width: int
    height: int
    sample_aspect: Fraction
    """Width over height of a sample."""

    def safe(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the title-safe area, even."""
        left, top = (ceil(side * _SAFE / 2) * 2 for side in (self.width, self.height))
        return left, top, self.width - left, self.height - top


def draw(text: str, raster: Raster) -> Drawing | None:
    """Draws WebVTT cue text at the bottom, in three lines at most; None where nothing shows.

    What is too long is drawn smaller, and cut off where that does not help. Raises MissingFont.
    """
    left, top, right, bottom = raster.safe()
    across = round((right - left) * raster.sample_aspect * _SCALE)
    lines, size = _laid_out(text, across, raster.height)
    if not lines:
        return None
    down = min(bottom - top, ceil(len(lines) * size * _LEADING / (2 * _SCALE)) * 2)
    letters, ink = _painted(lines, size, across, down * _SCALE)
    box = (right - left, down)
    shrunk = [np.asarray(mask.resize(box, Image.Resampling.HAMMING)) for mask in (letters, ink)]
    return _cropped(left, bottom - down, shrunk[0], np.maximum(*shrunk))


def _laid_out(text: str, across: int, height: int) -> tuple[list[Line], int]:
    """The lines, and the size of their letters in pixels of the large drawing."""
    given = [line for line in map(marks_of, lines_of(text)) if any(m != " " for m, _ in line)]
    normal = max(height * _HEIGHT, Fraction(_SMALL)) * _SCALE
    size, lines = round(normal), list[Line]()
    for share in _SHRUNK:
        size = round(max(normal * share, Fraction(_SMALLEST * _SCALE)))
        outline = round(size * _OUTLINE)
        room, width = across - 2 * outline - size * _SLANT, partial(_width, size)
        for paragraphs in (given, [joined(given)] if given else []):
            lines = [line for one in paragraphs for line in wrapped(one, room, width)]
            if len(lines) <= _LINES:
                return lines, size
    return _cut_off(lines, partial(_width, size), across), size


def _cut_off(lines: list[Line], width: partial[float], across: int) -> list[Line]:
    kept = lines[:_LINES]
    last = list(kept[-1])
    while len(last) > 1 and sum(map(width, [*last, _ELLIPSIS, _ELLIPSIS])) > across:
        last.pop()
    return [*kept[:-1], (*last, _ELLIPSIS)]


@lru_cache(4096)
def _width(size: int, mark: Mark) -> float:
    return font("b" in mark[1], size).getlength(mark[0])


def _painted(
    lines: Sequence[Line], size: int, across: int, down: int
) -> tuple[Image.Image, Image.Image]:
    """Letters, and letters with their outline, on `across` x `down` pixels."""
    letters, ink = (Image.new("L", (across, down)) for _ in range(2))
    step = down / len(lines)
    for number, line in enumerate(lines):
        baseline = round(step * number + step / 2 + size * 0.36)
        x = (across - sum(_width(size, mark) for mark in line)) / 2
        for run in runs_of(line):
            _paint_run(run, (x, baseline), size, letters, 0)
            _paint_run(run, (x, baseline), size, ink, size * _OUTLINE)
            x += sum(_width(size, (mark, run[1])) for mark in run[0])
    return letters, ink


def _paint_run(
    run: Run, at: tuple[float, int], size: int, onto: Image.Image, outline: Fraction | int
) -> None:
    text, style = run
    x, baseline = at
    face = font("b" in style, size)
    layer = Image.new("L", onto.size)
    pen = ImageDraw.Draw(layer)
    for mark in text:
        pen.text((x, baseline), mark, 255, face, "ls", stroke_width=float(outline))
        x += face.getlength(mark)
    if "i" in style:
        slant = (1, _SLANT, -_SLANT * baseline, 0, 1, 0)
        layer = layer.transform(
            layer.size, Image.Transform.AFFINE, slant, Image.Resampling.BILINEAR
        )
        pen = ImageDraw.Draw(layer)
    if "u" in style:
        thick, grown = max(1, size // 16), round(outline)
        y = baseline + size // 8
        pen.rectangle((at[0] - grown, y - grown, x + grown, y + thick + grown), 255)
    onto.paste(ImageChops.lighter(onto, layer))


def _cropped(left: int, top: int, letters: Coverage, ink: Coverage) -> Drawing | None:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    y, x = int(rows[0]) & ~1, int(columns[0]) & ~1
    below, beside = (int(rows[-1]) + 2) & ~1, (int(columns[-1]) + 2) & ~1
    inside = np.s_[y:below, x:beside]
    return Drawing(left + x, top + y, letters[inside].copy(), ink[inside].copy())
