"""Where the pieces lie that products are made of."""

from collections.abc import Iterable

from encoders.tasks import Artifact, Encoded
from farm.notes import MediaPiece, files_of
from farm.places import media, place_of
from farm.products.model import Input


def piece_inputs(
    lesson: str, pieces: Iterable[MediaPiece], *, kept: bool = False
) -> tuple[Input, ...]:
    """`kept`: whether a release names the pieces themselves."""
    return tuple(
        Input(place_of(piece, lesson, kept=kept) + file.name, file)
        for piece in pieces
        for file in files_of(piece)
    )


def media_inputs(lesson: str, files: Iterable[Artifact | None]) -> tuple[Input, ...]:
    return tuple(Input(media(lesson) + file.name, file) for file in files if file is not None)


def segment_inputs(lesson: str, runs: Iterable[Encoded]) -> tuple[Input, ...]:
    """Chunks share their init segment: it is fetched once."""
    return tuple(dict.fromkeys(piece_inputs(lesson, runs)))
