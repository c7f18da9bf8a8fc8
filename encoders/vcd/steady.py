"""A VCD's stream at exactly one pack a sector, 75 a second, as the disc is read.

FFmpeg leaves sectors out where pictures need fewer bits; a player that reads on at its one speed
would then run ahead of its clock. Empty packs go there, and every pack gets the time its sector is
read at. See ISO/IEC 11172-1, 2.4.3.2 and 2.4.4.2, for the headers.
"""

from collections.abc import Iterator
from pathlib import Path

from encoders.vcd.mux import CLOCK
from encoders.vcd.volumes import SECTOR, SECTORS_A_SECOND
from encoders.verify import Faulty

TICKS = CLOCK // SECTORS_A_SECOND
"""Of the system clock, from a sector to the next."""

_PACK = b"\0\0\1\xba"
_SYSTEM = b"\0\0\1\xbb"
_PADDING = b"\0\0\1\xbe"
_HEADER = 12
"""Bytes of a pack's header."""
_RATE = 2352 * SECTORS_A_SECOND // 50
"""Units of 50 bytes a second: the VCD's standard wants raw sectors counted, not what is in them."""


def make_steady(source: Path, target: Path) -> int:
    """Returns how many packs there are. Raises Faulty where `source` is not of whole packs."""
    written = 0
    with target.open("wb") as out:
        for sector, pack in _placed(source):
            while written < sector:
                out.write(_header(written) + _empty())
                written += 1
            out.write(_header(written) + _with_rate(pack))
            written += 1
    return written


def check_steady(path: Path) -> None:
    """Raises Faulty unless every pack has the time its sector is read at."""
    with path.open("rb") as file:
        number = 0
        while pack := file.read(SECTOR):
            if len(pack) != SECTOR or pack[:_HEADER] != _header(number):
                raise Faulty(f"{path.name}: pack {number} is not where a disc's speed puts it")
            number += 1


def _placed(source: Path) -> Iterator[tuple[int, bytes]]:
    """Each pack's sector, and what follows its header.

    A pack comes up to one sector earlier than FFmpeg counted: a player's buffer is 6 kB larger
    than the encoder's.
    """
    after = 0
    with source.open("rb") as file:
        while pack := file.read(SECTOR):
            if len(pack) != SECTOR or not pack.startswith(_PACK):
                raise Faulty(f"{source.name} is not a stream of packs of {SECTOR} bytes")
            sector = max(after, _clock(pack) // TICKS)
            yield sector, pack[_HEADER:]
            after = sector + 1


def _clock(pack: bytes) -> int:
    """The 33 bits of the system clock reference, between marker bits."""
    return (
        (pack[4] >> 1 & 7) << 30 | pack[5] << 22 | pack[6] >> 1 << 15 | pack[7] << 7 | pack[8] >> 1
    )


def _header(sector: int) -> bytes:
    clock = sector * TICKS
    time = (
        2 << 36
        | (clock >> 30 & 7) << 33
        | 1 << 32
        | (clock >> 15 & 0x7FFF) << 17
        | 1 << 16
        | (clock & 0x7FFF) << 1
        | 1
    )
    return _PACK + time.to_bytes(5, "big") + _rate()


def _rate() -> bytes:
    return (1 << 23 | _RATE << 1 | 1).to_bytes(3, "big")


def _with_rate(body: bytes) -> bytes:
    """The system headers bound the rate too."""
    return body[:6] + _rate() + body[9:] if body.startswith(_SYSTEM) else body


def _empty() -> bytes:
    length = SECTOR - _HEADER - 6
    return _PADDING + length.to_bytes(2, "big") + b"\x0f" + b"\xff" * (length - 1)
