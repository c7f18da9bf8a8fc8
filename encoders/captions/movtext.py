"""Captions as a track of MP4: 3GPP timed text (TS 26.245, `tx3g`), which FFmpeg calls mov_text.

A sample is shown until the next one, so gaps are samples without text, and samples do not overlap.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream

from encoders.captions.cuetext import Run, Style, lines_of
from encoders.captions.spans import flattened
from encoders.tasks import Caption

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet
    from av.stream import Stream

TIME_BASE = Fraction(1, 1000)
"""Seconds a tick."""

_FONT, _SIZE = "Arial", 16
_WHITE = b"\xff\xff\xff\xff"
_FACES = {"b": 1, "i": 2, "u": 4}
"""Face style flags (TS 26.245, 5.16.1.1)."""

_HEADER = f"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, BackColour, Alignment
Style: Default,{_FONT},{_SIZE},&H00ffffff,&H00000000,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""The look of all, as FFmpeg's encoder takes it; it makes the sample description of it."""


@dataclass(frozen=True, slots=True)
class TextSample:
    pts: int
    duration: int
    """Ticks of `TIME_BASE`."""
    data: bytes


@dataclass(frozen=True, slots=True)
class TimedText:
    samples: tuple[TextSample, ...]
    """From zero to the end of the lesson without a gap."""
    extradata: bytes
    """The sample description, less its box header: display flags to font table."""


def cues_for_mp4(captions: Sequence[Caption], duration: Fraction) -> TimedText:
    """What a tx3g track of a lesson of `duration` seconds is made of."""
    end = _ticks(duration)
    samples: list[TextSample] = []
    at = 0
    for span in flattened(captions):
        start, stop = min(_ticks(span.start), end), min(_ticks(span.stop), end)
        if start >= stop:
            continue
        if start > at:
            samples.append(TextSample(at, start - at, _sample("")))
        samples.append(TextSample(start, stop - start, _sample(span.text)))
        at = stop
    if at < end:
        samples.append(TextSample(at, end - at, _sample("")))
    return TimedText(tuple(samples), _description())


def add_text_track(container: OutputContainer, language: str) -> SubtitleStream:
    """A track for `text_packets` in an MP4 that is being written; `language` is ISO 639-2.

    PyAV sets extradata of what it opened itself only, so FFmpeg's encoder is opened for it; what is
    muxed are the samples of `cues_for_mp4`.
    """
    stream = container.add_stream("mov_text")
    stream.time_base = TIME_BASE
    stream.codec_context.subtitle_header = _HEADER.encode()
    stream.metadata["language"] = language
    return stream


def text_packets(text: TimedText, stream: SubtitleStream) -> "list[Packet[Stream]]":
    """The samples, ready to be muxed into `stream` in order with the packets of other tracks."""
    packets: list[Packet[Stream]] = []
    for sample in text.samples:
        packet = av.Packet(sample.data)
        packet.pts = packet.dts = sample.pts
        packet.duration = sample.duration
        packet.time_base = TIME_BASE
        packet.stream = stream
        packet.is_keyframe = True
        packets.append(packet)
    return packets


def _ticks(time: Fraction) -> int:
    return round(time / TIME_BASE)


def _sample(cue: str) -> bytes:
    """Length and text, then a `styl` box where something is bold, slanted or underlined."""
    runs = _joined(cue)
    text = "".join(piece for piece, _ in runs).encode()
    records = []
    at = 0
    for piece, style in runs:
        if style:
            records.append(_style(at, at + len(piece), style))
        at += len(piece)
    styles = _box(b"styl", struct.pack(">H", len(records)) + b"".join(records)) if records else b""
    return struct.pack(">H", len(text)) + text + styles


def _joined(cue: str) -> list[Run]:
    """One list of runs for all lines; style records count characters, line ends among them."""
    runs: list[Run] = []
    for line in lines_of(cue):
        if runs:
            runs.append(("\n", frozenset()))
        runs += line
    return runs


def _style(first: int, last: int, style: Style) -> bytes:
    flags = sum(_FACES[letter] for letter in style)
    return struct.pack(">HHHBB", first, last, 1, flags, _SIZE) + _WHITE


def _description() -> bytes:
    """TS 26.245, 5.16: at the bottom, in the middle, one font."""
    name = _FONT.encode()
    look = struct.pack(">IbbI4H", 0, 1, -1, 0xFF, *(0,) * 4)
    fonts = _box(b"ftab", struct.pack(">HHB", 1, 1, len(name)) + name)
    return look + _style(0, 0, frozenset()) + fonts


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body
