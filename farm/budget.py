"""Does a batch of lessons fit a channel's hours and bit rate, and when is each one sent?

Pure: lessons and a channel in, a schedule out. Times are whole seconds of local time.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

LEAD = 1
"""Seconds a stream is on the channel before its first picture: decoders' buffers fill."""
DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Wanted:
    """A lesson that is to be sent."""

    lesson: str
    title: str
    course: str | None
    """Lessons of one course are sent one after the other, in the order given."""
    duration: Fraction
    """Seconds."""

    @property
    def airtime(self) -> int:
        """Seconds on the channel."""
        return math.ceil(self.duration) + LEAD


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open, seconds of a day."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Channel:
    rate: int
    """Bits a second of the whole channel."""
    programme: int
    """Bits a second of one lesson's stream; as many as there is room for run side by side."""
    days: tuple[date, ...]
    windows: tuple[Window, ...]
    """Of every day; those that touch are one."""
    gap: int
    """Seconds between two lessons of a service."""

    @property
    def services(self) -> int:
        """Programmes side by side."""
        return self.rate // self.programme

    @property
    def capacity(self) -> int:
        """Seconds of programme, all services together."""
        spans = sum(window.stop - window.start for window in joined(self.windows))
        return spans * len(self.days) * self.services


@dataclass(frozen=True, slots=True)
class Show:
    """One lesson, sent once."""

    wanted: Wanted
    start: datetime
    stop: datetime
    service: int
    """From 1."""
    showing: int
    """1 the first time, 2 when it is repeated."""
    share: Fraction
    """Of the channel's bit rate."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    wanted: Wanted
    showing: int
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Budget:
    shows: tuple[Show, ...]
    """By start and service."""
    left_out: tuple[LeftOut, ...]
    services: int
    capacity: int
    """Seconds of programme the channel has."""
    used: int
    """Seconds of it that lessons take, without the gaps."""
    missing: int
    """Seconds of what was left out."""

    @property
    def fits(self) -> bool:
        return not self.left_out

    @property
    def left(self) -> int:
        """Seconds that no lesson takes."""
        return self.capacity - self.used


@dataclass(slots=True)
class _Free:
    """A stretch of one service that nothing is sent in."""

    start: datetime
    stop: datetime
    service: int


def plan_budget(lessons: Sequence[Wanted], channel: Channel, repeats: int = 1) -> Budget:
    """Each lesson in turn gets the first place it fits in whole; a round a showing.

    What follows in a course waits for what comes before it, and is left out with it.
    """
    free = _free(channel)
    longest = max((one.stop - one.start for one in free), default=timedelta(0))
    shows: list[Show] = []
    left_out: list[LeftOut] = []
    seen: dict[str, datetime] = {}
    for showing in range(1, repeats + 1):
        ended: dict[str, datetime] = {}
        stuck: set[str] = set()
        for wanted in lessons:
            after = max(
                (
                    seen.get(wanted.lesson, datetime.min),
                    ended.get(wanted.course or "", datetime.min),
                )
            )
            show = None
            if wanted.course not in stuck:
                show = _place(wanted, showing, after, free, channel)
            if show is None:
                left_out.append(
                    _left_out(wanted, showing, wanted.course in stuck, longest, channel)
                )
                stuck |= {wanted.course} if wanted.course else set()
                continue
            shows.append(show)
            seen[wanted.lesson] = show.stop
            if wanted.course:
                ended[wanted.course] = show.stop
    return Budget(
        shows=tuple(sorted(shows, key=lambda show: (show.start, show.service))),
        left_out=tuple(left_out),
        services=channel.services,
        capacity=channel.capacity,
        used=sum(show.wanted.airtime for show in shows),
        missing=sum(one.wanted.airtime for one in left_out),
    )


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Sorted, those that overlap or touch made one."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda one: one.start):
        if found and window.start <= found[-1].stop:
            found[-1] = Window(found[-1].start, max(found[-1].stop, window.stop))
        else:
            found.append(window)
    return tuple(found)


def _free(channel: Channel) -> list[_Free]:
    """Days that follow each other at midnight are one stretch."""
    spans: list[list[datetime]] = []
    for day in sorted(set(channel.days)):
        midnight = datetime.combine(day, time())
        for window in joined(channel.windows):
            start, stop = (
                midnight + timedelta(seconds=second) for second in (window.start, window.stop)
            )
            if spans and spans[-1][1] == start:
                spans[-1][1] = stop
            else:
                spans.append([start, stop])
    return [
        _Free(start, stop, service)
        for start, stop in spans
        for service in range(1, channel.services + 1)
    ]


def _place(
    wanted: Wanted, showing: int, after: datetime, free: list[_Free], channel: Channel
) -> Show | None:
    """Takes its place out of `free`."""
    length, gap = timedelta(seconds=wanted.airtime), timedelta(seconds=channel.gap)
    fitting = [
        (max(one.start, after), one.service, n)
        for n, one in enumerate(free)
        if one.stop - length >= max(one.start, after)
    ]
    if not fitting:
        return None
    start, service, n = min(fitting)
    taken, stop = free[n], start + length
    rest = (
        _Free(taken.start, start - gap, service),
        _Free(stop + gap, taken.stop, service),
    )
    free[n : n + 1] = [one for one in rest if one.start < one.stop]
    share = Fraction(channel.programme, channel.rate)
    return Show(wanted, start, stop, service, showing, share)


def _left_out(
    wanted: Wanted, showing: int, waits: bool, longest: timedelta, channel: Channel
) -> LeftOut:
    if not channel.services:
        reason = (
            f"one programme of {channel.programme} b/s is more than the channel's {channel.rate}",
            "单路节目码率高于信道总码率",
        )
    elif wanted.airtime > longest.total_seconds():
        reason = ("it is longer than any window", "时长超过任何一个播出时段")
    elif waits:
        reason = ("the one before it in its course does not fit", "同一课程的前一课排不下")
    else:
        reason = ("there is no room left", "没有剩余时段")
    return LeftOut(wanted, showing, *reason)
