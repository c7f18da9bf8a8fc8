"""Whether the end of a recording is missing."""

from fractions import Fraction

from av.container import InputContainer
from av.index import IndexEntry

from encoders.inspect.scan import Scan

_DECLARING = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "asf", "wav", "flac", "rm", "flv"}
"""Formats that write their duration down; FFmpeg estimates it for others."""
_SHORT = Fraction(1)
"""Seconds, and part of the duration, that may be missing before it counts."""
_SHORT_PART = Fraction(1, 100)
_LAST = 50
"""Index entries looked at: the file's end is among the last ones."""


def truncated(container: InputContainer, read: Scan, stop: Fraction, size: int) -> bool:
    """`stop`: end of the last picture or sample, container seconds; `size`: bytes of the file."""
    if read.broken:
        return True
    if any(_reaches(track.stream.index_entries[-_LAST:]) > size for track in read.tracks):
        return True
    if read.jumps:
        return False
    declared = _declared(container, read)
    return declared - stop > max(_SHORT, declared * _SHORT_PART)


def _reaches(entries: list[IndexEntry]) -> int:
    return max((entry.pos + entry.size for entry in entries), default=0)


def _declared(container: InputContainer, read: Scan) -> Fraction:
    """Seconds the recording says it lasts; 0 where it does not."""
    if container.format.name == "avi":
        # FFmpeg lowers the duration to fit the file; the headers' lengths stay, in ticks.
        return max(track.stream.frames * track.time_base for track in read.tracks)
    if container.duration is None or container.format.name not in _DECLARING:
        return Fraction(0)
    return Fraction(container.duration, 1_000_000)
