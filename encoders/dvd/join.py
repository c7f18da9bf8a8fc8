"""Pictures of one title, each GOP of the quality that was chosen for it, joined at closed GOPs.

A decoder's buffer (ISO/IEC 13818-2, annex C) is followed picture by picture over every join. It
fills at the highest rate until it is full; a GOP that would empty it is taken of a coarser quality.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from encoders.dvd.limits import VBV, picture_rate
from encoders.dvd.task import DvdTitle, spread
from encoders.tasks import Elementary
from encoders.verify import Faulty

Picture: TypeAlias = "Packet[VideoStream]"


@dataclass(slots=True)
class Buffer:
    """Of the decoder, full at first."""

    rate: int
    """Bits a second."""
    pictures: Fraction
    """A second."""
    held: Fraction = field(default=Fraction(VBV))
    """Bits."""

    def after(self, sizes: list[int]) -> Fraction | None:
        """Bits held after pictures of that many bytes; None where one would come too late."""
        held, gained = self.held, self.rate / self.pictures
        for size in sizes:
            held -= size * 8
            if held < 0:
                return None
            held = min(Fraction(VBV), held + gained)
        return held


class Joiner:
    """The pictures of one title in coding order."""

    def __init__(self, title: DvdTitle, inputs: Path) -> None:
        self.coarsened = 0
        """GOPs taken of a coarser quality than was chosen, so far."""
        self._title, self._inputs = title, inputs
        self._wanted = spread(title.choice)
        sound = sum(one.sound.file.size for one in title.parts.sounds) * 8
        rate = picture_rate(int(sound / title.parts.duration))
        self._buffer = Buffer(rate, title.parts.rate)

    def pictures(self) -> Iterator[Picture]:
        """Raises Faulty where pieces do not fit together, or no quality comes in time."""
        at = 0
        for pieces in zip(*self._title.parts.qualities, strict=True):
            wanted = self._wanted[at : at + len(pieces[0].gops)]
            at += len(wanted)
            yield from self._of_chunk(pieces, wanted)
        if at != len(self._wanted):
            raise Faulty(f"{len(self._wanted)} GOPs were chosen of a lesson of {at}")

    def _of_chunk(
        self, pieces: tuple[Elementary, ...], wanted: tuple[int, ...]
    ) -> Iterator[Picture]:
        finest = min(wanted)
        with ExitStack() as stack:
            readers = [
                _gops(stack.enter_context(self._opened(piece)), piece) for piece in pieces[finest:]
            ]
            for quality, *gops in zip(wanted, *readers, strict=True):
                yield from self._in_time(gops, quality - finest)

    def _in_time(self, gops: list[list[Picture]], chosen: int) -> list[Picture]:
        for gop in gops[chosen:]:
            held = self._buffer.after([picture.size for picture in gop])
            if held is not None:
                self._buffer.held = held
                self.coarsened += gop is not gops[chosen]
                return gop
        raise Faulty(
            f"{self._title.parts.title!r} has pictures that need more bits than a DVD brings in "
            "time, even at the coarsest quality; give the profile a coarser one"
        )

    def _opened(self, piece: Elementary) -> InputContainer:
        return av.open(str(self._inputs / piece.file.name), "r", format="nut")


def _gops(container: InputContainer, piece: Elementary) -> Iterator[list[Picture]]:
    """Raises Faulty where a GOP is not what the piece says."""
    held: list[Picture] = []
    due = iter(piece.gops)
    for packet in container.demux(container.streams.video[0]):
        if packet.size and not (packet.is_keyframe and held):
            held.append(packet)
            continue
        if held:
            gop = next(due, None)
            size = sum(one.size for one in held)
            if gop is None or (gop.pictures, gop.bytes) != (len(held), size):
                raise Faulty(f"{piece.file.name} does not hold the GOPs it is said to hold")
            yield held
        held = [packet] if packet.size else []
    if next(due, None) is not None:
        raise Faulty(f"{piece.file.name} ends early")
