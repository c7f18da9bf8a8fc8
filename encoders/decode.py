"""The pictures of one span of a recording, in the order they are shown, each decoded once."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags
from av.container import InputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from encoders.aspect import Aspect
from encoders.facts import KeyFrame
from encoders.opening import Unreadable, open_media
from encoders.reading import packets
from encoders.tasks import Source
from encoders.timeline import Clock

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

    VideoPacket = Packet[Stream]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and when it is shown, lesson clock."""

    time: Fraction
    frame: VideoFrame
    """Its `opaque`, which filters hand on, is its sample aspect: PyAV does not tell a frame's."""


class Decoder:
    """Decodes a `Source` with one thread. Raises Unreadable where there is no such stream.

    `alive` is called for every packet read, those on the way to the span too.
    """

    def __init__(self, source: Source, alive: Callable[[], None] = lambda: None) -> None:
        self._source = source
        self._alive = alive
        self._container, self._stream = _open(source)
        self._aspect = Aspect(self._stream)
        self.width, self.height = self._stream.width, self._stream.height
        """Coded size as the container declares it."""
        self.decoded = 0
        """Pictures the decoder gave out so far, wanted or not."""
        self.errors = 0
        """Packets that did not decode so far."""

    @property
    def sample_aspect(self) -> Fraction:
        """Of the picture whose packet was decoded last; pictures given out may be older."""
        return self._aspect.now

    @property
    def _context(self) -> VideoCodecContext:
        return self._stream.codec_context

    def pictures(self) -> Iterator[Shown]:
        """Those shown within the span; what does not decode is counted and left out.

        The container's own times decide what is within, as they are equal on both sides of a seam;
        only then are they put on the source's grid.
        """
        stop, grid = self._source.stop, self._source.grid
        for ticks, frame in self._frames():
            time = ticks * self._clock.time_base - self._clock.origin
            if time >= self._source.start.time and (stop is None or time < stop.time):
                yield Shown(time if grid is None else grid.settled(time), frame)

    def close(self) -> None:
        self._container.close()

    @property
    def _clock(self) -> Clock:
        time_base = self._stream.time_base
        if time_base is None:
            raise Unreadable("no-decodable-stream", "a video stream without a time base")
        return Clock(time_base, self._source.shifts, self._source.origin)

    def _frames(self) -> Iterator[tuple[int, VideoFrame]]:
        """Every picture the decoder gives out, with its mended time in ticks."""
        stamps = _Stamps(self._nominal_ticks())
        for ordinal, packet in self._span():
            stamps.sending(packet, self._clock.offset(ordinal))
            yield from self._given(packet, stamps)
            stamps.settle(self._context.reorder_depth)
        yield from self._given(None, stamps)

    def _given(
        self, packet: "VideoPacket | None", stamps: "_Stamps"
    ) -> Iterator[tuple[int, VideoFrame]]:
        for frame in self._decode(packet):
            self.decoded += 1
            aspect = frame.opaque
            frame.opaque = aspect[0] if isinstance(aspect, list) and aspect else self.sample_aspect
            ticks = stamps.of(frame)
            if ticks is not None:
                yield ticks, frame

    def _nominal_ticks(self) -> int:
        """A picture's duration where nothing better is known."""
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
        return max(1, round(1 / (rate * self._clock.time_base)))

    def _decode(self, packet: "VideoPacket | None") -> list[VideoFrame]:
        # The decoder hands this on to the packet's picture, which it may give out much later.
        aspect: list[Fraction] = []
        if packet is not None:
            packet.opaque = aspect
        try:
            return self._context.decode(packet)
        except MemoryError:
            raise
        except av.FFmpegError:
            self.errors += 1
            return []
        finally:
            aspect.append(self.sample_aspect)

    def _span(self) -> "Iterator[tuple[int, VideoPacket]]":
        """Packets to decode with their ordinals: up to the next chunk's key frame, and that one
        with its leading pictures where there are any (open GOP)."""
        first, stop = self._source.start.packet, self._source.stop
        numbered = enumerate(self._from_start(), first)
        if stop is None:
            return numbered
        after = 1 + stop.leading if stop.leading else 0
        return islice(numbered, stop.packet - first + after)

    def _from_start(self) -> "Iterator[VideoPacket]":
        """Packets from the start key frame on: by a seek that lands on it, or by counting."""
        start = self._source.start
        if start.packet and self._source.seekable:
            try:
                self._container.seek(
                    start.pts if start.dts is None else start.dts, stream=self._stream
                )
                landed = _from(start, self._packets())
            except av.FFmpegError:
                landed = None
            if landed is not None:
                return landed
            self._container.close()
            self._container, self._stream = _open(self._source)
            self._aspect = Aspect(self._stream)
        return islice(self._packets(), start.packet, None)

    def _packets(self) -> "Iterator[VideoPacket]":
        """The stream's packets in file order, without the empty one that PyAV ends with."""
        for packet in packets(self._container, self._stream, self._failed):
            self._alive()
            if packet.size or packet.dts is not None:
                yield packet

    def _failed(self) -> None:
        self.errors += 1


class _Stamps:
    """Mended times of pictures, also of those whose packets had no pts.

    AVI stores no times but the order of pictures, and FFmpeg knows a pts for some packets only.
    Where the first has none, the n-th picture shown has the n-th packet's time, in file order, as
    the inspection counted. A packet that gave no picture would let all later ones lag, so what
    waits beyond the decoder's own delay is dropped. Elsewhere a picture without a pts follows the
    one before (MPEG program streams).
    """

    def __init__(self, nominal: int) -> None:
        self._nominal = nominal
        self._last: int | None = None
        self._counted: bool | None = None
        self._waiting: deque[int] = deque()

    def sending(self, packet: "VideoPacket", offset: int) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if self._counted is None:
            self._counted = packet.pts is None
        if packet.pts is not None:
            packet.pts += offset
        if self._counted and stamp is not None and packet.size and not packet.is_discard:
            self._waiting.append(stamp + offset)

    def settle(self, delay: int) -> None:
        while len(self._waiting) > delay:
            self._waiting.popleft()

    def of(self, frame: VideoFrame) -> int | None:
        if self._counted:
            return self._waiting.popleft() if self._waiting else None
        if frame.pts is not None:
            self._last = frame.pts
        elif self._last is not None:
            self._last += frame.duration or self._nominal
        return self._last


def _open(source: Source) -> tuple[InputContainer, VideoStream]:
    container = open_media(source.path)
    stream = container.streams[source.stream] if source.stream < len(container.streams) else None
    if not isinstance(stream, VideoStream):
        container.close()
        raise Unreadable("no-decodable-stream", f"stream {source.stream} is not video")
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= Flags.bitexact  # the same pictures on every machine
    context.flags |= Flags.copy_opaque  # from packets to their pictures
    return container, stream


def _from(start: KeyFrame, read: "Iterator[VideoPacket]") -> "Iterator[VideoPacket] | None":
    """The packets from `start` on, or None where a seek went past it."""
    for packet in read:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp == start.pts and packet.is_keyframe:
            return _chained(packet, read)
        if packet.is_keyframe and stamp is not None and stamp > start.pts:
            return None
    return None


def _chained(first: "VideoPacket", rest: "Iterator[VideoPacket]") -> "Iterator[VideoPacket]":
    yield first
    yield from rest
