"""The thumbnail track: cues without gaps, each a rectangle inside a sheet of the lesson."""

import re
from collections.abc import Iterator
from fractions import Fraction

from manifests.model import Sheet
from manifests.rules.lesson import Lesson
from manifests.violations import Violation, error

_CUE = re.compile(
    r"(\d\d+):([0-5]\d):([0-5]\d\.\d{3}) --> (\d\d+):([0-5]\d):([0-5]\d\.\d{3})\n"
    r"([A-Za-z0-9._-]+)#xywh=(\d+),(\d+),(\d+),(\d+)"
)
_MILLISECOND = Fraction(1, 1000)


def thumbnails(lesson: Lesson) -> Iterator[Violation]:
    tracks = {path: text for path, text in lesson.texts.items() if path.endswith(".vtt")}
    if lesson.p.sheets and not tracks:
        yield error("farm/thumbnails", "master.m3u8", "The lesson has sheets but no track of them.")
    for path, text in tracks.items():
        for message in _faults(text, lesson):
            yield error("farm/thumbnails", path, message)


def _faults(text: str, lesson: Lesson) -> Iterator[str]:
    head, *blocks = text.removesuffix("\n").split("\n\n")
    if head != "WEBVTT":
        yield "The first line must be WEBVTT."
    sheets = {sheet.object.path: sheet for sheet in lesson.p.sheets}
    clock = Fraction(0)
    for block in blocks:
        cue = _CUE.fullmatch(block)
        if not cue:
            yield f"{block!r} is not a cue."
            continue
        start, stop = _time(*cue.group(1, 2, 3)), _time(*cue.group(4, 5, 6))
        if start != clock or stop <= start:
            yield f"The cue at {cue[0].splitlines()[0]} leaves a gap or overlaps."
        clock = stop
        sheet = sheets.get(f"media/{cue[7]}")
        if not sheet:
            yield f"There is no sheet {cue[7]}."
        elif not _inside(sheet, *map(int, cue.group(8, 9, 10, 11))):
            yield f"{cue[7]} has no tile at {','.join(cue.group(8, 9, 10, 11))}."
    if abs(clock - lesson.p.duration) > _MILLISECOND:
        yield f"The track ends at {float(clock):.3f} s, the lesson later or earlier."


def _time(hours: str, minutes: str, seconds: str) -> Fraction:
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)


def _inside(sheet: Sheet, x: int, y: int, width: int, height: int) -> bool:
    on_grid = x % sheet.width == 0 and y % sheet.height == 0
    tile = y // sheet.height * sheet.columns + x // sheet.width
    return (
        on_grid
        and (width, height) == (sheet.width, sheet.height)
        and x // sheet.width < sheet.columns
        and tile < len(sheet.times)
    )


RULES = (thumbnails,)
