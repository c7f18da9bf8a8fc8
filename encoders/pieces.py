"""Finished pieces of a lesson, read again to make a product of them."""

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Stream

from encoders.verify import Faulty

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet


def packets_of(path: Path, form: str) -> "Iterator[Packet[Stream]]":
    """All packets of a file with one stream, as the demuxer `form` reads it. Raises Faulty."""
    try:
        container = av.open(str(path), "r", format=form)
    except av.FFmpegError as error:
        raise Faulty(f"{path.name} cannot be opened again: {error}") from error
    with closing(container):
        if not isinstance(container, InputContainer) or len(container.streams) != 1:
            raise Faulty(f"{path.name} should hold one stream")
        for packet in container.demux(container.streams[0]):
            if packet.size:
                yield packet


def slot_of_packet(packet: "Packet[Stream]", rate: Fraction) -> int:
    """When its picture is shown. Raises Faulty where it has no time."""
    if packet.pts is None or packet.time_base is None:
        raise Faulty(f"a picture has no time ({packet})")
    return round(packet.pts * packet.time_base * rate)
