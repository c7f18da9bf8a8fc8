"""The samples of CMAF segments in a row, and what there was of them."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Stream

from encoders.joined import Joined
from encoders.tasks import Encoded, Segment

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

    AnyPacket = Packet[Stream]

NO_TEXT = b"\0\0"
"""A sample of timed text of no letters (3GPP TS 26.245, 5.17)."""


@dataclass(slots=True)
class Tally:
    """Counts samples; two tallies are equal where the samples are, times in ticks among them."""

    samples: int = 0
    ticks: int = 0
    """Sum of their durations."""
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256, repr=False)

    def add(self, packet: "AnyPacket") -> None:
        """Before it is muxed, which takes its data away."""
        if packet.pts is None or packet.dts is None:
            raise ValueError("a sample without a time")
        self.samples += 1
        self.ticks += packet.duration or 0
        self._digest.update(struct.pack(">qqq", packet.pts, packet.dts, packet.size))
        self._digest.update(packet)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


class Pieces:
    """One track of segments, opened as a player would append them."""

    def __init__(self, chunks: Sequence[Encoded], inputs: Path) -> None:
        """Raises ValueError where the chunks do not belong together."""
        first = chunks[0]
        segments = [segment for chunk in chunks for segment in chunk.segments]
        _check_together(chunks, segments)
        self.timescale = first.timescale
        self.tally = Tally()
        files = [first.init, *(segment.file for segment in segments)]
        self.container: InputContainer = av.open(
            Joined([inputs / file.name for file in files]), "r", format="mp4"
        )
        self.stream = self.container.streams[0]

    def packets(self) -> "Iterator[AnyPacket]":
        for packet in self.container.demux(self.stream):
            if packet.size:
                self.tally.add(packet)
                yield packet

    def close(self) -> None:
        self.container.close()


def _check_together(chunks: Sequence[Encoded], segments: Sequence[Segment]) -> None:
    """One initialisation, and every segment where the one before ends, from zero on."""
    init = chunks[0].init
    for other in chunks[1:]:
        if other.init.sha256 != init.sha256:
            raise ValueError(
                f"{other.init.name} is not {init.name}: chunks of one rendition share it"
            )
    at = 0
    for segment in segments:
        if segment.start != at:
            raise ValueError(f"{segment.file.name} starts at tick {segment.start}, expected {at}")
        at += segment.duration


def time_of(packet: "AnyPacket") -> Fraction:
    """When it is decoded, seconds."""
    return (packet.dts or 0) * (packet.time_base or Fraction(1))


def shows(packet: "AnyPacket") -> bool:
    """Whether a sample of captions is more than the end of the one before."""
    return bytes(packet) != NO_TEXT
