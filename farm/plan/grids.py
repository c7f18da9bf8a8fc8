"""Where the pictures of a constant rate belong, whatever ticks their container counts in."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from encoders.facts import KeyFrame, VideoTrack
from encoders.tasks import Grid
from farm.plan.cuts import Cut

OFF_GRID = Fraction(2, 1000)
"""Seconds a picture may be off its place: milliseconds are half a tick off, and so is the place
they are counted from."""
SLOW_CLOCK = Fraction(1, 200)
"""Part of its rate a recorder's clock may be wrong by; more was counted wrongly."""
KEYS_COMPARED = 500
"""Key frames that are looked at to find the grid of a whole recording, about."""


def grid_of(track: VideoTrack) -> Grid | None:
    """The one most key frames fit; None where the rate varies.

    It has the nominal rate, or the one the key frames came at where the recorder's clock was slow
    or fast: a thousandth is four seconds an hour. It starts with the first picture, or with a key
    frame in the middle where the first picture came early or late.
    """
    if track.variable:
        return None
    keys = track.key_frames[:: len(track.key_frames) // KEYS_COMPARED + 1]
    grids = [
        Grid(start, rate, min(max(OFF_GRID, track.time_base), 1 / rate / 4))
        for rate in (track.rate, _counted_rate(track))
        for start in (track.start, keys[len(keys) // 2].time)
    ]
    return max(grids, key=lambda grid: _fitting(grid, keys))


def _counted_rate(track: VideoTrack) -> Fraction:
    """Pictures a second from the first key frame to the last, if that is about the nominal rate."""
    first, last = track.key_frames[0], track.key_frames[-1]
    if last.time <= first.time:
        return track.rate
    rate = (last.packet + last.leading - first.packet - first.leading) / (last.time - first.time)
    return rate if abs(rate / track.rate - 1) < SLOW_CLOCK else track.rate


def _fitting(grid: Grid, keys: Sequence[KeyFrame]) -> int:
    return sum(grid.fits(key.time) for key in keys)


def grids_of(grid: Grid | None, track: VideoTrack, cuts: Sequence[Cut]) -> Iterator[Grid | None]:
    """One a chunk: that of the chunk before, unless more key frames fit one that starts anew.

    After a pause or a mended jump pictures have other places. The grid is kept where it can be, as
    two grids may put the pictures around a seam half a picture nearer or further. None where half
    of the key frames are off it.
    """
    for span in cuts:
        if grid is None:
            yield None
            continue
        stop = span.stop.packet if span.stop else track.packets
        keys = [key for key in track.key_frames if span.start.packet <= key.packet < stop]
        anew = replace(grid, start=span.start.time)
        grid = max(grid, anew, key=lambda one: _fitting(one, keys))
        yield grid if 2 * _fitting(grid, keys) > len(keys) else None


def settled(time: Fraction, grid: Grid | None) -> Fraction:
    """`time` on the grid, where there is one."""
    return time if grid is None else grid.settled(time)
