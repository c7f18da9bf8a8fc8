"""Where a title's chapters begin on the disc.

A player jumps to VOBUs (video object units) alone: those begin with a GOP, 0.4 s or more after the
one before. A chapter begins with the last VOBU that shows nothing of it before its start.
"""

from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise

from encoders.dvd.limits import MOST_CHAPTERS
from encoders.dvd.task import DvdParts
from encoders.product import Chapter

_SHORTEST = Fraction(2, 5)
"""Seconds of a VOBU."""


def chapters_of(parts: DvdParts) -> tuple[Chapter, ...]:
    """At VOBUs, the first at zero, no two at one; of too many those after the shortest ones go."""
    starts = vobu_starts(parts)
    found: dict[Fraction, Chapter] = {}
    for chapter in parts.chapters:
        at = starts[max(0, bisect_right(starts, chapter.start) - 1)]
        found[at] = Chapter(at, chapter.title, chapter.picture)
    if Fraction(0) not in found:
        found[Fraction(0)] = Chapter(Fraction(0), parts.title, parts.poster)
    kept = sorted(found)
    while len(kept) > MOST_CHAPTERS:
        gaps = [(later - at, n) for n, (at, later) in enumerate(pairwise(kept))]
        del kept[min(gaps)[1] + 1]
    return tuple(found[at] for at in kept)


def vobu_starts(parts: DvdParts) -> tuple[Fraction, ...]:
    """Seconds from the title's start."""
    found = [Fraction(0)]
    at = 0
    for piece in parts.qualities[0]:
        for gop in piece.gops:
            start = at / parts.rate
            if start - found[-1] >= _SHORTEST:
                found.append(start)
            at += gop.pictures
    return tuple(found)
