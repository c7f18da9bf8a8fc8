"""Packs, system headers and packets: ISO/IEC 11172-1 for a Video CD, 13818-1 for a Super Video CD.

One pack is one sector. What is particular to a Video CD (IV of its standard): each stream's system
header stands in a pack of its own before all else; the rate in headers counts whole raw sectors; a
sector of sound says each time how large its buffer is.
"""

from dataclasses import dataclass

from encoders.vcd.rates import DISCS
from encoders.vcd.volumes import SECTOR, SECTORS_A_SECOND

PICTURES, SOUND = 0xE0, 0xC0

_PADDING = 0xBE
_ZEROS = 20  # bytes at the end of a Video CD's sector of sound
_RAW = 2352
_UNIT = 50  # bytes a second: of all rates here
_STUFFING = 8  # bytes at most instead of a packet of padding


@dataclass(frozen=True, slots=True)
class Stamps:
    """Of the first picture, or frame of sound, that begins in a packet. Ticks."""

    pts: int
    dts: int

    @property
    def bytes(self) -> int:
        return 5 if self.pts == self.dts else 10


class System:
    """The syntax of one kind of disc."""

    def __init__(self, kind: str) -> None:
        self.disc = disc = DISCS[kind]
        self._first = kind == "vcd"
        """Whether it is MPEG-1's."""
        rate = _RAW * SECTORS_A_SECOND if self._first else SECTOR * disc.sectors
        self._rate = (1 << 23 | rate // _UNIT << 1 | 1).to_bytes(3)
        buffers = {
            PICTURES: 3 << 14 | 1 << 13 | disc.picture_buffer // 1024,
            SOUND: 3 << 14 | disc.sound_buffer // 128,
        }
        self._bounds = {stream: size.to_bytes(2) for stream, size in buffers.items()}
        self._sizes = {stream: (size & 0x7FFF).to_bytes(2) for stream, size in buffers.items()}
        self._head = 12 if self._first else 14

    def room(self, stream: int, *, sized: bool, stamps: Stamps | None) -> int:
        """Bytes of the stream a sector holds; `sized`: where it says how large the buffer is."""
        whole = self._whole(stream) - self._head
        return whole - 6 - self._header_bytes(sized, stamps)

    def _whole(self, stream: int) -> int:
        return SECTOR - _ZEROS if self._first and stream == SOUND else SECTOR

    def _header_bytes(self, sized: bool, stamps: Stamps | None) -> int:
        if self._first:
            return (2 if sized else 0) + (stamps.bytes if stamps else 1)
        return 3 + (3 if sized else 0) + (stamps.bytes if stamps else 0)

    def pack(
        self, slot: int, stream: int, data: bytes, *, sized: bool, stamps: Stamps | None
    ) -> bytes:
        """A whole sector. `data` is no longer than `room` for the same."""
        left = self.room(stream, sized=sized, stamps=stamps) - len(data)
        stuffing = left if left <= _STUFFING else 0
        header = self._packet_header(stream, stuffing, sized, stamps)
        packet = _packet(stream, header + data)
        padding = self._padding(left) if left > stuffing else b""
        return (self._pack_header(slot) + packet + padding).ljust(SECTOR, b"\0")

    def empty(self, slot: int) -> bytes:
        return self._pack_header(slot) + self._padding(SECTOR - self._head)

    def opening(self) -> list[bytes]:
        """The packs before all others: system headers alone."""
        groups = ((PICTURES,), (SOUND,)) if self._first else ((PICTURES, SOUND),)
        packs = []
        for slot, group in enumerate(groups):
            head = self._pack_header(slot) + self._system_header(group)
            whole = min(self._whole(stream) for stream in group)
            packs.append((head + self._padding(whole - len(head))).ljust(SECTOR, b"\0"))
        return packs

    def _pack_header(self, slot: int) -> bytes:
        """When the sector is read: ISO/IEC 11172-1, 2.4.3.2; 13818-1, 2.5.3.3."""
        clock, start = slot * self.disc.ticks, b"\0\0\1\xba"
        if self._first:
            return start + _stamp(2, clock) + self._rate
        rate = int.from_bytes(self._rate) >> 1 & 0x3FFFFF
        exact = int.from_bytes(_stamp(1, clock)) << 10 | 1
        return start + exact.to_bytes(6) + (rate << 2 | 3).to_bytes(3) + b"\xf8"

    def _system_header(self, streams: tuple[int, ...]) -> bytes:
        """ISO/IEC 11172-1, 2.4.3.2; 13818-1, 2.5.3.5.

        A Video CD is locked and constrained (2.4.6), by its standard.
        """
        sounds, pictures = int(SOUND in streams), int(PICTURES in streams)
        flags = sounds << 18 | self._first << 16 | (0xC000 if self._first else 0)
        flags |= 1 << 13 | pictures << 8 | 0xFF
        body = self._rate + flags.to_bytes(3)
        body += b"".join(bytes([stream]) + self._bounds[stream] for stream in streams)
        return _packet(0xBB, body)

    def _packet_header(
        self, stream: int, stuffing: int, sized: bool, stamps: Stamps | None
    ) -> bytes:
        """ISO/IEC 11172-1, 2.4.3.3; 13818-1, 2.4.3.6."""
        size = self._sizes[stream] if sized else b""
        both = stamps is not None and stamps.pts != stamps.dts
        times = b""
        if stamps is not None:
            times = _stamp(3 if both else 2, stamps.pts) + (_stamp(1, stamps.dts) if both else b"")
        if self._first:
            return b"\xff" * stuffing + size + (times or b"\x0f")
        more = (b"\x1e" + size if sized else b"") + b"\xff" * stuffing
        flags = (0xC0 if both else 0x80 if times else 0) | sized
        return bytes([0x80, flags, len(times) + len(more)]) + times + more

    def _padding(self, length: int) -> bytes:
        body = (b"\x0f" if self._first else b"\xff") + b"\xff" * (length - 7)
        return _packet(_PADDING, body)


def _packet(stream: int, body: bytes) -> bytes:
    return b"\0\0\1" + bytes([stream]) + len(body).to_bytes(2) + body


def _stamp(mark: int, ticks: int) -> bytes:
    return (
        mark << 36
        | (ticks >> 30 & 7) << 33
        | 1 << 32
        | (ticks >> 15 & 0x7FFF) << 17
        | 1 << 16
        | (ticks & 0x7FFF) << 1
        | 1
    ).to_bytes(5)
