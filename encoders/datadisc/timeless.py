"""An image without the time it was made at: the same content gives the same bytes.

genisoimage writes when it ran, when each file was last read and changed on this machine, and a
random name of the volume set. All become fixed, where ECMA-119 (ISO 9660), IEEE P1282 (Rock Ridge)
and ECMA-167 (UDF) have them; a UDF descriptor's checksums are made anew.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from encoders.verify import Faulty

SECTOR = 2048

_FIRST_VOLUME, _FIRST_UDF = 16, 32  # sectors
_PRIMARY, _SUPPLEMENTARY, _TERMINATOR = 1, 2, 255  # ECMA-119, 8.1.1
_TEXT_DATE = b"2000010100000000\0"  # 8.4.26.1
_NO_DATE = b"0" * 16 + b"\0"
_RECORD_DATE = bytes((100, 1, 1, 0, 0, 0, 0))  # 9.1.5
_UDF_DATE = struct.pack("<Hh8B", 0x1000, 2000, 1, 1, 0, 0, 0, 0, 0, 0)  # ECMA-167, 1/7.3
_UDF_DATES = {1: (376,), 9: (16,), 256: (16,), 261: (72, 84, 96)}
"""Tag (3/7.2.1, 4/7.2.1): where its dates are. Primary volume, logical volume integrity, file set
and file entry."""
_VOLUME_SET = slice(73, 89)
"""Of tag 1: 16 digits that tell one volume set from another (UDF 1.02, 2.2.2.5)."""


def make_timeless(image: Path, digits: str) -> None:
    """`digits`: 16 hex digits that name the disc. Raises Faulty where it is no such image."""
    with image.open("r+b") as file:
        lowest = 1 << 32
        for volume in _volumes(file):
            for extent in _settle_tree(file, volume):
                lowest = min(lowest, extent)
        for sector in range(_FIRST_UDF, lowest):
            _settle_udf(file, sector, digits.upper().encode("ascii"))


def _volumes(file: BinaryIO) -> Iterator[bytes]:
    """The descriptors of volumes, settled."""
    for sector in range(_FIRST_VOLUME, _FIRST_UDF):
        data = bytearray(_read(file, sector))
        if data[1:6] != b"CD001":
            raise Faulty(f"sector {sector} of the image is no volume descriptor")
        if data[0] == _TERMINATOR:
            return
        if data[0] in (_PRIMARY, _SUPPLEMENTARY):
            data[813:881] = _TEXT_DATE * 2 + _NO_DATE + _TEXT_DATE
            data[174:181] = _RECORD_DATE
            _write(file, sector, data)
            yield bytes(data)


@dataclass(frozen=True, slots=True)
class _Record:
    """A directory record (ECMA-119, 9.1)."""

    at: int
    """Byte within its directory."""
    data: bytes

    @property
    def extent(self) -> int:
        return int.from_bytes(self.data[2:6], "little")

    @property
    def size(self) -> int:
        return int.from_bytes(self.data[10:14], "little")

    @property
    def is_folder(self) -> bool:
        """And neither the folder itself nor the one above."""
        return bool(self.data[25] & 2) and self.data[32:34] not in (b"\x01\x00", b"\x01\x01")

    @property
    def system_use(self) -> int:
        """Where that field starts, from the record's own start."""
        return 33 + self.data[32] + (self.data[32] % 2 == 0)


def _settle_tree(file: BinaryIO, volume: bytes) -> Iterator[int]:
    """The extents of all folders, settled."""
    waiting = [_Record(0, volume[156:190])]
    while waiting:
        folder = waiting.pop()
        yield folder.extent
        data = bytearray(_read(file, folder.extent, folder.size))
        for record in _records(bytes(data)):
            data[record.at + 18 : record.at + 25] = _RECORD_DATE
            if volume[0] == _PRIMARY:
                start, stop = record.at + record.system_use, record.at + record.data[0]
                data[start:stop] = _settled(file, data[start:stop])
            if record.is_folder:
                waiting.append(record)
        _write(file, folder.extent, data)


def _records(folder: bytes) -> Iterator[_Record]:
    at = 0
    while at < len(folder):
        length = folder[at]
        if length == 0:  # records do not cross sectors
            at = (at // SECTOR + 1) * SECTOR
            continue
        yield _Record(at, folder[at : at + length])
        at += length


def _settled(file: BinaryIO, entries: bytearray) -> bytearray:
    """System use entries (IEEE P1281) with the time stamps of Rock Ridge fixed."""
    at = 0
    while at + 4 <= len(entries) and entries[at + 2] >= 4:
        kind, length = bytes(entries[at : at + 2]), entries[at + 2]
        if kind == b"TF":
            entries[at + 5 : at + length] = _RECORD_DATE * ((length - 5) // len(_RECORD_DATE))
        elif kind == b"CE":
            _settle_continuation(file, *struct.unpack("<I4xI4xI4x", entries[at + 4 : at + 28]))
        at += length
    return entries


def _settle_continuation(file: BinaryIO, sector: int, offset: int, length: int) -> None:
    data = bytearray(_read(file, sector))
    data[offset : offset + length] = _settled(file, data[offset : offset + length])
    _write(file, sector, data)


def _settle_udf(file: BinaryIO, sector: int, digits: bytes) -> None:
    data = bytearray(_read(file, sector))
    tag = int.from_bytes(data[:2], "little")
    if tag not in _UDF_DATES or not _is_descriptor(data):
        return
    for at in _UDF_DATES[tag]:
        data[at : at + 12] = _UDF_DATE
    if tag == 1:
        data[_VOLUME_SET] = digits
    length = int.from_bytes(data[10:12], "little")
    data[8:10] = _crc(data[16 : 16 + length]).to_bytes(2, "little")
    data[4] = 0
    data[4] = sum(data[:16]) & 0xFF
    _write(file, sector, data)


def _is_descriptor(data: bytearray) -> bool:
    """ISO 9660's path tables lie between them, begin as tag 1 does, and may have its checksum."""
    length = int.from_bytes(data[10:12], "little")
    summed = (sum(data[:16]) - data[4]) & 0xFF == data[4]
    return summed and _crc(data[16 : 16 + length]) == int.from_bytes(data[8:10], "little")


def _crc(data: bytearray) -> int:
    """ECMA-167, 1/7.2.6."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def _read(file: BinaryIO, sector: int, size: int = SECTOR) -> bytes:
    file.seek(sector * SECTOR)
    data = file.read(size)
    if len(data) != size:
        raise Faulty(f"the image ends within sector {sector}")
    return data


def _write(file: BinaryIO, sector: int, data: bytearray) -> None:
    file.seek(sector * SECTOR)
    file.write(data)
