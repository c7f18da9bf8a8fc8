"""Embedded text tracks as WebVTT segments (https://www.w3.org/TR/webvtt1/)."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from encoders.artifact import finish
from encoders.cuetext import cue_text
from encoders.opening import Unreadable, open_media
from encoders.reading import packets
from encoders.tasks import SubtitleResult, SubtitleSegment, SubtitleTask
from encoders.timeline import Clock

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

_HEADER = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
"""RFC 8216, 3.5: cue times are on the clock that the media's tfdt counts from zero."""

_UNSAID = Fraction(4)
"""Seconds a cue stays, at most, where the container does not say how long."""

_FOREVER = 0xFFFF_FFFF  # FFmpeg's end_display_time for "until the next one"

_CROWD = 500
"""Cues in one segment; no one reads more in the time."""

_MOST = 50_000
"""Cues of a track."""

_SCRIPTS = {"ass", "ssa"}
"""Codecs in which braces hold comments; elsewhere FFmpeg hands them on as text."""


@dataclass(frozen=True, slots=True)
class Cue:
    start: Fraction
    stop: Fraction | None
    """Lesson clock, seconds; None until the next cue."""
    text: str
    """WebVTT cue text."""


Timed = tuple[Fraction, Fraction, str]
"""Start, stop (lesson clock, seconds) and cue text."""


def convert_subtitles(task: SubtitleTask) -> SubtitleResult:
    """Segments that span the whole lesson, each with every cue it overlaps.

    A cue that does not decode is left out. Raises Unreadable where the track is no text track.
    """
    cues = _within(
        _closed(sorted(islice(_cues(task), _MOST), key=lambda cue: cue.start)), task.duration
    )
    shown = _by_segment(cues, task.segment)
    segments = []
    for index in range(max(1, ceil(task.duration / task.segment))):
        start = index * task.segment
        stop = min(start + task.segment, task.duration)
        name = f"{task.name}-{index:05d}"
        text = _document(shown.get(index, []))
        file = finish(Path(task.folder), name, "vtt", text.encode(), "text/vtt")
        segments.append(SubtitleSegment(file, start, stop - start))
    return SubtitleResult(tuple(segments), len(cues))


def _by_segment(cues: list[Timed], segment: Fraction) -> dict[int, list[Timed]]:
    """Every segment's cues; a hostile track does not fill the disk with repetitions."""
    shown: dict[int, list[Timed]] = defaultdict(list)
    for cue in cues:
        for index in range(cue[0] // segment, ceil(cue[1] / segment)):
            if len(shown[index]) < _CROWD:
                shown[index].append(cue)
    return shown


def _cues(task: SubtitleTask) -> Iterator[Cue]:
    with closing(open_media(task.path)) as container:
        stream = _track(container, task.stream)
        clock = Clock(stream.time_base or Fraction(1), task.shifts, task.origin)
        script = stream.codec_context.name in _SCRIPTS
        for ordinal, packet in enumerate(packets(container, stream, lambda: None)):
            if packet.pts is not None and packet.size:
                time = clock.time(packet.pts, ordinal)
                yield from _decoded(stream, packet, time, script)


def _decoded(
    stream: SubtitleStream, packet: "Packet[Stream]", time: Fraction, script: bool
) -> Iterator[Cue]:
    try:
        shown = stream.decode2(packet)
    except MemoryError:
        raise
    except av.FFmpegError:
        return
    if shown is None:
        return
    events = [
        rect.ass.decode("utf-8", "replace") for rect in shown if isinstance(rect, AssSubtitle)
    ]
    text = "\n".join(filter(None, (cue_text(event, script) for event in events)))
    if text:
        start = time + Fraction(shown.start_display_time, 1000)
        yield Cue(start, _stop(packet, time, shown.end_display_time), text)


def _stop(packet: "Packet[Stream]", time: Fraction, displayed: int) -> Fraction | None:
    """`displayed` in milliseconds from `time`; 0 where the decoder leaves it to the container."""
    if 0 < displayed < _FOREVER:
        return time + Fraction(displayed, 1000)
    if packet.duration and packet.time_base:
        return time + packet.duration * packet.time_base
    return None


def _closed(cues: list[Cue]) -> Iterator[Timed]:
    """Every cue with an end, in order of their starts."""
    for cue, following in pairwise([*cues, None]):
        if cue is None:
            return
        latest = cue.start + _UNSAID
        stop = cue.stop or (min(latest, following.start) if following else latest)
        yield cue.start, stop, cue.text


def _within(cues: Iterator[Timed], duration: Fraction) -> list[Timed]:
    cut = ((max(Fraction(0), start), min(duration, stop), text) for start, stop, text in cues)
    return [cue for cue in cut if _stamp(cue[0]) < _stamp(cue[1])]


def _document(cues: list[Timed]) -> str:
    blocks = [f"{_stamp(start)} --> {_stamp(stop)}\n{text}\n" for start, stop, text in cues]
    return "\n".join([_HEADER, *blocks])


def _stamp(time: Fraction) -> str:
    milliseconds = round(time * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def _track(container: InputContainer, index: int) -> SubtitleStream:
    stream = container.streams[index] if index < len(container.streams) else None
    if not isinstance(stream, SubtitleStream):
        raise Unreadable("no-decodable-stream", f"stream {index} holds no subtitles")
    return stream
