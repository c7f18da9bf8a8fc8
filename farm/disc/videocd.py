"""The image of a VCD or SVCD: its sheet, its sectors, and what it says it is."""

import re
from collections.abc import Iterator
from pathlib import Path

_RAW = 2352
"""Bytes of a sector in the image."""
_SYNC = b"\0" + b"\xff" * 10 + b"\0"
_DATA = 24
"""Where a sector's data begins (ECMA-130, 14)."""
_VOLUME, _INFO = 16, 150
"""Sectors of the volume's descriptor and of INFO.VCD or INFO.SVD, the same on every disc."""
_KINDS = {b"VIDEO_CD": "Video CD", b"SUPERVCD": "Super Video CD", b"HQ-VCD  ": "Super Video CD"}


def pair(path: Path) -> tuple[Path | None, Path | None]:
    """The cue sheet and the image that belong together; None for one that is not there."""
    if path.suffix.lower() == ".bin":
        sheet = path.with_suffix(".cue")
        return sheet if sheet.is_file() else None, path
    found = re.search(r'^FILE "([^"/\\]+)" BINARY', path.read_text("utf-8", "replace"), re.M)
    image = path.with_name(found[1]) if found else None
    return path, image if image and image.is_file() else None


def check(image: Path) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """What it is, and faults: path, what is wrong, and that in Chinese."""
    with image.open("rb") as file:
        file.seek(_INFO * _RAW + _DATA)
        kind = _KINDS.get(file.read(8))
    return kind or "Video CD", tuple(_faults(image, kind))


def _faults(image: Path, kind: str | None) -> Iterator[tuple[str, str, str]]:
    name, size = image.name, image.stat().st_size
    if kind is None:
        yield name, "no VCD or SVCD: it has no INFO.VCD", "不是 VCD 或 SVCD"
        return
    if size % _RAW:
        yield name, "not of whole sectors", "不是整扇区"
    with image.open("rb") as file:
        file.seek(_VOLUME * _RAW + _DATA)
        volume = file.read(88)
        if volume[1:6] != b"CD001":
            yield name, "no volume descriptor", "没有卷描述符"
        for sector in range(size // _RAW):
            file.seek(sector * _RAW)
            if file.read(len(_SYNC)) != _SYNC:
                yield name, f"sector {sector} does not begin as one", f"扇区 {sector} 已损坏"
                return
