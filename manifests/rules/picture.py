"""Rules of what was encoded, as far as the values tell."""

from collections.abc import Iterator
from fractions import Fraction

from manifests.model import Video
from manifests.rules.lesson import MASTER, Lesson
from manifests.violations import Violation, error, warning

_NATURAL = tuple(
    Fraction(*rate)
    for rate in (
        (24000, 1001),
        (24, 1),
        (25, 1),
        (30000, 1001),
        (30, 1),
        (50, 1),
        (60000, 1001),
        (60, 1),
    )
)
_PROFILES = {0x42: "Baseline", 0x4D: "Main", 0x64: "High"}


def codecs(lesson: Lesson) -> Iterator[Violation]:
    levels = []
    for video in lesson.p.video:
        kind, _, parameters = video.codecs.partition(".")
        if kind not in ("avc1", "hvc1"):
            yield warning("1.10", MASTER, f"{video.name} is {kind}, not avc1 or hvc1.")
        if kind not in ("avc1", "avc3"):
            continue
        try:
            profile, _, level = bytes.fromhex(parameters)
        except ValueError:
            yield error("1.3b", MASTER, f"{video.codecs!r} does not name a profile and level.")
            continue
        levels.append(level)
        if profile not in _PROFILES or level > 52:
            yield error("1.3b", MASTER, f"{video.codecs} is over High Profile, level 5.2.")
    if levels and min(levels) > 41:
        yield warning("1.3a", MASTER, "No variant is at most High Profile, level 4.1.")


def frame_rates(lesson: Lesson) -> Iterator[Violation]:
    for video in lesson.p.video:
        if video.frame_rate > 60:
            yield error("1.19", MASTER, f"{video.name} has over 60 pictures a second.")
        elif all(abs(video.frame_rate - rate) > Fraction(1, 100) for rate in _NATURAL):
            yield warning(
                "1.18", MASTER, f"{video.name} has {float(video.frame_rate):.3f} pictures a second."
            )


def aspect(lesson: Lesson) -> Iterator[Violation]:
    """Sizes are even numbers, so a side may be off by up to two pixels."""
    largest = max(lesson.p.video, key=lambda video: video.width * video.height, default=None)
    for video in lesson.p.video:
        if largest and not _alike(video, largest):
            yield warning("1.33", MASTER, f"{video.name} has another shape than {largest.name}.")


def _alike(video: Video, other: Video) -> bool:
    width = Fraction(video.height * other.width, other.height)
    height = Fraction(video.width * other.height, other.width)
    return abs(video.width - width) <= 2 or abs(video.height - height) <= 2


RULES = (codecs, frame_rates, aspect)
