"""The chapters of a lesson as WebVTT: one cue a chapter, its text the title."""

import html
from collections.abc import Sequence
from fractions import Fraction

from manifests.plain import plain
from manifests.vtt import timestamp


def chapters_text(starts_titles: Sequence[tuple[Fraction, str]], duration: Fraction) -> str:
    """A chapter lasts to the start of the next, the last one to `duration`; all in seconds.

    Chapters that would last less than a millisecond are left out, as no cue may (WebVTT, 4.1); a
    title without a character to show becomes the chapter's number. For
    `<track kind="chapters">`: https://www.w3.org/TR/webvtt1/#introduction-chapters.
    """
    chapters = sorted((start, title) for start, title in starts_titles if 0 <= start < duration)
    stops = [*(start for start, _ in chapters[1:]), duration]
    cues = ["WEBVTT"]
    for (start, title), stop in zip(chapters, stops, strict=False):
        begins, ends = timestamp(start), timestamp(stop)
        if begins != ends:
            number = len(cues)
            text = html.escape(plain(title), quote=False) or str(number)
            cues.append(f"{number}\n{begins} --> {ends}\n{text}")
    return "\n\n".join(cues) + "\n"
