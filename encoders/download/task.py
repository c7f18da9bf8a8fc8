"""What one download is made of."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.product import Chapter, Tags
from encoders.tasks import Artifact, Encoded


@dataclass(frozen=True, slots=True)
class DownloadSound:
    language: str
    """ISO 639-2, e.g. `chi`, `eng`; `und` where unknown."""
    label: str
    encoded: Encoded
    """AAC, of an `AudioResult`."""


@dataclass(frozen=True, slots=True)
class DownloadText:
    language: str
    """ISO 639-2."""
    label: str
    file: Artifact
    """WebVTT, the whole lesson."""


@dataclass(frozen=True, slots=True)
class DownloadTask:
    """Result: a `Product` of one MP4, in which every sample of every segment is, untouched."""

    name: str
    video: tuple[Encoded, ...]
    """The chunks of one rendition, in order; none of an audio programme."""
    sounds: tuple[DownloadSound, ...]
    """The first one is played unless another is chosen."""
    texts: tuple[DownloadText, ...]
    """Players that show captions unasked show the first ones."""
    chapters: tuple[Chapter, ...]
    """In order, lesson clock."""
    cover: Artifact | None
    """JPEG or PNG."""
    tags: Tags
    duration: Fraction
    """Of the lesson, seconds."""
    inputs: str
    folder: str
