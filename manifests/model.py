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
class Offer:
    """A product in brief: what a page or feed needs to offer its main file."""

    profile: str
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
    master: str | None
    """Path of the multivariant playlist; None where the lesson is not streamed."""
    poster: str | None
    thumbnails: str | None
    """Path of the thumbnail track; None where `details` name it."""
    sizes: tuple[Size, ...]
    """From the least to the most."""
    languages: tuple[str, ...]
    """BCP 47, of sound and captions."""
    published: str
    """ISO 8601 date, or date and time with offset."""
    enclosure: Enclosure | None = None
    """The audio product."""
    number: int | None = None
    """Place in the course, from 1."""
    speaker: str | None = None
    offers: tuple[Offer, ...] = ()
    """Products that are whole files, main file each."""
    details: str | None = None
    """Path of what the lesson's page shows besides, chapters for podcast players among it:
    `manifests.details`."""
    chapters: int = 0
    """How many chapters it has."""
    sha256: str | None = None
    """Of the bytes of the lesson's release, so that who trusts the catalog can trust that; None
    where it is not known, as in the release's own entry."""


@dataclass(frozen=True, slots=True)
class DiscOffer:
    """A disc in brief. Paths are relative to the store."""

    kind: str
    path: str
    """Of the image."""
    size: int
    """Bytes of the image."""
    sha256: str
    label: str | None = None
    contents: str | None = None
    """To be printed, or read beside the drive."""
    cue: str | None = None
    """The sheet burning programs open, where the image does not do alone."""


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """What a catalog says of one course's discs."""

    id: str
    """12 hex digits, of the name."""
    release: int
    """Number of the course's release."""
    name: str
    discs: tuple[DiscOffer, ...]
    """Kind by kind, each kind's discs in order."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """One immutable state of the catalog."""

    number: int
    """From 1."""
    previous: int | None
    """Number of the release this one replaces."""
    lessons: tuple[CatalogEntry, ...]
    courses: tuple[CourseEntry, ...] = ()
    """Those with discs."""


@dataclass(frozen=True, slots=True)
class ProductFile:
    role: str
    """What it is within the product: `main`, `cue`, `label`, `contents`, ..."""
    object: Object


@dataclass(frozen=True, slots=True)
class Product:
    """One finished way of delivery of a lesson."""

    profile: str
    """Name of the profile it was made by."""
    kind: str
    """The profile's kind, e.g. `hls`, `audio`, `dvd`."""
    title: str
    title_zh: str
    """What it is for, in English and Chinese."""
    files: tuple[ProductFile, ...]
    """The first is the one a person takes."""
    duration: Fraction
    """Seconds."""
    bit_rate: int | None
    """Bits a second; None where it is not of one rate."""
    codecs: tuple[str, ...]
    """As people know them, e.g. `H.264`."""
    languages: tuple[str, ...]
    """BCP 47, of sound and captions in it."""
    measured: Mapping[str, float]
    """By name with its unit, e.g. `loudness_lkfs`."""
    parts: Mapping[str, Any] | None = None
    """What further products, e.g. discs of many lessons, are made of: JSON values, opaque here."""
    behind: int = 0
    """Bytes besides its files: what a playlist leads to."""

    @property
    def main(self) -> Object:
        return self.files[0].object

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return self.behind + sum(file.object.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Chapter:
    start: Fraction
    """Lesson clock, seconds."""
    title: str
    picture: Object | None = None


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """One whole track of captions as a file, for players of files."""

    language: str
    """BCP 47; `und` where unknown."""
    label: str
    object: Object
    """WebVTT."""


@dataclass(frozen=True, slots=True)
class About:
    """What people say of a lesson."""

    title: str
    base: str
    """The production base's name, as it is shown."""
    category: str
    """`feature`, `agriculture`, `computer` or `audio`."""
    course: str | None = None
    number: int | None = None
    """Place in the course, from 1."""
    speaker: str | None = None
    audience: str | None = None
    keywords: tuple[str, ...] = ()
    awards: tuple[str, ...] = ()
    licence: str | None = None
    """SPDX identifier, URL, or text."""
    description: str | None = None
    language: str | None = None
    """BCP 47."""
    recorded: str | None = None
    """ISO 8601 day, or year and month, or year."""


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
    products: tuple[Product, ...] = ()
    """Their files are among `objects`."""
    chapters: tuple[Chapter, ...] = ()
    captions: tuple[CaptionFile, ...] = ()
    about: About | None = None
    """None in releases of before it was kept."""


@dataclass(frozen=True, slots=True)
class DiscLesson:
    """A lesson on a disc, and which state of it."""

    lesson: str
    release: int


@dataclass(frozen=True, slots=True)
class Disc:
    """One finished disc of a course."""

    lessons: tuple[DiscLesson, ...]
    """In order."""
    capacity: int
    """Bytes an image for its medium may have."""
    files: tuple[ProductFile, ...]
    """The image first. Paths are relative to the course's folder."""

    @property
    def image(self) -> Object:
        return self.files[0].object

    @property
    def filled(self) -> float:
        """Percent of the capacity."""
        return round(100 * self.image.size / self.capacity, 3)


@dataclass(frozen=True, slots=True)
class DiscSet:
    """A course on discs of one kind."""

    kind: str
    """`dvd`, `datadisc`, `vcd` or `svcd`."""
    discs: tuple[Disc, ...]
    """In order; at least one."""


@dataclass(frozen=True, slots=True)
class CourseRelease:
    """One immutable published state of a course's discs."""

    number: int
    """From 1."""
    id: str
    """12 hex digits, of the name."""
    name: str
    sets: tuple[DiscSet, ...]
    """One of a kind."""

    @property
    def objects(self) -> tuple[Object, ...]:
        """Every object of the course, each once."""
        files = (file.object for one in self.sets for disc in one.discs for file in disc.files)
        return tuple({file.path: file for file in files}.values())


@dataclass(frozen=True, slots=True)
class Pointer:
    """Says which release is current: the one object that is ever overwritten."""

    subject: str
    """The lesson's id, `courses/<id>`, or `catalog`."""
    release: int
    path: str
    """Of the release, relative to the folder the pointer is in."""
    sha256: str
    """Of the release's bytes."""
    fence: int
    """A writer with a lower fence than the pointer's has lost its lease."""
    void: bool = False
    """It leads nowhere for now: the lesson is withdrawn, or what waited was decided on. Number and
    fence still count."""
