"""One text track as WebVTT (https://www.w3.org/TR/webvtt1/): in segments, and as one file."""

from collections import defaultdict
from fractions import Fraction
from math import ceil
from pathlib import Path

from encoders.artifact import finish
from encoders.captions.check import checked
from encoders.captions.embedded import read_track
from encoders.captions.files import read_file
from encoders.captions.findings import Faults
from encoders.captions.whole import document
from encoders.facts import Severity
from encoders.tasks import Artifact, Caption, SubtitleResult, SubtitleSegment, SubtitleTask

_SEGMENT_HEADER = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
"""RFC 8216, 3.5: cue times are on the clock that the media's tfdt counts from zero."""

_CROWD = 500
"""Cues in one segment; no one reads more in the time."""


def convert_subtitles(task: SubtitleTask) -> SubtitleResult:
    """Segments that span the whole lesson, each with every cue it overlaps, and all in one file.

    A file of captions never raises for what is in it: findings say what was wrong, and where none
    could be used one of them is a refusal. Of a recording's own track a cue that does not decode
    is left out. Raises Unreadable where `task.stream` is no text track, and OSError.
    """
    faults = Faults()
    if task.stream is None:
        raws = read_file(Path(task.path), faults)
        captions = checked(raws, task.origin, task.duration, faults)
        if not captions and all(one.severity is not Severity.REFUSAL for one in faults.told()):
            faults.add("captions-none")
    else:
        captions = read_track(task, task.stream)
    whole = _finished(task, task.name, document(captions))
    return SubtitleResult(_segments(task, captions), whole, tuple(captions), faults.told())


def _segments(task: SubtitleTask, captions: list[Caption]) -> tuple[SubtitleSegment, ...]:
    shown = _by_segment(captions, task.segment)
    segments = []
    for index in range(max(1, ceil(task.duration / task.segment))):
        start = index * task.segment
        stop = min(start + task.segment, task.duration)
        text = document(shown.get(index, []), _SEGMENT_HEADER)
        file = _finished(task, f"{task.name}-{index:05d}", text)
        segments.append(SubtitleSegment(file, start, stop - start))
    return tuple(segments)


def _by_segment(captions: list[Caption], segment: Fraction) -> dict[int, list[Caption]]:
    """Every segment's cues; a hostile track does not fill the disk with repetitions."""
    shown: dict[int, list[Caption]] = defaultdict(list)
    for caption in captions:
        for index in range(caption.start // segment, ceil(caption.stop / segment)):
            if len(shown[index]) < _CROWD:
                shown[index].append(caption)
    return shown


def _finished(task: SubtitleTask, name: str, text: str) -> Artifact:
    return finish(Path(task.folder), name, "vtt", text.encode(), "text/vtt")
