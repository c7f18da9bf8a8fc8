"""Where a lesson's objects lie in the store."""

from encoders.tasks import Elementary, SoundResult
from farm.notes import Piece


def media(lesson: str) -> str:
    """What a release may name."""
    return f"lessons/{lesson}/media/"


def pieces(lesson: str) -> str:
    """What products are made from and no release names; may be dropped at any time."""
    return f"cache/pieces/{lesson}/"


def place_of(piece: Piece, lesson: str, *, kept: bool) -> str:
    """`kept`: whether a release names the piece itself, not only what is made of it."""
    passing = isinstance(piece, Elementary | SoundResult) and not kept
    return pieces(lesson) if passing else media(lesson)
