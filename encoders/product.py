"""What becomes of finished pieces: products, each a file or a few, and what they are made of.

A product's task is its own package's (`encoders.broadcast.task`, ...). It names the finished pieces
it takes as artifacts, which lie under their names in its `inputs` folder, and writes to `folder`;
nothing else decides the bytes that come out.
"""

from dataclasses import dataclass
from fractions import Fraction

from encoders.tasks import Artifact


@dataclass(frozen=True, slots=True)
class Chapter:
    start: Fraction
    """Lesson clock, seconds."""
    title: str
    picture: Artifact | None
    """JPEG."""


@dataclass(frozen=True, slots=True)
class CaptionTrack:
    language: str
    """BCP 47."""
    label: str
    file: Artifact
    """WebVTT, the whole lesson."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What a player shows of a lesson; empty where nothing is known."""

    title: str
    artist: str
    """The speaker, or the base."""
    album: str
    """The course."""
    track: int | None
    date: str
    """ISO 8601."""
    genre: str
    """The category, in Chinese."""
    comment: str
    licence: str


@dataclass(frozen=True, slots=True)
class ProductFile:
    role: str
    """What it is within the product: `main`, `cue`, `label`, `contents`, ..."""
    file: Artifact


@dataclass(frozen=True, slots=True)
class Product:
    """A finished product: every file was opened again before it got its name."""

    files: tuple[ProductFile, ...]
    """The first is the one a person takes."""
    duration: Fraction
    """Seconds."""
    codecs: tuple[str, ...]
    """As people know them: `H.264`, `MPEG-2`, `AAC`, `MP2`, `AC-3`, `MP3`, `Opus`."""
    measured: dict[str, float]
    """What was measured of it, by name with its unit, e.g. `loudness_lkfs`, `pcr_gap_ms`."""
