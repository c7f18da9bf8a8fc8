"""Single pictures of a recording, decoded at key frames; tells on the way whether seeks land."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import TypeAlias, cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from encoders.aspect import Aspect
from encoders.facts import KeyFrame
from encoders.opening import open_media, packets

_PATIENCE = 1000
"""Packets read after a seek until the key frame must have come by."""
_ATTEMPTS = 200
"""Packets sent to a decoder until it must have given a picture."""

VideoPacket: TypeAlias = "Packet[VideoStream]"


class Sampler:
    """Ask for key frames in the order of the file."""

    def __init__(self, path: str, stream: int, pixels: int) -> None:
        self._path, self._index, self._pixels = path, stream, pixels
        self.seekable = True
        """Whether every seek so far landed on the key frame asked for."""
        self.sample_aspect = Fraction(1)
        """Of the key frame asked for last."""
        self._open()

    def close(self) -> None:
        self._container.close()

    def picture(self, key: KeyFrame) -> VideoFrame | None:
        """The key frame's own picture; None where it does not decode alone."""
        for packet in islice(self._go(key), 1):
            frames = [*self._decode(packet), *self._decode(None)]
            self.sample_aspect = self._aspect.now
            self._stream.codec_context.flush_buffers()
            return frames[0] if frames else None
        return None

    def run(self, key: KeyFrame, count: int) -> list[VideoFrame]:
        """The first `count` pictures from a key frame on; fewer at the end or where it fails."""
        frames: list[VideoFrame] = []
        for sent, packet in enumerate(islice(self._go(key), _ATTEMPTS)):
            frames += self._decode(packet)
            if sent == 0:
                self.sample_aspect = self._aspect.now
            if len(frames) >= count:
                break
        else:
            frames += self._decode(None)
        self._stream.codec_context.flush_buffers()
        return frames[:count]

    def _go(self, key: KeyFrame) -> Iterator[VideoPacket]:
        if self.seekable and key.packet:
            first = self._seek(key)
            if first is not None:
                yield first
                yield from self._read()
                return
            self.seekable = False
            self._container.close()
            self._open()
        if key.packet < self._next:
            self._container.close()
            self._open()
        while self._next < key.packet:
            if next(self._packets, None) is None:
                return
            self._next += 1
        yield from self._read()

    def _read(self) -> Iterator[VideoPacket]:
        for packet in self._packets:
            self._next += 1
            yield packet

    def _seek(self, key: KeyFrame) -> "VideoPacket | None":
        try:
            target = key.pts if key.dts is None else key.dts
            self._container.seek(target, stream=self._stream)
        except av.FFmpegError:
            return None
        self._packets = self._demux()
        for packet in islice(self._packets, _PATIENCE):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if packet.is_keyframe and stamp is not None and stamp >= key.pts:
                self._next = key.packet + 1
                return packet if stamp == key.pts else None
        return None

    def _open(self) -> None:
        self._container, self._stream = _open(self._path, self._index, self._pixels)
        self._aspect = Aspect(self._stream)
        self._packets = self._demux()
        self._next = 0

    def _demux(self) -> Iterator[VideoPacket]:
        try:
            for packet in packets(self._container, self._stream):
                yield cast("VideoPacket", packet)
        except av.error.MemoryError:
            raise
        except av.FFmpegError:
            return

    def _decode(self, packet: "VideoPacket | None") -> list[VideoFrame]:
        try:
            return self._stream.codec_context.decode(packet)
        except av.error.MemoryError:
            raise
        except av.FFmpegError:
            return []


def _open(path: str, index: int, pixels: int) -> tuple[InputContainer, VideoStream]:
    container = open_media(path, pixels)
    stream = container.streams[index]
    if not isinstance(stream, VideoStream):
        container.close()
        raise ValueError(f"stream {index} is not video")
    stream.codec_context.thread_count = 1
    return container, stream
