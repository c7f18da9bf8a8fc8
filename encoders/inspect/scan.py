"""One pass over all packets of a recording: nothing is decoded but sound, as it goes by."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from encoders.facts import Shift
from encoders.inspect.jumps import Jump, Jumps
from encoders.inspect.pace import Ticks
from encoders.inspect.sound import Listener
from encoders.opening import packets

_COVERS = Disposition.attached_pic | Disposition.timed_thumbnails
_DISCONTINUOUS = {"mpegts", "mpeg", "flv"}
"""Formats that are cut and joined without their clocks being rewritten."""

_MOST_PACKETS = 12 * 3600 * 120
"""Of one stream's pictures: twelve hours at 120 a second."""

_KEY, _DISCARD, _STAMPED = 1, 2, 4
_REPORT_EVERY = 1000
"""Packets."""

AnyPacket: TypeAlias = "Packet[Stream]"
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class VideoScan:
    """Every packet of one video stream, in file order; 25 bytes a packet."""

    stream: VideoStream
    time_base: Fraction
    encrypted: bool = False
    _pts: "array[int]" = field(default_factory=lambda: array("q"))
    _dts: "array[int]" = field(default_factory=lambda: array("q"))
    _sizes: "array[int]" = field(default_factory=lambda: array("i"))
    _durations: "array[int]" = field(default_factory=lambda: array("i"))
    _flags: bytearray = field(default_factory=bytearray)

    def take(self, packet: AnyPacket, _offset: int) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        flags = _KEY * packet.is_keyframe | _DISCARD * packet.is_discard
        self._flags.append(flags | (0 if stamp is None else _STAMPED))
        self._pts.append(stamp or 0)
        self._dts.append((stamp or 0) if packet.dts is None else packet.dts)
        self._sizes.append(packet.size)
        self._durations.append(min(packet.duration or 0, 2**31 - 1))
        self.encrypted = self.encrypted or packet.has_sidedata("encryption_info")

    @property
    def packets(self) -> int:
        return len(self._flags)

    @property
    def keys(self) -> Flags:
        """Which packets decoding may start at."""
        return self._marked(_KEY) & self._marked(_STAMPED)

    @property
    def shown(self) -> Flags:
        """Which packets hold a picture that is meant to be seen."""
        return self._marked(_STAMPED) & ~self._marked(_DISCARD)

    @property
    def stamps(self) -> tuple[Ticks, Ticks]:
        """Unmended pts and dts."""
        return np.array(self._pts, np.int64), np.array(self._dts, np.int64)

    @property
    def sizes(self) -> Ticks:
        return np.array(self._sizes, np.int64)

    @property
    def durations(self) -> Ticks:
        return np.array(self._durations, np.int64)

    def times(self, shifts: tuple[Shift, ...]) -> Ticks:
        """Mended presentation times, in file order."""
        before = np.array(self._pts, np.int64)
        after = before.copy()
        for shift in shifts:
            after[shift.packet :] = before[shift.packet :] + shift.offset
        return after

    def _marked(self, flag: int) -> Flags:
        marked: Flags = (np.frombuffer(bytes(self._flags), np.uint8) & flag) > 0
        return marked


@dataclass(slots=True)
class SubtitleScan:
    stream: SubtitleStream
    time_base: Fraction
    packets: int = 0

    def take(self, _packet: AnyPacket, _offset: int) -> None:
        self.packets += 1


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the packets tells."""

    video: tuple[VideoScan, ...]
    audio: tuple[Listener, ...]
    subtitles: tuple[SubtitleScan, ...]
    jumps: tuple[Jump, ...]
    shifts: dict[int, tuple[Shift, ...]]
    broken: bool
    """Whether reading ended in an error and not at the end of the file."""
    endless: bool
    """Whether there were more packets than any lesson has."""

    @property
    def tracks(self) -> tuple[VideoScan | Listener, ...]:
        """Picture and sound, in that order."""
        return (*self.video, *self.audio)


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a picture that goes with the file, not a film."""
    return bool(stream.disposition & _COVERS)


def scan(container: InputContainer, size: int, report: Callable[[float], None]) -> Scan:
    """Read all packets of `container`; `report` is told how much of `size` bytes is read."""
    reader = _Reader(container)
    broken = False
    try:
        for count, packet in enumerate(reader.packets()):
            reader.take(packet)
            if count % _REPORT_EVERY == 0 and packet.pos is not None:
                report(min(1.0, packet.pos / size))
            if reader.endless:
                break
    except av.error.MemoryError:
        raise
    except av.FFmpegError:
        broken = True
    return reader.result(broken)


class _Reader:
    def __init__(self, container: InputContainer) -> None:
        self._container = container
        self._jumps = Jumps(container.format.name in _DISCONTINUOUS)
        self._sinks: dict[int, VideoScan | Listener | SubtitleScan] = {}
        self._ordinals: dict[int, int] = {}
        self.endless = False
        for stream in container.streams:
            sink = _sink(stream)
            if sink is not None:
                self._sinks[stream.index] = sink
                self._ordinals[stream.index] = 0
                self._jumps.track(stream.index, isinstance(sink, Listener), sink.time_base)

    def packets(self) -> Iterator[AnyPacket]:
        return packets(self._container, *(self._container.streams[i] for i in self._sinks))

    def take(self, packet: AnyPacket) -> None:
        index = packet.stream.index
        sink = self._sinks[index]
        stamp = packet.dts if packet.dts is not None else packet.pts
        ordinal = self._ordinals[index]
        self._ordinals[index] = ordinal + 1
        if stamp is not None:
            self._follow(sink, index, ordinal, stamp, packet.duration or 0)
        sink.take(packet, self._jumps.offset(index))
        self.endless = isinstance(sink, VideoScan) and ordinal > _MOST_PACKETS

    def _follow(
        self,
        sink: VideoScan | Listener | SubtitleScan,
        index: int,
        ordinal: int,
        stamp: int,
        duration: int,
    ) -> None:
        scale, per = sink.time_base.numerator * 1_000_000, sink.time_base.denominator
        if isinstance(sink, SubtitleScan):
            self._jumps.follow_sparse(index, ordinal, stamp * scale // per)
        else:
            self._jumps.follow(index, ordinal, stamp * scale // per, duration * scale // per)

    def result(self, broken: bool) -> Scan:
        sinks = self._sinks.values()
        audio = tuple(sink for sink in sinks if isinstance(sink, Listener))
        for listener in audio:
            listener.finish()
        return Scan(
            video=tuple(sink for sink in sinks if isinstance(sink, VideoScan)),
            audio=audio,
            subtitles=tuple(sink for sink in sinks if isinstance(sink, SubtitleScan)),
            jumps=tuple(self._jumps.found),
            shifts={index: self._jumps.shifts(index) for index in self._sinks},
            broken=broken,
            endless=self.endless,
        )


def _sink(stream: Stream) -> VideoScan | Listener | SubtitleScan | None:
    if stream.time_base is None or is_cover(stream):
        return None
    match stream:
        case VideoStream():
            return VideoScan(stream, stream.time_base)
        case AudioStream():
            return Listener(stream, stream.time_base)
        case SubtitleStream():
            return SubtitleScan(stream, stream.time_base)
    return None
