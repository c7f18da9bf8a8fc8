"""Where a recording is cut into chunks.

Chunks begin on the recording's own key frames, so that nothing is decoded twice: a chunk lasts
about `chunk` seconds, to the nearest key frame, and reaches further where the next key frame is
further. Towards the end chunks become shorter, so that workers finish together whatever their
number; the cuts depend on the recording alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import KeyFrame

SHORTEST = 2
"""Segments: a chunk is at least this long, where key frames allow."""
TAPER = 3
"""From this many chunks before the end a chunk takes only that part of what is left."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A chunk's source span; `stop` is None for the last one."""

    start: KeyFrame
    stop: KeyFrame | None
    seconds: Fraction
    bytes: int


def cut(
    key_frames: Sequence[KeyFrame],
    duration: Fraction,
    total_bytes: int,
    *,
    chunk: Fraction,
    segment: Fraction,
) -> tuple[Cut, ...]:
    cuts: list[Cut] = []
    start, begins = key_frames[0], Fraction(0)
    later = _ascending(key_frames[1:])
    times = [frame.time for frame in later]
    while True:
        stop = _next(begins, later, times, duration, chunk, segment)
        ends = stop.time if stop else duration
        size = (stop.bytes if stop else total_bytes) - start.bytes
        cuts.append(Cut(start=start, stop=stop, seconds=ends - begins, bytes=size))
        if stop is None:
            return tuple(cuts)
        start, begins = stop, stop.time


def _ascending(frames: Sequence[KeyFrame]) -> list[KeyFrame]:
    """Those later than all before them."""
    kept: list[KeyFrame] = []
    for frame in frames:
        if frame.time > (kept[-1].time if kept else 0):
            kept.append(frame)
    return kept


def _next(
    begins: Fraction,
    later: Sequence[KeyFrame],
    times: Sequence[Fraction],
    duration: Fraction,
    chunk: Fraction,
    segment: Fraction,
) -> KeyFrame | None:
    shortest = SHORTEST * segment
    left = duration - begins
    target = max(shortest, min(chunk, left / TAPER))
    first, last = bisect_left(times, begins + shortest), bisect_right(times, duration - shortest)
    if first >= last:
        return None
    near = later[first : bisect_right(times, begins + target * Fraction(3, 2), first, last)]
    if not near:
        return later[first]
    return min(near, key=lambda frame: _unfit(frame.time - begins, target, segment))


def _unfit(length: Fraction, target: Fraction, segment: Fraction) -> Fraction:
    """Seconds away from the target, and from a whole number of segments (a short segment costs
    bits and makes short peaks)."""
    over = length % segment
    return abs(length - target) + 2 * min(over, segment - over)
