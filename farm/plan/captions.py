"""Captions: text tracks within the recording, and files handed in with it."""

from collections.abc import Sequence
from fractions import Fraction

from encoders.tasks import SubtitleTask
from farm.plan.languages import language_tag
from farm.plan.model import CaptionFile, SubtitlePlan
from farm.plan.reels import Placed
from farm.plan.sounds import label

SEGMENT = Fraction(60)
"""Seconds: text is small, and 600 files an hour would not be."""


def captions(
    main: Placed, files: Sequence[CaptionFile], duration: Fraction
) -> tuple[SubtitlePlan, ...]:
    """Files first: who hands one in wants it seen. `duration`: of the lesson."""
    handed = [_of_file(file, main, duration, n) for n, file in enumerate(files)]
    tracks = [track for track in main.facts.subtitles if track.text]
    embedded = [
        SubtitlePlan(
            name=_name(n),
            language=language_tag(track.language),
            label=track.title or label(track.language, n),
            material=main.material,
            task=SubtitleTask(
                path=main.material.path,
                stream=track.stream,
                shifts=track.shifts,
                origin=main.origin,
                duration=duration,
                name=_name(n),
                segment=SEGMENT,
                folder="",
            ),
            weight=1.0,
        )
        for n, track in enumerate(tracks, len(handed))
    ]
    return (*handed, *embedded)


def _of_file(file: CaptionFile, main: Placed, duration: Fraction, n: int) -> SubtitlePlan:
    return SubtitlePlan(
        name=_name(n),
        language=language_tag(file.language),
        label=label(file.language, n),
        material=file.material,
        task=SubtitleTask(
            path=file.material.path,
            stream=None,
            shifts=(),
            origin=-main.offset,
            duration=duration,
            name=_name(n),
            segment=SEGMENT,
            folder="",
        ),
        weight=1.0,
    )


def _name(index: int) -> str:
    return f"subtitles-{index + 1}"
