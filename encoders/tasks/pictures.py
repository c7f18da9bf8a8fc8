"""One span of a recording: every rendition and picture from one decode."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import KeyFrame, Shift
from encoders.tasks.common import Artifact, Encoded
from encoders.tasks.text import Caption


@dataclass(frozen=True, slots=True)
class VideoRendition:
    """One H.264 rendition, wholly decided."""

    name: str
    """The rung's name, e.g. `480p`."""
    width: int
    height: int
    crf: float
    preset: str
    maxrate: int
    """Bits a second any joined run of chunks keeps to, with `buffer`."""
    buffer: int
    """Bits of the decoder buffer (VBV) the joined stream keeps to."""


@dataclass(frozen=True, slots=True)
class RasterRendition:
    """One rendition on a fixed raster of television: an elementary stream of closed GOPs.

    The picture is fitted into the raster between black bars. It has a clock of its own: its slots
    are counted in `rate`, those of a chunk from the chunk's start to that of the next.
    """

    name: str
    """e.g. `broadcast-800k`, `dvd-q3`."""
    codec: str
    """`h264`, `mpeg2` or `mpeg1`."""
    width: int
    height: int
    aspect: Fraction
    """Of the display: 4/3 or 16/9."""
    rate: Fraction
    """Pictures a second, constant."""
    fields: str | None
    """`tff` or `bff`: the source's fields are kept and coded as such; None where progressive."""
    gop: int
    """Pictures from one intra picture to the next; every GOP is closed."""
    b_frames: int
    bitrate: int
    """Bits a second: the mean of H.264; MPEG-1 and 2 use them as far as `quantiser` lets them."""
    maxrate: int
    buffer: int
    """Bits of the decoder buffer (VBV)."""
    quantiser: int | None
    """The finest quantiser of MPEG-1 and 2: the quality at which no more bits are spent."""
    preset: str | None
    """Of x264."""
    burn: tuple[Caption, ...]
    """Captions drawn into the picture."""
    joins: bool = True
    """Whether any run of joined chunks keeps to `maxrate` and `buffer`. Otherwise each chunk does,
    and who chooses what to join looks to it: see `encoders.dvd`."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The places of a constant rate's pictures: start + n / rate, for whole n.

    A container counts in ticks, often of a millisecond, and so puts pictures before or after their
    places. Of those near the middle between two slots some would go up, some down, and motion
    would be uneven; on their places they all go the same way.
    """

    start: Fraction
    """Lesson clock, seconds."""
    rate: Fraction
    """Pictures a second."""
    within: Fraction
    """Seconds, less than half a picture: what is further off its place has a time of its own."""

    def place(self, time: Fraction) -> Fraction:
        """The one nearest to `time`."""
        return self.start + round((time - self.start) * self.rate) / self.rate

    def fits(self, time: Fraction) -> bool:
        return abs(self.place(time) - time) <= self.within

    def settled(self, time: Fraction) -> Fraction:
        """`time` on its place, or as it is where that is too far; keeps the order of times."""
        return self.place(time) if self.fits(time) else time


@dataclass(frozen=True, slots=True)
class Source:
    """How to read the pictures of one span of a recording."""

    path: str
    stream: int
    start: KeyFrame
    """The packet decoding starts at."""
    stop: KeyFrame | None
    """The key frame the next chunk starts at; None to the end of the stream."""
    shifts: tuple[Shift, ...]
    origin: Fraction
    """Container seconds that are zero on the lesson clock."""
    grid: Grid | None
    """Where its pictures are put before slots are counted; None for a variable rate."""
    seekable: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What is done to every picture before it is scaled to a rendition's size."""

    sample_aspect: Fraction
    """Width over height of a sample, of the pictures the sizes were made for; a picture that has
    another is fitted in between black bars."""
    deinterlace: str | None
    """`tff`, `bff` or None."""
    mirror: bool
    rotate: int
    """Degrees clockwise: 0, 90, 180, 270. After `mirror`."""
    color_space: str
    """`bt601` or `bt709`: the matrix of the source, kept and tagged in the output."""
    full_range: bool
    guest: bool
    """Whether the sizes were made for another recording (this is its intro, say): every picture is
    then fitted in between black bars."""


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """Small pictures for the seek bar, cut from the one decode, one sheet a chunk."""

    name: str
    frames: tuple[int, ...]
    """Slots (see ChunkTask) to take."""
    width: int
    height: int
    columns: int


@dataclass(frozen=True, slots=True)
class Poster:
    name: str
    frame: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Encode one span of the recording: all renditions from one decode.

    The lesson runs at a constant `rate`; picture n of the lesson is shown at n / rate and is called
    slot n. A source picture shown at t, put on the source's grid, goes to slot
    round-half-up(t * rate); of two in one slot the later stays; an empty slot repeats the slot
    before it (slots before the first picture repeat the first). Chunk [first, last) of slots is
    thus decided by the span alone.
    """

    source: Source
    shape: Shape
    rate: Fraction
    first: int
    last: int
    """Half-open span of slots."""
    segment: int
    """Slots a segment, counted from `first`; the last one may be shorter."""
    renditions: tuple[VideoRendition, ...]
    rasters: tuple[RasterRendition, ...]
    thumbnails: Thumbnails | None
    poster: Poster | None
    checks: bool
    """Whether black and still spans, and changes of slide and scene, are looked for."""
    folder: str


@dataclass(frozen=True, slots=True)
class Gop:
    """A closed group of pictures: what a stream may be cut and joined at."""

    pictures: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Elementary:
    """One raster rendition of one span."""

    rendition: str
    file: Artifact
    """NUT with one video stream; pts are slots in a time base of 1 / rate, dts where a muxer needs
    them (a constant number of slots before the first pts)."""
    first: int
    """Slot of the first picture, at the raster's rate."""
    gops: tuple[Gop, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The picture becomes another one: a slide turned, a scene cut."""

    time: Fraction
    """Lesson clock, seconds: of the first picture that is new."""
    score: float
    """How sure, 0 to 1."""
    picture: Artifact
    """JPEG of what is new, once it has settled."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was found in one span, and what a neighbour needs to judge the seam."""

    found: tuple[Change, ...]
    head: str
    tail: str
    """The pictures at both ends in small, as text: see `encoders.changes.differs`."""
    opening: Artifact | None
    """JPEG of what the span begins with, for the lesson's first chapter or a change at the seam."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open, lesson clock, seconds."""

    start: Fraction
    stop: Fraction


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sprite sheet: `times[i]` is the tile at column i % columns, row i // columns."""

    file: Artifact
    width: int
    height: int
    """Of a tile."""
    columns: int
    times: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class ChunkResult:
    encoded: tuple[Encoded, ...]
    rasters: tuple[Elementary, ...]
    changes: Changes | None
    sheet: Sheet | None
    poster: Artifact | None
    black: tuple[Span, ...]
    still: tuple[Span, ...]
    """Spans in which the picture did not change (joined across chunks by the farm)."""
    decoded: int
    """Pictures the decoder gave out, wanted or not: invariant 1 counts these."""
    errors: int
    """Packets that did not decode."""
    cpu: dict[str, float]
    """CPU seconds by stage: `decode`, `scale`, `encode`, `pictures`, `other`."""
