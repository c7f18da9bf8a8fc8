"""What is made of single pictures: the thumbnail sheet, the poster, and black and still spans.

All are cut from the shaped picture before it is scaled for any rendition, so that they do not
depend on which renditions are made.
"""

import io
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from encoders.shape import Color
from encoders.slots import Run
from encoders.tasks import Span, Thumbnails

Plane = NDArray[np.uint8]

JPEG_QUALITY = 80

_SCALER = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
"""The same on every processor, as the renditions' `SCALER`."""

GRID = 128
"""Luma samples across that the checks look at: every n-th pixel, nothing is averaged."""

BLACK_LEVEL = 38
"""A pixel at or below is black: a tenth of limited range, as FFmpeg's blackdetect has it."""
BLACK_SHARE = 0.98
SHORTEST_BLACK = Fraction(1, 2)
"""Seconds."""

STILL_MEAN = 0.25
"""Mean luma difference up to which nothing changed: -60 dB, as FFmpeg's freezedetect has it."""
STILL_PEAK = 64
"""Luma difference of any one sample up to which nothing changed: a pointer moves, a coded still
shimmers less."""
SHORTEST_STILL = Fraction(1)
"""Seconds."""


def jpeg(picture: Image.Image) -> bytes:
    """Baseline: a progressive one is 2 % smaller, takes twice as long to make, and is no cover for
    a simple player."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def image_of(frame: VideoFrame, width: int, height: int, color: Color) -> Image.Image:
    """`frame` (limited range) in full-range RGB at that size."""
    return Camera(color).image(frame, width, height)


class Camera:
    """Makes images of frames, one after the other.

    To set the scaler up takes longer than to scale, so it is kept; and it works in one thread, as
    to share so little work among several costs more than it takes.
    """

    def __init__(self, color: Color) -> None:
        self._color = color
        self._reformatter = VideoReformatter()

    def image(self, frame: VideoFrame, width: int, height: int) -> Image.Image:
        """See `image_of`."""
        scaled = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=self._color.matrix,
            dst_colorspace=self._color.matrix,
            src_color_range=self._color.range,
            interpolation=_SCALER,
            threads=1,
        )
        return Image.fromarray(scaled.to_ndarray())


class SheetMaker:
    """Pastes the wanted slots' pictures into one sprite sheet, row by row."""

    def __init__(self, wanted: Thumbnails, color: Color) -> None:
        self._wanted = wanted
        self._camera = Camera(color)
        rows = -(-len(wanted.frames) // wanted.columns)
        self._sheet = Image.new("RGB", (wanted.columns * wanted.width, rows * wanted.height))

    def add(self, run: Run, base: VideoFrame) -> None:
        tiles = [
            tile for tile, slot in enumerate(self._wanted.frames) if run.first <= slot < run.last
        ]
        if not tiles:
            return
        width, height = self._wanted.width, self._wanted.height
        picture = self._camera.image(base, width, height)
        for tile in tiles:
            row, column = divmod(tile, self._wanted.columns)
            self._sheet.paste(picture, (column * width, row * height))

    def jpeg(self) -> bytes:
        return jpeg(self._sheet)


@dataclass(frozen=True, slots=True)
class Watched:
    black: tuple[Span, ...]
    still: tuple[Span, ...]


class Watch:
    """Looks at every picture for black and still spans.

    A span that touches an edge of the chunk is told however short it is: it may go on there.
    """

    def __init__(self, rate: Fraction, first: int, last: int) -> None:
        self._rate, self._first, self._last = rate, first, last
        self._black = _Spans()
        self._still = _Spans()
        self._reference: Plane | None = None

    def add(self, run: Run, luma: Plane) -> None:
        """`luma`: `thinned`, of what is shown in the slots of `run`."""
        self._black.add(run, holds=is_black(luma), joins=True)
        same = self._reference is not None and is_still(self._reference, luma)
        self._still.add(run, holds=True, joins=same)
        if not same:
            self._reference = luma

    def result(self) -> Watched:
        return Watched(
            self._told(self._black, SHORTEST_BLACK), self._told(self._still, SHORTEST_STILL)
        )

    def _told(self, spans: "_Spans", shortest: Fraction) -> tuple[Span, ...]:
        return tuple(
            Span(first / self._rate, last / self._rate)
            for first, last in spans.found
            if (last - first) / self._rate >= shortest or first == self._first or last == self._last
        )


class _Spans:
    """Spans of slots, grown run by run."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []

    def add(self, run: Run, *, holds: bool, joins: bool) -> None:
        if not holds:
            return
        if joins and self.found and self.found[-1][1] == run.first:
            self.found[-1] = (self.found[-1][0], run.last)
        else:
            self.found.append((run.first, run.last))


def plane_of(frame: VideoFrame, index: int) -> Plane:
    """A plane of a planar frame of 8 bits, [rows, columns], not copied."""
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def thinned(frame: VideoFrame) -> Plane:
    """Every n-th sample of the luma of a yuv420p picture, some `GRID` of them across."""
    step = max(1, frame.width // GRID)
    return plane_of(frame, 0)[::step, ::step].copy()


def apart(one: Plane, other: Plane) -> Plane:
    """How far two planes of one shape are apart, sample by sample."""
    return np.maximum(one, other) - np.minimum(one, other)


def is_black(luma: Plane) -> bool:
    return bool(np.count_nonzero(luma <= BLACK_LEVEL) >= BLACK_SHARE * luma.size)


def is_still(reference: Plane, luma: Plane) -> bool:
    if reference.shape != luma.shape:
        return False
    difference = apart(reference, luma)
    return bool(difference.max() <= STILL_PEAK and difference.mean() <= STILL_MEAN)
