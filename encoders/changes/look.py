"""One picture in small, as far as changes are told by it: edges and tones, block by block."""

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WIDTH, HEIGHT = 256, 144
"""Of the small luma plane, whatever the picture's shape; the chroma planes have half of it."""
BLOCK = 16
"""Luma samples a block has across and down."""
ROWS, COLUMNS = HEIGHT // BLOCK, WIDTH // BLOCK
BLOCKS = ROWS * COLUMNS

TEXTURED = 60.0
"""Mean square of the horizontal gradient from which a block has something to recognise it by:
faint text has several times as much, the noise of a camera averaged over a block's pixels less."""

_SCALER = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT


@dataclass(frozen=True, slots=True)
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

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it: black, white, one colour."""
        return int(self.textured.sum()) <= 1 and bool((np.ptp(self.tones, axis=(1, 2)) < 12).all())


class Shrinker:
    """Scales picture after picture to yuv420p of one size.

    To set the scaler up takes longer than to scale, so it is kept; and it works in one thread, as
    to share so little work among several costs twice of what it takes.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def shrunk(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        small: VideoFrame = self._reformatter.reformat(
            frame, width, height, "yuv420p", interpolation=_SCALER, threads=1
        )
        return small

    def look(self, frame: VideoFrame) -> Look:
        small = self.shrunk(frame, WIDTH, HEIGHT)
        luma, *chroma = (_plane(small, index) for index in range(3))
        return look_of(np.concatenate([luma, np.concatenate(chroma, axis=1)]))


def look_of(planes: Plane) -> Look:
    luma = planes[:HEIGHT].astype(np.float32)
    edges = np.zeros_like(luma)
    edges[:, 1:-1] = luma[:, 2:] - luma[:, :-2]
    chroma = planes[HEIGHT:].astype(np.float32)
    halves = (chroma[:, : WIDTH // 2], chroma[:, WIDTH // 2 :])
    tones = np.stack([means(luma), *(means(half) for half in halves)])
    uneven = np.zeros_like(luma)
    uneven[1:] = edges[1:] - edges[:-1]
    energy = means(edges * edges)
    textured = (energy > TEXTURED) & (means(uneven * uneven) > TEXTURED)
    return Look(planes, edges, energy, tones, textured)


def means(plane: Floats) -> Floats:
    """Of each block, of a plane of any size that `COLUMNS` and `ROWS` divide."""
    height, width = plane.shape
    rows = plane.reshape(ROWS, height // ROWS, width).sum(axis=1)
    blocks: Floats = rows.reshape(ROWS, COLUMNS, width // COLUMNS).sum(axis=2)
    return blocks / np.float32(height // ROWS * (width // COLUMNS))


def _plane(frame: VideoFrame, index: int) -> Plane:
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
