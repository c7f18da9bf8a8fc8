"""Which renditions a recording gets: rungs that fit, in the recording's own shape."""

import math
from fractions import Fraction

from encoders.facts import VideoTrack
from encoders.profiles import Rung, Segmented, Streaming
from encoders.tasks import VideoRendition

VARIABLE_RATES = tuple(map(Fraction, (12, 15, 20, 24, 25, 30, 50, 60)))
"""What a variable-rate recording is laid on: the lowest that loses no picture. Its pictures come
half a slot early or late at most, which at 12 a second nobody sees beside the sound (ITU-R BT.1359:
45 ms)."""

CHOPPY = Fraction(20)
"""Dividing a rate may not go below this many pictures a second."""


def display_size(track: VideoTrack) -> tuple[Fraction, Fraction]:
    """Width and height as seen: square pixels, upright."""
    width, height = track.width * track.sample_aspect, Fraction(track.height)
    return (height, width) if track.rotation in (90, 270) else (width, height)


def output_rate(track: VideoTrack, most: Fraction) -> Fraction:
    """Pictures a second of the lesson.

    A constant rate is kept, or divided by the least whole number that brings it to `most`, so that
    every n-th picture is shown and motion stays even (60 to 30, 50 to 25, 60000/1001 to
    30000/1001); where that would be choppy (31 to 15.5) pictures are dropped down to `most`.
    """
    if track.variable:
        return next((rate for rate in VARIABLE_RATES if track.rate <= rate <= most), most)
    divided = track.rate / max(1, math.ceil(track.rate / most))
    return divided if divided >= CHOPPY or track.rate <= most else most


def renditions(track: VideoTrack, profile: Segmented) -> tuple[VideoRendition, ...]:
    """The rungs the recording has the pixels for; one smaller than all keeps its own size.

    Of a file to download there is one: the highest.
    """
    width, height = display_size(track)
    shorter = min(width, height)
    fitting = [rung for rung in profile.video if rung.size <= shorter]
    if not isinstance(profile, Streaming):
        fitting = fitting[-1:]
    if fitting:
        return tuple(_rendition(rung, rung.size, width / height) for rung in fitting)
    lowest = profile.video[0]
    size = even(shorter)
    return (_rendition(lowest, size, width / height, name=f"{size}p"),)


def even(value: Fraction) -> int:
    """4:2:0 pictures have even sides."""
    return max(2, 2 * round(value / 2))


def fit(size: int, aspect: Fraction) -> tuple[int, int]:
    """Width and height whose shorter side is `size`."""
    return (even(size * aspect), size) if aspect >= 1 else (size, even(size / aspect))


def _rendition(
    rung: Rung, size: int, aspect: Fraction, *, name: str | None = None
) -> VideoRendition:
    width, height = fit(size, aspect)
    return VideoRendition(
        name=name or rung.name,
        width=width,
        height=height,
        crf=rung.crf,
        preset=rung.preset,
        maxrate=rung.maxrate,
        buffer=rung.buffer,
    )
