"""One picture in small, as far as changes are told by it: edges and tones, block by block.

A large picture is read at points, not scaled: that is a quarter of the work. Whole numbers only, in
the same way on every processor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from encoders.pictures import Plane, plane_of

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WIDTH, HEIGHT = 256, 144
"""Of the small luma plane, whatever the picture's shape; the chroma planes have half of it."""
BLOCK = 16
"""Luma samples a block has across and down."""
ROWS, COLUMNS = HEIGHT // BLOCK, WIDTH // BLOCK
BLOCKS = ROWS * COLUMNS

_SCALED = 640 * 360
"""Pixels of the largest pictures that are scaled: of few, each counts."""
_SCALER = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT

_NEAR = 3
"""Pixels from one point to the next at most: strokes of a readable text are as wide in a large
picture. Farther from each other, and the same text scrolled by a few lines is not known again."""

TEXTURED = 60.0
"""Mean square of the horizontal gradient from which a block has something to recognise it by:
faint text has several times as much, the noise of a camera averaged over the points less."""

_EVEN = 12
"""Steps of tone between any two blocks of a picture of one colour."""

_Places = slice | NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    planes: Plane
    """Luma above, and below it the two chroma planes side by side: [HEIGHT * 3 / 2, WIDTH]."""
    edges: Floats
    """Horizontal gradient of the luma: lines of text alike in place are alike in all else."""
    energy: Floats
    """Mean square of `edges`, [ROWS, COLUMNS]."""
    tones: Floats
    """Mean luma and chroma, [3, ROWS, COLUMNS]."""

    textured: Mask
    """Blocks with something to recognise them by: not the straight edge of a bar or a frame."""
    blank: bool
    """Whether there is nothing in it: black, white, one colour."""


class Looker:
    """Looks at picture after picture, each a yuv420p of any size.

    To set the scaler of small ones up takes longer than to scale, so it is kept; and it works in
    one thread, as to share so little work among several costs more than it takes.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def look(self, frame: VideoFrame) -> Look:
        planes, half = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8), WIDTH // 2
        luma, first, second = planes[:HEIGHT], planes[HEIGHT:, :half], planes[HEIGHT:, half:]
        if frame.width * frame.height <= _SCALED:
            small = self._reformatter.reformat(
                frame, WIDTH, HEIGHT, "yuv420p", interpolation=_SCALER, threads=1
            )
            luma[:], first[:], second[:] = (plane_of(small, index) for index in range(3))
        else:
            luma[:] = _luma(plane_of(frame, 0))
            first[:], second[:] = (_points(plane_of(frame, index)) for index in (1, 2))
        return look_of(planes)


def look_of(planes: Plane) -> Look:
    luma = planes[:HEIGHT].astype(np.float32)
    edges = np.empty_like(luma)
    edges[:, 0] = edges[:, -1] = 0
    np.subtract(luma[:, 2:], luma[:, :-2], out=edges[:, 1:-1])
    chroma, half = planes[HEIGHT:].astype(np.float32), WIDTH // 2
    tones = np.stack([means(luma), means(chroma[:, :half]), means(chroma[:, half:])])
    squares = np.multiply(edges, edges, out=luma)
    energy = means(squares)
    uneven = np.subtract(edges[1:], edges[:-1], out=squares[1:])
    squares[0] = 0
    uneven *= uneven
    textured = (energy > TEXTURED) & (means(squares) > TEXTURED)
    blank = count(textured) <= 1 and bool((np.ptp(tones, axis=(1, 2)) < _EVEN).all())
    return Look(planes, edges, energy, tones, textured, blank)


def means(plane: Floats) -> Floats:
    """Of each block, of a plane of any size that `COLUMNS` and `ROWS` divide."""
    height, width = plane.shape
    rows = plane.reshape(ROWS, height // ROWS, width).sum(axis=1)
    blocks: Floats = rows.reshape(ROWS, COLUMNS, width // COLUMNS).sum(axis=2)
    return blocks / np.float32(height // ROWS * (width // COLUMNS))


def count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _luma(plane: Plane) -> NDArray[np.uint16]:
    height, width = plane.shape
    rows = [plane[places] for places in _places(height, HEIGHT, _enough(2, height, HEIGHT))]
    while len(rows) > 1:
        rows = [_mean(*pair) for pair in zip(rows[::2], rows[1::2], strict=True)]
    first, *others = _places(width, WIDTH, _enough(3, width, WIDTH))
    total = rows[0][:, first].astype(np.uint16)
    for places in others:
        total += rows[0][:, places]
    return total // (1 + len(others))


def _enough(points: int, length: int, samples: int) -> int:
    """That many points a sample, or twice as often as many as they must be to be near."""
    while length > points * samples * _NEAR:
        points *= 2
    return points


def _mean(one: Plane, other: Plane) -> Plane:
    """Without a wider type, rounded down."""
    return ((one ^ other) >> 1) + (one & other)


def _points(plane: Plane) -> Plane:
    (rows,), (columns,) = (
        _places(side, small // 2, 1)
        for side, small in zip(plane.shape, (HEIGHT, WIDTH), strict=True)
    )
    return plane[rows][:, columns]


@lru_cache(maxsize=32)
def _places(length: int, samples: int, points: int) -> tuple[_Places, ...]:
    """Where the first points of all samples along a side are, where the second, and so on."""
    places = [(2 * n + 1) * length // (2 * samples * points) for n in range(samples * points)]
    return tuple(_spaced(places[point::points]) for point in range(points))


def _spaced(places: Sequence[int]) -> _Places:
    """As a slice where they are evenly spaced, which is several times as fast."""
    steps = {after - before for before, after in pairwise(places)}
    if len(steps) == 1 and 0 not in steps:
        return slice(places[0], places[-1] + 1, steps.pop())
    return np.array(places, np.intp)
