"""When the pictures of a stream are shown, and where decoding may start: from its packets alone."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from encoders.facts import KeyFrame, Shift
from encoders.inspect.pace import Ticks, pace
from encoders.inspect.scan import VideoScan

_APART = 1
"""Seconds between two key frames that are told."""
_REORDER = 64
"""Packets after a key frame among which its leading pictures are looked for."""
_LEAST_GAP = 1
"""Seconds without a picture, at a constant rate, that count as a gap."""
_LEAST_GAP_PICTURES = 4
_MOST_GAPS = 1000


@dataclass(frozen=True, slots=True)
class Hole:
    """Container time, seconds, mended."""

    start: Fraction
    stop: Fraction


@dataclass(frozen=True, slots=True)
class Timing:
    """Times are container seconds, mended; key frames' too (the origin is not known yet)."""

    start: Fraction
    stop: Fraction
    frames: int
    packets: int
    bytes: int
    rate: Fraction
    variable: bool
    key_frames: tuple[KeyFrame, ...]
    holes: tuple[Hole, ...]
    hidden: Fraction
    """Seconds before `start` that are decoded but marked not to be shown."""


def timing(scan: VideoScan, shifts: tuple[Shift, ...]) -> Timing | None:
    """None where no packet has a time."""
    times, shown = scan.times(shifts), scan.shown
    keys = np.flatnonzero(scan.keys)
    first = int(keys[0]) if len(keys) else 0
    seen = shown & (np.arange(len(times)) >= first)
    if not seen.any():
        return None
    # What is shown before the first key frame but stored after it leans on pictures that are lost.
    seen &= (times >= times[first]) | (not shown[first])
    order = np.sort(times[seen])
    hint = scan.stream.average_rate or scan.stream.guessed_rate
    rate, variable = pace(order, scan.time_base, hint)
    last = int(np.flatnonzero(seen)[times[seen].argmax()])
    length = int(scan.durations[last]) * scan.time_base or 1 / rate
    start = int(order[0]) * scan.time_base
    return Timing(
        start=start,
        stop=int(order[-1]) * scan.time_base + length,
        frames=int(shown.sum()),
        packets=scan.packets,
        bytes=int(scan.sizes.sum()),
        rate=rate,
        variable=variable,
        key_frames=_key_frames(scan, times, keys, int(order[0])),
        holes=() if variable else _holes(order, scan.time_base, rate),
        hidden=max(Fraction(0), start - int(times[first:].min()) * scan.time_base),
    )


def _key_frames(scan: VideoScan, times: Ticks, keys: Ticks, start: int) -> tuple[KeyFrame, ...]:
    """From the last one at or before `start` on, at least a second apart."""
    if not len(keys):
        keys = np.zeros(1, np.int64)
    early = np.flatnonzero(times[keys] <= start)
    keys = keys[early[-1] if len(early) else 0 :]
    pts, dts = scan.stamps
    before = np.concatenate([[0], np.cumsum(scan.sizes)])
    apart = int(_APART / scan.time_base)
    found: list[KeyFrame] = []
    due = int(times[keys[0]])
    for index, packet in enumerate(keys.tolist()):
        if times[packet] < due:
            continue
        due = int(times[packet]) + apart
        end = int(keys[index + 1]) if index + 1 < len(keys) else len(times)
        found.append(
            KeyFrame(
                packet=packet,
                pts=int(pts[packet]),
                dts=int(dts[packet]),
                time=int(times[packet]) * scan.time_base,
                leading=_leading(times[packet : min(end, packet + _REORDER)]),
                bytes=int(before[packet]),
            )
        )
    return tuple(found)


def _leading(times: Ticks) -> int:
    """How far after the first packet the last one is that is shown before it."""
    earlier = np.flatnonzero(times < times[0])
    return int(earlier[-1]) if len(earlier) else 0


def _holes(order: Ticks, time_base: Fraction, rate: Fraction) -> tuple[Hole, ...]:
    least = max(Fraction(_LEAST_GAP), _LEAST_GAP_PICTURES / rate)
    wide = np.flatnonzero(np.diff(order) > int(least / time_base))[:_MOST_GAPS]
    return tuple(
        Hole(int(order[i]) * time_base + 1 / rate, int(order[i + 1]) * time_base) for i in wide
    )
