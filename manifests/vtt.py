"""The thumbnail track: WebVTT whose cues are rectangles of sprite sheets."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePosixPath

from manifests.media import content_hash, rounded
from manifests.model import Sheet, Text

VTT_TYPE = "text/vtt"


def thumbnails(sheets: Sequence[Sheet], duration: Fraction) -> Text | None:
    """Cues `sheet.jpg#xywh=x,y,w,h` from the lesson's start to its end; None without sheets.

    Players that read thumbnail tracks: Shaka, video.js and JW plugins, and the catalog's own page.
    """
    tiles = sorted(
        (time, tile, n)
        for n, sheet in enumerate(sheets)
        for tile, time in enumerate(sheet.times)
        if time < duration
    )
    if not tiles:
        return None
    starts = [Fraction(0), *(time for time, _, _ in tiles[1:])]
    stops = [*starts[1:], duration]
    cues = ["WEBVTT"]
    for (_, tile, n), start, stop in zip(tiles, starts, stops, strict=True):
        if timestamp(start) != timestamp(stop):
            cues.append(f"{timestamp(start)} --> {timestamp(stop)}\n{_rectangle(sheets[n], tile)}")
    text = "\n\n".join(cues) + "\n"
    return Text(path=f"media/thumbnails-{content_hash(text)}.vtt", type=VTT_TYPE, text=text)


def timestamp(time: Fraction) -> str:
    """`HH:MM:SS.mmm`."""
    seconds, milliseconds = divmod(rounded(time * 1000), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def _rectangle(sheet: Sheet, tile: int) -> str:
    row, column = divmod(tile, sheet.columns)
    x, y = column * sheet.width, row * sheet.height
    return f"{PurePosixPath(sheet.object.path).name}#xywh={x},{y},{sheet.width},{sheet.height}"
