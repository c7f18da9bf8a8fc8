"""One pass: samples in, one file of a codec out."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.stream import Stream

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

from encoders.audio.codecs import CODECS, Codec
from encoders.audio.stream import audio_frame, zeros
from encoders.loudness import Samples
from encoders.tasks import SoundRendition


@dataclass(frozen=True, slots=True)
class SoundFile:
    delay: int
    """Samples a decoder gives out before the first one meant."""
    cpu: float
    """Seconds spent in the encoder."""


def codec_of(rendition: SoundRendition) -> Codec:
    """Raises ValueError where there is no such codec, or it has not that sample rate."""
    codec = CODECS.get(rendition.codec)
    if codec is None:
        raise ValueError(
            f"{rendition.name} asks for the codec {rendition.codec!r}; known: {', '.join(CODECS)}"
        )
    if rendition.sample_rate not in codec.rates:
        rates = " or ".join(str(rate) for rate in codec.rates)
        raise ValueError(
            f"{rendition.name} asks for {codec.name} at {rendition.sample_rate} Hz; write {rates}"
        )
    return codec


def write_sound(path: Path, blocks: Iterable[Samples], rendition: SoundRendition) -> SoundFile:
    """Whole frames of samples in blocks of any size."""
    codec = codec_of(rendition)
    encoder = _Encoder(codec, rendition)
    with av.open(
        str(path),
        "w",
        format=codec.format,
        container_options={"fflags": "+bitexact", **codec.muxing},
    ) as container:
        stream = container.add_stream(
            codec.encoder, rate=rendition.sample_rate, options=codec.encoding
        )
        if not isinstance(stream, AudioStream):
            raise RuntimeError(f"FFmpeg's {codec.encoder} is no encoder of sound")
        for packet in encoder.packets(stream, blocks):
            container.mux_one(packet)
    return SoundFile(encoder.delay, encoder.cpu)


class _Encoder:
    def __init__(self, codec: Codec, rendition: SoundRendition) -> None:
        self._codec = codec
        self._rendition = rendition
        self.delay = 0
        self.cpu = 0.0

    def packets(self, stream: AudioStream, blocks: Iterable[Samples]) -> "Iterator[Packet[Stream]]":
        """Those that are kept, their times counted from sample 0."""
        rate, silence = self._rendition.sample_rate, self._codec.silence
        self._set_up(stream)
        first = True
        for packet in self._encoded(stream, blocks):
            if packet.pts is None or packet.time_base is None:
                raise RuntimeError(f"{self._rendition.name}: the encoder gave a packet no time")
            packet.pts -= round(Fraction(silence, rate) / packet.time_base)
            packet.dts = packet.pts
            if packet.pts < 0 and self._codec.drops:
                continue
            if first:
                self.delay, first = round(-packet.pts * packet.time_base * rate), False
            yield packet

    def _set_up(self, stream: AudioStream) -> None:
        rendition, context = self._rendition, stream.codec_context
        context.layout = "mono" if rendition.channels == 1 else "stereo"
        context.format = self._codec.samples
        context.bit_rate = rendition.bitrate
        context.time_base = Fraction(1, rendition.sample_rate)
        context.thread_count = 1
        context.flags |= Flags.bitexact  # the same bytes on every machine, no version written

    def _encoded(
        self, stream: AudioStream, blocks: Iterable[Samples]
    ) -> "Iterator[Packet[Stream]]":
        pts = 0
        for block in self._padded(blocks):
            began = time.process_time()
            made = stream.encode(audio_frame(block, self._rendition.sample_rate, pts))
            self.cpu += time.process_time() - began
            pts += block.shape[1]
            yield from made
        yield from stream.encode(None)

    def _padded(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """With the silence that fills up the packets left out, and as much as the delay behind."""
        channels, silence = self._rendition.channels, self._codec.silence
        if silence:
            yield zeros(channels, silence)
        yield from blocks
        if silence:
            yield zeros(channels, self._codec.frame - silence)
