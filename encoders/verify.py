"""Outputs opened again before they get their names: exit 0 is not success."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from encoders.cmaf import Fragment, read_fragment, read_init
from encoders.joined import Joined

_IDR_SLICE = 5  # ITU-T H.264, table 7-1


class Faulty(Exception):
    """An output is not what was encoded; names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment written aside, with what it was when it was handed to the disk."""

    path: Path
    sha256: str
    start: int
    duration: int
    samples: int
    key_bytes: int


def check_video(init: Path, pieces: Sequence[Piece], first_tick: int, picture_ticks: int) -> None:
    """One rendition of a chunk: segments without a gap, each with one IDR, its first picture.

    `first_tick` is where the chunk starts, `picture_ticks` how long a picture lasts. Raises Faulty,
    and OSError where a file cannot be read.
    """
    at = first_tick
    for piece in pieces:
        found = _fragment(piece)
        if found.start != at:
            raise Faulty(f"{piece.path.name} starts at tick {found.start}, expected {at}")
        if found.duration != found.samples * picture_ticks:
            raise Faulty(f"{piece.path.name} lasts {found.duration} ticks, not whole pictures")
        at += found.duration
    _check_packets(init, pieces)


def _fragment(piece: Piece) -> Fragment:
    found = read_fragment(piece.path.read_bytes())
    if (found.start, found.duration, found.samples) != (piece.start, piece.duration, piece.samples):
        raise Faulty(f"{piece.path.name} on disk is not what was written")
    return found


def _check_packets(init: Path, pieces: Sequence[Piece]) -> None:
    """As a player would: demultiplexed by FFmpeg from the init and all segments in a row."""
    read_init(init.read_bytes())
    starts, total = _starts(pieces)
    count = 0
    with av.open(Joined([init, *(piece.path for piece in pieces)]), "r", format="mp4") as container:
        for packet in container.demux(container.streams.video[0]):
            if not packet.size:
                continue
            due = count in starts
            if packet.is_keyframe != due or (due and not _is_idr(bytes(packet))):
                where = f"picture {count} of {pieces[0].path.name} and on"
                raise Faulty(
                    f"{where}: {'no IDR where one is' if due else 'an IDR where none is'} due"
                )
            count += 1
    if count != total:
        raise Faulty(f"{pieces[0].path.name} and on hold {count} pictures, expected {total}")


def _is_idr(sample: bytes) -> bool:
    """Whether a sample has an IDR slice; units have 4-byte lengths (ISO/IEC 14496-15, 5.3.2)."""
    at = 0
    while at + 4 < len(sample):
        if sample[at + 4] & 0x1F == _IDR_SLICE:
            return True
        at += 4 + int.from_bytes(sample[at : at + 4])
    return False


def _starts(pieces: Sequence[Piece]) -> tuple[set[int], int]:
    starts, total = set(), 0
    for piece in pieces:
        starts.add(total)
        total += piece.samples
    return starts, total


def check_jpeg(path: Path, width: int, height: int) -> None:
    """Decodes the whole picture. Raises Faulty."""
    try:
        with Image.open(path, formats=("JPEG",)) as picture:
            picture.load()
            size = picture.size
    except (OSError, SyntaxError) as error:
        raise Faulty(f"{path.name} cannot be opened again: {error}") from error
    if size != (width, height):
        raise Faulty(f"{path.name} is {size[0]}x{size[1]}, expected {width}x{height}")
