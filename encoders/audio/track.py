"""One pass: samples in, a fragmented AAC track in one file out, and where its segments lie."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
from av.codec.context import Flags

from encoders.audio.boxes import FRAME, fragment, init
from encoders.audio.codecs import CODER
from encoders.audio.stream import audio_frame
from encoders.loudness import Samples
from encoders.tasks import AudioRendition


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment within the track's file."""

    offset: int
    size: int
    """Bytes."""
    start: int
    """First AAC frame."""
    frames: int
    """AAC frames."""


@dataclass(frozen=True, slots=True)
class Track:
    init: int
    """Bytes of the initialisation segment at the file's start."""
    pieces: tuple[Piece, ...]
    cpu: float
    """Seconds spent in the encoder."""


def frame_count(seconds: Fraction, rate: int) -> int:
    """AAC frames nearest to so many seconds."""
    return round(seconds * rate / FRAME)


def write_track(
    path: Path, blocks: Iterable[Samples], rendition: AudioRendition, segment: Fraction
) -> Track:
    """`segment` in seconds: segment k ends at the frame nearest to (k + 1) * segment."""
    encoder = _Encoder(rendition)
    pieces: list[Piece] = []
    with path.open("wb") as file:
        header = encoder.init()
        file.write(header)
        held: list[bytes] = []
        start = 0
        for packet in encoder.packets(blocks):
            held.append(packet)
            end = frame_count((len(pieces) + 1) * segment, rendition.sample_rate)
            if start + len(held) == end:
                pieces.append(_write(file, len(pieces), start, held))
                start, held = end, []
        if held:
            pieces.append(_write(file, len(pieces), start, held))
    return Track(len(header), tuple(pieces), encoder.cpu)


def _write(file: BinaryIO, index: int, start: int, frames: list[bytes]) -> Piece:
    offset = file.tell()
    size = file.write(fragment(index + 1, start * FRAME, frames))
    return Piece(offset, size, start, len(frames))


class _Encoder:
    """FFmpeg's own AAC-LC encoder, without the packet that primes it."""

    def __init__(self, rendition: AudioRendition) -> None:
        self.rendition = rendition
        self.cpu = 0.0
        codec = av.CodecContext.create("aac", "w")
        codec.sample_rate = rendition.sample_rate
        codec.layout = "mono" if rendition.channels == 1 else "stereo"
        codec.format = "fltp"
        codec.bit_rate = rendition.bitrate
        codec.time_base = Fraction(1, rendition.sample_rate)
        codec.options = {"aac_coder": CODER}
        codec.flags |= Flags.bitexact  # the same bytes on every machine, no version written
        codec.open()
        self._codec = codec

    def init(self) -> bytes:
        config = self._codec.extradata
        if not config:
            raise RuntimeError("the AAC encoder gave no AudioSpecificConfig")
        rendition = self.rendition
        return init(rendition.sample_rate, rendition.channels, config, rendition.bitrate)

    def packets(self, blocks: Iterable[Samples]) -> Iterator[bytes]:
        """One packet per 1024 samples given; the first holds samples 0 to 1023.

        The encoder's first packet (pts -1024) only primes a decoder. It is left out so that sound
        needs no edit list to be in time with the picture; the price is a fade-in of 21 ms.
        """
        pts = 0
        for block in blocks:
            yield from self._encode(block, pts)
            pts += block.shape[1]
        yield from self._encode(None, pts)

    def _encode(self, block: Samples | None, pts: int) -> list[bytes]:
        began = time.process_time()
        frame = None if block is None else audio_frame(block, self.rendition.sample_rate, pts)
        packets = self._codec.encode(frame)
        self.cpu += time.process_time() - began
        return [bytes(packet) for packet in packets if packet.pts is not None and packet.pts >= 0]
