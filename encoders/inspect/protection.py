"""Whether a recording is encrypted: by its container's words, its packets' or its cells'."""

from pathlib import Path

from av.container import InputContainer
from av.stream import Stream

from encoders.inspect.scan import Scan

_TAGS = {"encv", "enca", "enct", "encs", "drms", "drmi"}
"""Sample entries of protected tracks (ISO/IEC 14496-12, 8.12; iTunes)."""
_CELL = 188
_SYNC = 0x47
_SAMPLED = 4000 * _CELL
_NULL_PID = 0x1FFF


def is_protected(container: InputContainer, scan: Scan, path: Path) -> bool:
    if any(key.startswith("ASF_Protection") for key in container.metadata):
        return True
    if container.format.name == "mpegts" and _cells_scrambled(path):
        return True
    return any(track.encrypted or _tag(track.stream) in _TAGS for track in scan.tracks)


def _tag(stream: Stream) -> str:
    try:
        return "" if stream.codec_context is None else stream.codec_context.codec_tag
    except UnicodeDecodeError:  # four bytes of no meaning, as AVI has
        return ""


def _cells_scrambled(path: Path) -> bool:
    """Transport stream packets with `transport_scrambling_control` set (ISO/IEC 13818-1, 2.4.3)."""
    with path.open("rb") as file:
        data = file.read(_SAMPLED)
    start = next(
        (i for i in range(_CELL) if data[i : i + 5 * _CELL : _CELL] == bytes([_SYNC]) * 5), None
    )
    if start is None:
        return False
    cells = [data[i : i + 4] for i in range(start, len(data) - _CELL, _CELL)]
    carrying = [
        cell
        for cell in cells
        if cell[0] == _SYNC and ((cell[1] & 0x1F) << 8 | cell[2]) not in (0, _NULL_PID)
    ]
    scrambled = sum(cell[3] >> 6 != 0 for cell in carrying)
    return scrambled > len(carrying) / 2
