"""Chapters on the clock of a file that begins elsewhere than the lesson."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from encoders.product import Chapter

MILLISECOND = Fraction(1, 1000)
"""Seconds: what ID3 and Vorbis comments count in."""


@dataclass(frozen=True, slots=True)
class FileChapter:
    start: int
    stop: int
    """Half-open, milliseconds of the file."""
    title: str


def file_chapters(
    chapters: Sequence[Chapter], start: Fraction, duration: Fraction
) -> tuple[FileChapter, ...]:
    """`start` is the lesson's time at which the file begins, `duration` the file's; seconds.

    The first chapter left begins with the file, as players expect: an ident belongs to it.
    """
    times = [round((chapter.start - start) / MILLISECOND) for chapter in chapters]
    end = round(duration / MILLISECOND)
    spans = pairwise([*(min(max(time, 0), end) for time in times), end])
    kept = [
        FileChapter(first, last, chapter.title)
        for (first, last), chapter in zip(spans, chapters, strict=True)
        if first < last
    ]
    if kept:
        kept[0] = FileChapter(0, kept[0].stop, kept[0].title)
    return tuple(kept)
