"""The captions of a file held against the lesson: what cannot be shown is mended or left out."""

import heapq
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from encoders.captions.cuetext import LONGEST, lines_of
from encoders.captions.findings import Faults
from encoders.captions.raw import Raw
from encoders.tasks import Caption

MOST = 50_000
"""Captions of a track."""

UNSAID = Fraction(4)
"""Seconds a caption stays, at most, where nothing says how long."""

_AT_A_TIME = 3
"""Captions shown together; two languages and a note are the most one sees in earnest."""

_ROOM = 54
"""Characters of full width that fit on the poorest screen, a VCD's, in three lines."""

_SHORTEST = Fraction(1, 1000)
"""Seconds; a WebVTT time is no finer."""


def checked(raws: list[Raw], origin: Fraction, duration: Fraction, faults: Faults) -> list[Caption]:
    """What can be shown, in order of time.

    `origin`: seconds of the file that are zero on the lesson clock; `duration`: of the lesson.
    """
    if len(raws) > MOST:
        faults.add("captions-too-many", raws[MOST].line)
    moved = (replace(raw, start=raw.start - origin, stop=raw.stop - origin) for raw in raws[:MOST])
    ordered = sorted(_with_text(moved, faults), key=lambda raw: raw.start)
    inside = list(_inside(ordered, duration, faults))
    mended = _mended(inside, duration, faults)
    return [Caption(raw.start, raw.stop, raw.text) for raw in _uncrowded(mended, faults)]


def _with_text(raws: Iterable[Raw], faults: Faults) -> Iterator[Raw]:
    for raw in raws:
        if raw.length > LONGEST:
            faults.add("captions-too-long", raw.line, raw.start, count=raw.length, limit=LONGEST)
        if raw.text:
            _measure(raw, faults)
            yield raw
        else:
            faults.add("captions-empty", raw.line, raw.start)


def _measure(raw: Raw, faults: Faults) -> None:
    text = "".join(piece for line in lines_of(raw.text) for piece, _ in line)
    count = ceil(sum(1 if unicodedata.east_asian_width(mark) in "WF" else 0.5 for mark in text))
    if count > _ROOM:
        faults.add("captions-wordy", raw.line, raw.start, count=count, limit=_ROOM)


def _inside(raws: Iterable[Raw], duration: Fraction, faults: Faults) -> Iterator[Raw]:
    for raw in raws:
        if raw.start + _SHORTEST > duration:
            faults.add("captions-after-end", raw.line, raw.start)
        elif raw.start < 0 and raw.stop < _SHORTEST:
            faults.add("captions-before-start", raw.line)
        else:
            yield replace(raw, start=max(raw.start, Fraction(0)))


def _mended(raws: list[Raw], duration: Fraction, faults: Faults) -> Iterator[Raw]:
    """Each ends after it starts, and with the lesson at the latest."""
    for raw, following in pairwise([*raws, None]):
        if raw is None:
            return
        stop = raw.stop
        if stop < raw.start + _SHORTEST:
            stop = raw.start + UNSAID
            if following is not None and following.start >= raw.start + _SHORTEST:
                stop = min(stop, following.start)
            faults.add("captions-ends-early", raw.line, raw.start, min(stop, duration))
        yield replace(raw, stop=min(stop, duration))


def _uncrowded(raws: Iterable[Raw], faults: Faults) -> Iterator[Raw]:
    shown: list[Fraction] = []
    for raw in raws:
        while shown and shown[0] <= raw.start:
            heapq.heappop(shown)
        if len(shown) >= _AT_A_TIME:
            faults.add("captions-crowded", raw.line, raw.start, limit=_AT_A_TIME)
        else:
            heapq.heappush(shown, raw.stop)
            yield raw
