"""Notes of finished work: `cache/<key>/result.json`. They may be dropped at any time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from encoders import wire
from encoders.facts import Facts
from encoders.product import Product
from encoders.tasks import (
    Artifact,
    AudioResult,
    Changes,
    Elementary,
    Encoded,
    Sheet,
    SoundResult,
    Span,
    SubtitleResult,
)
from farm.errors import NotFound
from farm.keys import Part
from farm.store import Store
from farm.store.names import compressible


@dataclass(frozen=True, slots=True)
class Pictures:
    """What one chunk's decode gave besides renditions."""

    changes: Changes | None
    sheet: Sheet | None
    poster: Artifact | None
    black: tuple[Span, ...]
    still: tuple[Span, ...]


MediaPiece = Encoded | Elementary | Pictures | AudioResult | SoundResult | SubtitleResult
Piece = MediaPiece | Product | Facts
P = TypeVar("P", bound=Piece)


def note_name(part: Part) -> str:
    return f"cache/{part.key}/result.json"


def write_note(store: Store, part: Part, piece: Piece) -> None:
    store.put(note_name(part), wire.dumps(piece), type="application/json")


def read_note(store: Store, part: Part, kind: type[P]) -> P | None:
    """None where the work was never finished, or its note does not read any more."""
    try:
        return wire.loads(store.get(note_name(part)).data, kind)
    except (NotFound, msgspec.DecodeError, msgspec.ValidationError):
        return None


def files_of(piece: Piece) -> tuple[Artifact, ...]:
    """The objects a note promises."""
    match piece:
        case Encoded():
            return (piece.init, *(segment.file for segment in piece.segments))
        case Elementary() | SoundResult():
            return (piece.file,)
        case AudioResult():
            return files_of(piece.encoded)
        case SubtitleResult():
            return (piece.whole, *(segment.file for segment in piece.segments))
        case Pictures():
            return _picture_files(piece)
        case Product():
            return tuple(one.file for one in piece.files)
        case Facts():
            return ()


def _picture_files(piece: Pictures) -> tuple[Artifact, ...]:
    changes = piece.changes
    candidates = (
        piece.sheet.file if piece.sheet else None,
        piece.poster,
        changes.opening if changes else None,
        *(change.picture for change in (changes.found if changes else ())),
    )
    return tuple(file for file in candidates if file)


def kept(piece: Piece, sizes: Mapping[str, int]) -> bool:
    """Whether everything a note promises is in the store with its size.

    `sizes`: bytes by name of the lesson's objects. A name carries the hash of what it names and
    objects are written once, so name and size are enough here; hashes are read back before a
    release is published.
    """
    return all(is_whole(file, sizes.get(file.name)) for file in files_of(piece))


def is_whole(file: Artifact, size: int | None) -> bool:
    """`size`: bytes of its object as a store lists them; None where there is none."""
    return size == file.size or (size is not None and compressible(file.type))
