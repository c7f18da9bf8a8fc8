"""One picture in small, as far as changes are told by it: edges and tones, block by block.

The same on every processor: whole numbers only, as far as rounding could tell.
"""

from dataclasses import dataclass
from functools import lru_cache

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

_SCALER = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
"""Each pixel of the luma counts: from some of its rows a text that was scrolled by a few lines is
not known again."""

_HALVED = 4 * HEIGHT
"""Rows from which two at a time are made one first: that is faster than to scale them all."""

TEXTURED = 60.0
"""Mean square of the horizontal gradient from which a block has something to recognise it by:
faint text has several times as much, the noise of a camera averaged over a block's pixels less."""

_EVEN = 12
"""Steps of tone between any two blocks of a picture of one colour."""


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


class Shrinker:
    """Scales picture after picture to one size.

    To set the scaler up takes longer than to scale, so it is kept; and it works in one thread, as
    to share so little work among several costs more than it takes.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def shrunk(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        small: VideoFrame = self._reformatter.reformat(
            frame, width, height, interpolation=_SCALER, threads=1
        )
        return small


class Looker:
    """Looks at picture after picture, each a yuv420p of any size."""

    def __init__(self) -> None:
        self._shrinker = Shrinker()

    def look(self, frame: VideoFrame) -> Look:
        planes, half = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8), WIDTH // 2
        planes[:HEIGHT] = self._luma(plane_of(frame, 0))
        planes[HEIGHT:, :half] = _points(plane_of(frame, 1))
        planes[HEIGHT:, half:] = _points(plane_of(frame, 2))
        return look_of(planes)

    def _luma(self, plane: Plane) -> Plane:
        while plane.shape[0] >= _HALVED:
            plane = _halved(plane)
        gray = VideoFrame.from_numpy_buffer(plane, "gray")
        return plane_of(self._shrinker.shrunk(gray, WIDTH, HEIGHT), 0)


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


def _halved(plane: Plane) -> Plane:
    """Each two rows made one."""
    rows = plane.shape[0] // 2
    # The scaler may read some bytes past the last row.
    half = np.empty((rows + 1, plane.shape[1]), np.uint8)[:rows]
    upper, lower = plane[0 : 2 * rows : 2], plane[1 : 2 * rows : 2]
    np.bitwise_xor(upper, lower, out=half)
    half >>= 1
    half += upper & lower
    return half


def _points(plane: Plane) -> Plane:
    """A chroma plane in small, four pixels for each sample: only its means are asked for."""
    (upper, lower), (left, right) = (
        _places(side, small // 2) for side, small in zip(plane.shape, (HEIGHT, WIDTH), strict=True)
    )
    both = _mean(plane[upper], plane[lower])
    return _mean(both[:, left], both[:, right])


def _mean(one: Plane, other: Plane) -> Plane:
    """Without a wider type, rounded down."""
    return ((one ^ other) >> 1) + (one & other)


@lru_cache(maxsize=16)
def _places(length: int, samples: int) -> tuple[slice | NDArray[np.intp], ...]:
    """At a quarter and at three quarters of each sample; evenly spaced, a slice is faster."""
    step, odd = divmod(length, samples)
    if odd or not step:
        quarters = [(4 * np.arange(samples) + n) * length // (4 * samples) for n in (1, 3)]
        return tuple(quarters)
    return tuple(slice(n * step // 4, length, step) for n in (1, 3))
