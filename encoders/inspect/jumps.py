"""Jumps of a recording's clock, found while packets are read and mended for all streams together.

A recorder that is restarted, a transport stream that was cut and joined, or a counter that wraps
moves the clock of every stream by the same amount, though not at the same packet. So there is one
list of offsets for the file; the first stream that jumps adds one, and the others take it over at
the packet that fits it better than the offset they had. FFmpeg's own program does much the same
(`ts_discontinuity_process`).
"""

from dataclasses import dataclass, field
from fractions import Fraction

from encoders.facts import Shift

FORWARD = 10_000_000
"""Microseconds: a longer way forward, in sound and picture alike, is a jump and not a pause."""
BACKWARD = 1_000_000
"""Microseconds: further back than any reordering of pictures goes."""

_ODD = 1_000_000
"""Microseconds: a gap worth asking whether another offset fits better."""
_FITS = 500_000
_MOST = 1000
"""Jumps after which a clock is not worth following."""


@dataclass(frozen=True, slots=True)
class _Leap:
    """A way forward that was taken for a pause. Microseconds."""

    packet: int
    due: int
    """When that packet should have come."""
    by: int

    def is_past(self, time: int) -> bool:
        """Whether the track has come too far since to tell a jump or a stray stamp from a pause."""
        return time - (self.due + self.by) > 2 * _ODD


@dataclass(slots=True)
class _Track:
    sound: bool
    time_base: Fraction
    epoch: int = 0
    time: int | None = None
    """Of the last packet; microseconds, mended."""
    end: int = 0
    """Where the next packet should start, by what the last one says of its length."""
    leap: _Leap | None = None
    shifts: list[Shift] = field(default_factory=list)

    @property
    def reached(self) -> int:
        """Where the track has come to for certain."""
        return self.time or 0 if self.leap is None else self.leap.due

    def shift(self, packet: int, offset: int) -> None:
        ticks = round(Fraction(offset, 1_000_000) / self.time_base)
        self.shifts.append(Shift(packet, ticks))


@dataclass(frozen=True, slots=True)
class Jump:
    at: int
    """Microseconds, mended."""
    by: int
    """Microseconds the recording's own clock moved."""


class Jumps:
    """Follows the clocks of all streams of one file. Times are integers, microseconds."""

    def __init__(self, discontinuous: bool) -> None:
        """`discontinuous`: whether the format is one that is cut and joined as it is (MPEG)."""
        self._discontinuous = discontinuous
        self._tracks: dict[int, _Track] = {}
        self._offsets = [0]
        self._furthest = 0
        self.found: list[Jump] = []

    def track(self, stream: int, sound: bool, time_base: Fraction) -> None:
        self._tracks[stream] = _Track(sound, time_base)

    def shifts(self, stream: int) -> tuple[Shift, ...]:
        return tuple(self._tracks[stream].shifts)

    def offset(self, stream: int) -> int:
        """Ticks to add to the stream's timestamps at its latest packet."""
        shifts = self._tracks[stream].shifts
        return shifts[-1].offset if shifts else 0

    def follow(self, stream: int, packet: int, stamp: int, length: int) -> None:
        """Take a packet of audio or video."""
        track = self._tracks[stream]
        if track.time is None:
            self._move(track, packet, len(self._offsets) - 1)
        else:
            self._settle(track, packet, stamp, track.time)
        track.time = stamp + self._offsets[track.epoch]
        track.end = track.time + length
        if track.leap is not None and track.leap.is_past(track.time):
            track.leap = None
        self._furthest = max(self._furthest, track.reached)

    def follow_sparse(self, stream: int, packet: int, stamp: int) -> None:
        """Take a packet of subtitles: their pauses say nothing, so they follow the others."""
        track = self._tracks[stream]
        recent = range(track.epoch, len(self._offsets))
        nearest = min(recent, key=lambda epoch: self._off_place(stamp, epoch))
        self._move(track, packet, nearest)

    def _settle(self, track: _Track, packet: int, stamp: int, last: int) -> None:
        """`last`: mended time of the packet before."""
        newest = len(self._offsets) - 1
        if track.epoch < newest:
            ahead = range(max(track.epoch, newest - 3), newest + 1)
            self._move(track, packet, min(ahead, key=lambda e: self._off_place(stamp, e)))
        time = stamp + self._offsets[track.epoch]
        if time - last >= -BACKWARD and time - track.end <= _ODD:
            return
        # What a packet says of its own length may be wrong, or the length of a slide.
        due = min(track.end, last + _ODD)
        for epoch in range(newest, max(-1, newest - 4), -1):
            if abs(stamp + self._offsets[epoch] - due) <= _FITS:
                self._move(track, packet, epoch)
                return
        if len(self.found) >= _MOST:
            return
        if time < last and self._was_stray(track, packet, time, due):
            self.found.append(Jump(due, time - due))
        elif time < last or self._is_jump(track, time):
            self.found.append(Jump(due, time - due))
            self._offsets.append(due - stamp)
            self._move(track, packet, newest + 1)
            self._take_along(time - due)
        else:
            track.leap = _Leap(packet, due, time - due)

    def _is_jump(self, track: _Track, time: int) -> bool:
        """Whether a way forward is no pause. A picture may stand still for long, sound does not:
        where clocks are not expected to jump, only sound tells."""
        if time - track.end <= FORWARD or not (self._discontinuous or track.sound):
            return False
        return time > FORWARD + max(other.reached for other in self._tracks.values())

    def _take_along(self, by: int) -> None:
        """Pictures that took the same way a little earlier, and were thought to pause."""
        newest = len(self._offsets) - 1
        for track in self._tracks.values():
            if track.time is not None and track.leap and abs(track.leap.by - by) <= _ODD:
                moved = self._offsets[newest] - self._offsets[track.epoch]
                self._move(track, track.leap.packet, newest)
                track.time, track.end = track.time + moved, track.end + moved

    def _was_stray(self, track: _Track, packet: int, time: int, due: int) -> bool:
        """Whether a few stamps went forward by mistake and this one is back in its place; if so
        those are moved back after the fact."""
        leap, offset = track.leap, self._offsets[track.epoch]
        if leap is None or leap.is_past(due):
            return False
        if abs(time - (due - leap.by)) > _FITS:
            return False
        track.shift(leap.packet, offset - leap.by)
        track.shift(packet, offset)
        track.leap = None
        return True

    def _off_place(self, stamp: int, epoch: int) -> int:
        """How far a stamp would be from where the file has come to."""
        return abs(stamp + self._offsets[epoch] - self._furthest)

    def _move(self, track: _Track, packet: int, epoch: int) -> None:
        if epoch == track.epoch:
            return
        track.epoch, track.leap = epoch, None
        track.shift(packet, self._offsets[epoch])
