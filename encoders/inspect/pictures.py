"""A few pictures of a recording looked at: black, still, interlaced, with black bars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from encoders.facts import KeyFrame, Picture
from encoders.inspect.fields import Fields
from encoders.inspect.sampler import Sampler

MOST = 24
"""Pictures sampled."""
_PLACES = 3
"""Where a few consecutive pictures are looked at for interlacing."""
_CONSECUTIVE = 8
_WIDTH = 320
"""Pixels pictures are scaled down to."""

_INTRA = {0, 1, 5, 7}  # AV_PICTURE_TYPE_NONE, I, SI, BI
_BAR = 0.1
"""Luma (of 1) no part of a bar exceeds."""
_STRAIGHT = 0.4
"""Part of a line that must be lit where a bar ends: a dark scene has no straight edge."""
_STILL = 1.5 / 255
"""Mean difference of luma between pictures that show the same."""

T = TypeVar("T")
Luma = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Size:
    time: Fraction
    width: int
    height: int
    """Coded."""
    sample_aspect: Fraction


@dataclass(frozen=True, slots=True)
class Sight:
    """What the sampled pictures show."""

    first: VideoFrame
    """The first picture that decoded: how all are to be shown."""
    pictures: tuple[Picture, ...]
    sizes: tuple[Size, ...]
    """Where the size or its sample aspect differs from the one before; the first is the first
    picture's."""
    field_order: str
    bars: float
    """Part of the picture that is black bars, 0 to 1."""
    still: bool
    seekable: bool
    key_frames_hold: bool
    """Whether what the container calls key frames are."""


def look(sampler: Sampler, keys: Sequence[KeyFrame]) -> Sight | None:
    """None where no picture decodes."""
    chosen = _spread(keys, MOST)
    places = set(_spread(range(len(chosen)), _PLACES))
    fields = Fields()
    seen: list[tuple[KeyFrame, VideoFrame]] = []
    sizes: list[Size] = []
    for index, key in enumerate(chosen):
        if index in places:
            frames = sampler.run(key, _CONSECUTIVE)
            fields.look(frames)
            frame = frames[0] if frames else None
        else:
            frame = sampler.picture(key)
        if frame is not None:
            seen.append((key, frame))
            sizes.append(Size(key.time, frame.width, frame.height, sampler.sample_aspect))
        elif index == 0:
            return None
    return _summed_up(seen, _changes(sizes), fields.order, sampler.seekable)


def _summed_up(
    seen: Sequence[tuple[KeyFrame, VideoFrame]],
    sizes: tuple[Size, ...],
    field_order: str,
    seekable: bool,
) -> Sight:
    first = seen[0][1]
    lumas = [(key.time, _luma(frame)) for key, frame in seen]
    return Sight(
        first=first,
        pictures=tuple(Picture(t, float(luma.mean()), float(luma.std())) for t, luma in lumas),
        sizes=sizes,
        field_order=field_order,
        bars=_bars([luma for _, luma in lumas]),
        still=_all_still([luma for _, luma in lumas]),
        seekable=seekable,
        key_frames_hold=all(frame.pict_type in _INTRA for key, frame in seen[1:]),
    )


def _spread(items: Sequence[T], most: int) -> list[T]:
    """The first and others, evenly."""
    count = min(most, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def _luma(frame: VideoFrame) -> Luma:
    height = max(2, round(frame.height * _WIDTH / frame.width)) if frame.width > _WIDTH else None
    small = frame.reformat(
        width=_WIDTH if height else None, height=height, format="gray", interpolation="AREA"
    )
    return small.to_ndarray().astype(np.float32) / np.float32(255)


def _changes(sizes: Sequence[Size]) -> tuple[Size, ...]:
    """The first, and those that differ from the one before in more than time."""
    pairs = pairwise(sizes)
    return (
        *sizes[:1],
        *(after for before, after in pairs if replace(after, time=before.time) != before),
    )


def _bars(lumas: Sequence[Luma]) -> float:
    """What is black in all pictures, at opposite edges alike, up to a straight edge; black
    pictures do not count."""
    lit = [luma for luma in lumas if luma.max() > 2 * _BAR and luma.shape == lumas[0].shape]
    if not lit:
        return 0.0
    highest = np.max(lit, axis=0)
    share = 1.0
    for axis in (0, 1):
        lines = highest if axis == 0 else highest.T
        edge = min(_edge(lines), _edge(lines[::-1]))
        share *= 1 - 2 * edge / len(lines)
    return 1 - share


def _edge(lines: Luma) -> int:
    """Black lines before the first, provided a straight edge ends them."""
    lit = (lines > _BAR).mean(axis=1)
    edge = int((lit > 0).argmax())
    return edge if lit[edge : edge + 3].max() >= _STRAIGHT else 0


def _all_still(lumas: Sequence[Luma]) -> bool:
    if any(luma.shape != lumas[0].shape for luma in lumas):
        return False
    return all(float(np.abs(luma - lumas[0]).mean()) < _STILL for luma in lumas)
