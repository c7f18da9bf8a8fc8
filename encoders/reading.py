"""Packets of one track in file order, past what cannot be read."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Stream

if TYPE_CHECKING:  # only PyAV's stubs know that packets are generic
    from av.packet import Packet

_FAILED_READS = 100
"""In a row; after them the rest of a file counts as lost."""


def packets(
    container: InputContainer, stream: Stream, failed: Callable[[], None]
) -> "Iterator[Packet[Stream]]":
    """All packets of `stream`, last an empty one that flushes its decoder.

    `failed` is called for each read that failed. Raises MemoryError, as a larger machine may read
    on.
    """
    failures = 0
    while failures < _FAILED_READS:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
            return
        except MemoryError:
            raise
        except av.FFmpegError:
            failures += 1
            failed()
