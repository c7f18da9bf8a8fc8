"""Whether pictures are made of two fields, and which of them is the earlier one.

FFmpeg's `idet` asks this of all pixels and takes fine text for combs. Here only what moves is
looked at, and a comb is what alternates from line to line without being there from field to field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

_CONTRAST = 15
"""Of 255: what differs by more is not noise."""
_MOVING = 0.002
"""Part of the pixels that must change for a picture to tell anything."""
_COMBED = 0.03
"""Part of the changing pixels that alternate in an interlaced picture; others have hardly any."""
_FEWEST = 3
"""Pictures that must agree."""
_SHARE, _SHARE_FLAGGED = 0.5, 0.1
"""Part of the moving pictures that must be combed; fewer where the codec says so too."""
_EVERY = 4
"""Columns of which one is looked at: combs run down."""

Lines = npt.NDArray[np.int16]


@dataclass(slots=True)
class Fields:
    """What was seen of all pictures so far."""

    flagged: int = 0
    """Pictures the codec calls interlaced."""
    moving: int = 0
    combed: int = 0
    top_first: int = 0
    """Combed pictures whose upper field is the earlier one."""

    def look(self, frames: Sequence[VideoFrame]) -> None:
        """Consecutive pictures."""
        self.flagged += sum(frame.interlaced_frame for frame in frames)
        lines = [_lines(frame) for frame in frames]
        for (before, now), (_, after) in pairwise(pairwise(lines)):
            if before.shape == now.shape == after.shape and len(now) >= 8:
                self._judge(before, now, after)

    @property
    def order(self) -> str:
        """`progressive`, `tff` or `bff`; what moves tells, else the codec is believed."""
        share = _SHARE_FLAGGED if self.flagged else _SHARE
        if self.combed >= _FEWEST and self.combed > share * self.moving:
            return "tff" if 2 * self.top_first >= self.combed else "bff"
        if self.flagged and self.moving < _FEWEST:
            return "tff"
        return "progressive"

    def _judge(self, before: Lines, now: Lines, after: Lines) -> None:
        middle = now[2:-2]
        changed = np.abs(middle - before[2:-2]) > _CONTRAST
        if changed.mean() < _MOVING:
            return
        self.moving += 1
        above, below = middle - now[1:-3], middle - now[3:-1]
        lighter = np.minimum(above, below) > _CONTRAST
        darker = np.maximum(above, below) < -_CONTRAST
        same_field = np.maximum(np.abs(middle - now[:-4]), np.abs(middle - now[4:]))
        teeth = (lighter | darker) & (same_field < _CONTRAST) & changed
        if teeth.sum() > _COMBED * changed.sum():
            self.combed += 1
            self.top_first += _top_field_first(before, now, after)


def _top_field_first(before: Lines, now: Lines, after: Lines) -> bool:
    """The lower field of the picture before is nearer to the upper field than the one after is."""
    upper = now[:-2:2].astype(np.int32) + now[2::2][: len(now[:-2:2])]
    past = np.abs(upper - 2 * before[1:-1:2][: len(upper)]).sum()
    future = np.abs(upper - 2 * after[1:-1:2][: len(upper)]).sum()
    return bool(past < future)


def _lines(frame: VideoFrame) -> Lines:
    return frame.reformat(format="gray").to_ndarray()[:, ::_EVERY].astype(np.int16)
