"""What was made, as values: the input of every playlist, release and catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a lesson in the store."""

    path: str
    """Relative to the lesson's folder, e.g. `media/480p-0000000-0a1b2c3d4e5f.m4s`."""
    size: int
    """Bytes."""
    sha256: str
    type: str
    """Media (MIME) type."""


@dataclass(frozen=True, slots=True)
class Segment:
    object: Object
    duration: Fraction
    """Seconds, from what was encoded."""
    key_bytes: int = 0
    """Bytes from the segment's start (its `moof` included) to the end of its first picture."""


@dataclass(frozen=True, slots=True)
class Video:
    """One video rendition, from the first to the last segment of the lesson."""

    name: str
    width: int
    height: int
    frame_rate: Fraction
    codecs: str
    """RFC 6381."""
    init: Object
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Audio:
    name: str
    language: str
    """BCP 47; `und` where unknown."""
    label: str
    """Shown to people, e.g. `普通话` or `English`."""
    channels: int
    codecs: str
    init: Object
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Subtitle:
    name: str
    language: str
    label: str
    segments: tuple[Segment, ...]
    """WebVTT, contiguous, spanning the lesson."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sprite sheet of thumbnails; `times[i]` is tile i, row by row, seconds."""

    object: Object
    width: int
    height: int
    columns: int
    times: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Presentation:
    """One lesson as HLS."""

    duration: Fraction
    video: tuple[Video, ...]
    """From the lowest to the highest; empty for an audio programme."""
    audio: tuple[Audio, ...]
    """The first is the default one."""
    subtitles: tuple[Subtitle, ...]
    sheets: tuple[Sheet, ...]
    poster: Object | None


@dataclass(frozen=True, slots=True)
class Text:
    """One text file that goes with a lesson, named by its content."""

    path: str
    """Relative to the lesson's folder, e.g. `media/480p-0a1b2c3d4e5f.m3u8`."""
    type: str
    text: str


# --- releases and catalogs -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to fetch to watch (or hear) a whole lesson in one quality."""

    name: str
    """The rendition's name, e.g. `480p` or `audio`."""
    bytes: int
    """The default sound included."""
    width: int = 0
    height: int = 0
    """0 by 0: sound alone."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file a podcast player may fetch."""

    path: str
    """Relative to the store."""
    size: int
    """Bytes."""
    type: str
    """Media (MIME) type."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What a catalog says of one lesson. Paths are relative to the store."""

    lesson: str
    release: int
    """Number of the lesson's release."""
    title: str
    base: str
    category: str
    """`feature`, `agriculture`, `computer` or `audio`."""
    course: str | None
    duration: Fraction
    """Seconds."""
    master: str
    """Path of the multivariant playlist."""
    poster: str | None
    thumbnails: str | None
    """Path of the thumbnail track."""
    sizes: tuple[Size, ...]
    """From the least to the most."""
    languages: tuple[str, ...]
    """BCP 47, of sound and captions."""
    published: str
    """ISO 8601 date, or date and time with offset."""
    enclosure: Enclosure | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """One immutable state of the catalog."""

    number: int
    """From 1."""
    previous: int | None
    """Number of the release this one replaces."""
    lessons: tuple[CatalogEntry, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """One immutable published state of a lesson."""

    number: int
    """From 1."""
    entry: CatalogEntry
    """What a catalog will say of it."""
    recording: Mapping[str, Any]
    """What the recording was: JSON values, opaque here."""
    findings: tuple[Mapping[str, Any], ...]
    """What a person should know of it: JSON values, opaque here."""
    renditions: tuple[Mapping[str, Any], ...]
    """What was made, one mapping each: JSON values."""
    objects: tuple[Object, ...]
    """Every object of the lesson, playlists included. Paths are relative to the lesson's folder."""
    notes: Mapping[str, Any]
    """By profile: JSON values."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Says which release is current: the one object that is ever overwritten."""

    subject: str
    """The lesson's id, or `catalog`."""
    release: int
    path: str
    """Of the release, relative to the folder the pointer is in."""
    sha256: str
    """Of the release's bytes."""
    fence: int
    """A writer with a lower fence than the pointer's has lost its lease."""
