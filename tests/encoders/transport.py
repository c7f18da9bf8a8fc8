"""Transport streams taken apart and damaged, one way at a time."""

from collections.abc import Callable

from encoders.broadcast.sections import crc32

PACKET = 188
Stream = list[bytearray]
NULL = bytes([0x47, 0x1F, 0xFF, 0x10]) + b"\xff" * 184
VIDEO, SOUND, PAT, PMT, NIT, SDT = 0x100, 0x101, 0, 0x20, 0x10, 0x11


def packets_of(data: bytes) -> Stream:
    return [bytearray(data[at : at + PACKET]) for at in range(0, len(data), PACKET)]


def pid_of(packet: bytes | bytearray) -> int:
    return (packet[1] & 0x1F) << 8 | packet[2]


def has_pcr(packet: bytes | bytearray) -> bool:
    return bool(packet[3] & 0x20 and packet[4] and packet[5] & 0x10)


def pcr_of(packet: bytes | bytearray) -> int:
    base = int.from_bytes(packet[6:10]) << 1 | packet[10] >> 7
    return base * 300 + ((packet[10] & 1) << 8 | packet[11])


def set_pcr(packet: bytearray, ticks: int) -> None:
    base, extension = divmod(ticks, 300)
    packet[6:12] = (base << 15 | 0x7E00 | extension).to_bytes(6)


def where(stream: Stream, fits: Callable[[bytearray], bool], after: int = 0) -> list[int]:
    return [n for n, packet in enumerate(stream) if n >= after and fits(packet)]


def middle(stream: Stream, pid: int) -> int:
    """A packet of `pid` with a payload, and no PCR, in which nothing starts."""
    return where(
        stream,
        lambda p: pid_of(p) == pid and bool(p[3] & 0x10) and not p[1] & 0x40 and not has_pcr(p),
        len(stream) // 2,
    )[0]


def blank(stream: Stream, pid: int, first: int = 0, last: int | None = None) -> None:
    """Null packets in the place of those of `pid`."""
    for n in range(first, len(stream) if last is None else last):
        if pid_of(stream[n]) == pid:
            stream[n][:] = NULL


def recount(stream: Stream, pid: int) -> None:
    """Continuity counters as if nothing had been taken out."""
    counter = -1
    for packet in stream:
        if pid_of(packet) == pid:
            counter = (counter + bool(packet[3] & 0x10)) & 15
            packet[3] = packet[3] & 0xF0 | counter


def rewrite(stream: Stream, pid: int, change: Callable[[bytearray], None]) -> None:
    """Change every section of `pid`, with a right CRC."""
    for packet in stream:
        if pid_of(packet) == pid:
            length = 3 + (int.from_bytes(packet[6:8]) & 0xFFF)
            section = packet[5 : 5 + length - 4]
            change(section)
            packet[5 : 5 + length] = section + crc32(bytes(section)).to_bytes(4)
