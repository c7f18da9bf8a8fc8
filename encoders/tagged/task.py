"""What one tagged file is made of."""

from dataclasses import dataclass

from encoders.product import Chapter, Tags
from encoders.tasks import Artifact, SoundResult


@dataclass(frozen=True, slots=True)
class TagTask:
    """Result: a `Product` of one file, whose sound is that of `sound` to the bit."""

    name: str
    kind: str
    """`mp3`, `m4a` or `opus`; the sound is MP3, AAC or Opus."""
    sound: SoundResult
    chapters: tuple[Chapter, ...]
    """In order, lesson clock; what was trimmed away is left out, the rest moved with the sound."""
    cover: Artifact | None
    """JPEG or PNG."""
    tags: Tags
    inputs: str
    folder: str
