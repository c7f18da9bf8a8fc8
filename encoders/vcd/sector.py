"""Raw sectors with data in them: changed, and their check codes with them.

CD-ROM XA, mode 2 form 1: 12 bytes of sync, 4 of header, 8 of subheader, 2048 of data, an EDC of 4
and an ECC of 276 bytes (ECMA-130, 14 and annex A).
"""

from pathlib import Path

from encoders.verify import Faulty

RAW = 2352
"""Bytes of a sector in the image."""
_VOLUME = 16
"""Sector of the primary volume descriptor (ECMA-119, 6.7.1)."""
_DATA, _EDC, _P, _Q = 24, 2072, 2076, 2248
_PREPARER = slice(_DATA + 446, _DATA + 574)
"""Who prepared the data (ECMA-119, 8.4.22)."""
_DATES = slice(_DATA + 813, _DATA + 847)
"""Of the volume's creation and change (8.4.26 and 27)."""
_NEW_YEAR = b"2000010100000000\0"
_NAME = b"COURSEWARE FARM"


def settle_volume(image: Path) -> None:
    """The same volume descriptor every time: VCDImager puts its version and machine there, and is
    an hour off its `--create-time` in some runs.

    Raises Faulty where the sector is not what a VCD has there.
    """
    with image.open("r+b") as file:
        file.seek(_VOLUME * RAW)
        sector = bytearray(file.read(RAW))
        if sector[_DATA : _DATA + 6] != b"\x01CD001" or _checked(sector) != sector:
            raise Faulty(f"{image.name} has no sound volume descriptor")
        sector[_PREPARER] = _NAME.ljust(128)
        sector[_DATES] = _NEW_YEAR * 2
        file.seek(_VOLUME * RAW)
        file.write(_checked(sector))


def _checked(sector: bytearray) -> bytearray:
    """The sector with its codes as they have to be."""
    made = bytearray(sector)
    made[_EDC:_P] = _edc(made[16:_EDC]).to_bytes(4, "little")
    header, made[12:16] = made[12:16], bytes(4)  # in mode 2 the ECC leaves the address out
    made[_P:_Q] = _parity(made[12:], 86, 24, 2, 86)
    made[_Q:] = _parity(made[12:], 52, 43, 86, 88)
    made[12:16] = header
    return made


def _edc(data: bytearray) -> int:
    code = 0
    for byte in data:
        code ^= byte
        for _ in range(8):
            code = code >> 1 ^ (0xD8018001 if code & 1 else 0)
    return code


def _doubled(value: int) -> int:
    """Times alpha in GF(2^8) with x^8 + x^4 + x^3 + x^2 + 1."""
    return value << 1 ^ (0x11D if value & 0x80 else 0)


_DIVIDED = {value ^ _doubled(value): value for value in range(256)}
"""By alpha + 1."""


def _parity(data: bytearray, vectors: int, length: int, step: int, stride: int) -> bytes:
    """Two bytes a vector of `length` bytes; all first ones, then all second ones."""
    first, second = bytearray(), bytearray()
    for vector in range(vectors):
        at = (vector >> 1) * step + (vector & 1)
        weighted = total = 0
        for _ in range(length):
            byte = data[at % (vectors * length)]
            total ^= byte
            weighted = _doubled(weighted ^ byte)
            at += stride
        parity = _DIVIDED[_doubled(weighted) ^ total]
        first.append(parity)
        second.append(parity ^ total)
    return bytes(first + second)
