"""The sound of a recording as blocks of float samples, whatever does not decode left out."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

from encoders.loudness import Samples
from encoders.opening import Unreadable, open_media
from encoders.reading import packets
from encoders.samples import Various
from encoders.tasks import SoundSource
from encoders.timeline import Clock


@dataclass(frozen=True, slots=True)
class Block:
    samples: Samples
    rate: int
    """Hz."""
    names: tuple[str, ...]
    """FFmpeg's names of the channels, in stream order."""
    time: Fraction | None
    """Lesson clock, seconds; None where the container does not say."""
    after_loss: bool
    """Whether something before it did not decode."""


class Reader:
    """Reads one track from its start; `errors` counts packets and reads that failed."""

    def __init__(self, source: SoundSource) -> None:
        self.source = source
        self.errors = 0
        self._lost = False

    def blocks(self) -> Iterator[Block]:
        if self.source.stream is None:
            return
        with closing(open_media(self.source.path)) as container:
            stream = _track(container, self.source.stream)
            # A frame may come out after the next packet went in: it brings its own ordinal along.
            stream.codec_context.copy_opaque = True
            samples = Various()
            clock = Clock(stream.time_base or Fraction(1), self.source.shifts, self.source.origin)
            for ordinal, packet in enumerate(packets(container, stream, self._fail)):
                packet.opaque = ordinal
                for frame in self._decode(stream, packet):
                    came_from = frame.opaque if isinstance(frame.opaque, int) else ordinal
                    time = None if frame.pts is None else clock.time(frame.pts, came_from)
                    names = tuple(channel.name for channel in frame.layout.channels)
                    block = Block(samples.floats(frame), frame.sample_rate, names, time, self._lost)
                    self._lost = False
                    yield block

    def _decode(self, stream: AudioStream, packet: "Packet[Stream]") -> list[AudioFrame]:
        try:
            return [frame for frame in stream.decode(packet) if frame.samples]
        except MemoryError:
            raise
        except av.FFmpegError:
            self._fail()
            return []

    def _fail(self) -> None:
        self.errors += 1
        self._lost = True


def _track(container: InputContainer, index: int) -> AudioStream:
    stream = container.streams[index] if index < len(container.streams) else None
    if not isinstance(stream, AudioStream):
        raise Unreadable("no-decodable-stream", f"stream {index} is not audio")
    return stream
