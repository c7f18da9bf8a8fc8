"""The text tracks of a recording, cue by cue."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from encoders.captions.check import MOST, UNSAID
from encoders.captions.cuetext import cue_text
from encoders.captions.times import stamp
from encoders.opening import Unreadable, open_media
from encoders.reading import packets
from encoders.tasks import Caption, SubtitleTask
from encoders.timeline import Clock

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

_FOREVER = 0xFFFF_FFFF  # FFmpeg's end_display_time for "until the next one"

_SCRIPTS = {"ass", "ssa"}
"""Codecs in which braces hold comments; elsewhere FFmpeg hands them on as text."""


@dataclass(frozen=True, slots=True)
class Cue:
    start: Fraction
    stop: Fraction | None
    """Lesson clock, seconds; None until the next cue."""
    text: str
    """WebVTT cue text."""


def read_track(task: SubtitleTask, stream: int) -> list[Caption]:
    """The captions of one stream, in order of time; a cue that does not decode is left out.

    Raises Unreadable where the stream is no text track.
    """
    cues = sorted(islice(_cues(task, stream), MOST), key=lambda cue: cue.start)
    return _within(_closed(cues), task.duration)


def _cues(task: SubtitleTask, index: int) -> Iterator[Cue]:
    with closing(open_media(task.path)) as container:
        stream = _track(container, index)
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


def _closed(cues: list[Cue]) -> Iterator[Caption]:
    """Every cue with an end, in order of their starts."""
    for cue, following in pairwise([*cues, None]):
        if cue is None:
            return
        latest = cue.start + UNSAID
        stop = cue.stop or (min(latest, following.start) if following else latest)
        yield Caption(cue.start, stop, cue.text)


def _within(captions: Iterator[Caption], duration: Fraction) -> list[Caption]:
    cut = (Caption(max(Fraction(0), c.start), min(duration, c.stop), c.text) for c in captions)
    return [caption for caption in cut if stamp(caption.start) < stamp(caption.stop)]


def _track(container: InputContainer, index: int) -> SubtitleStream:
    stream = container.streams[index] if index < len(container.streams) else None
    if not isinstance(stream, SubtitleStream):
        raise Unreadable("no-decodable-stream", f"stream {index} holds no subtitles")
    return stream
