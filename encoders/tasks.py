"""The tasks a child process does, and what it hands back. `python -m encoders TASK.json`.

A task names its source file and the folder it may write to; every file it hands back lies in that
folder under its final, content-addressed name. A task is self-contained: nothing but the source
and the task decides the bytes that come out.
"""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Facts, Finding, KeyFrame, Shift


@dataclass(frozen=True, slots=True)
class Artifact:
    """One finished file."""

    name: str
    """`<name>-<12 hex of sha256>.<ext>`, unique within a lesson; the file's name in the folder."""
    size: int
    sha256: str
    type: str
    """Media (MIME) type."""


# --- inspect -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InspectTask:
    """Result: `Facts`. Never raises for what is in the file: a refusal is a finding."""

    source: str
    limits: "Limits"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recording may be at most; beyond it is refused."""

    pixels: int = 35_389_440
    """8K UHD."""
    streams: int = 32
    duration: Fraction = Fraction(12 * 3600)
    """Seconds."""


# --- chunk ---------------------------------------------------------------------------------------


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
class Caption:
    """One caption as it is shown; text in the WebVTT cue syntax (b, i and u tags, escaped)."""

    start: Fraction
    stop: Fraction
    """Half-open, lesson clock, seconds."""
    text: str


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
class Segment:
    """One CMAF segment: one `moof` and one `mdat`."""

    file: Artifact
    start: int
    """`tfdt` baseMediaDecodeTime, ticks of the rendition's timescale."""
    duration: int
    """Ticks, from what was encoded."""
    samples: int
    """Pictures, or audio frames."""
    key_bytes: int
    """Bytes from the segment's start to the end of its first sample (0 for audio)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One rendition of one span."""

    rendition: str
    init: Artifact
    timescale: int
    codecs: str
    """RFC 6381, e.g. `avc1.64001E`, `mp4a.40.2`."""
    segments: tuple[Segment, ...]


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


# --- audio ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioRendition:
    name: str
    """e.g. `audio` or `audio-2`."""
    bitrate: int
    """Bits a second."""
    channels: int
    """1 or 2."""
    sample_rate: int
    loudness: float
    """Target, LKFS."""
    true_peak: float
    """Ceiling, dBTP, measured on the decoded result."""


@dataclass(frozen=True, slots=True)
class SoundSource:
    """One track of one recording: placed on the clock, gaps silent, it lasts exactly `duration`."""

    path: str
    stream: int | None
    """None where the recording has no sound: it is silent."""
    shifts: tuple[Shift, ...]
    origin: Fraction
    """Container seconds that are the source's own beginning."""
    duration: Fraction
    """Seconds; shorter sound is padded with silence, longer is cut."""
    measured: float | None
    """Integrated loudness of the track from the inspection (the first pass), LKFS."""
    true_peak: float | None
    channels: int
    """Of the layout the inspection measured, the first one: a track may change it midway."""
    live_channels: tuple[int, ...]
    """Those of them to keep: one dead channel of two makes a mono lesson. Of other layouts all
    are kept."""


@dataclass(frozen=True, slots=True)
class AudioTask:
    """Encode one whole audio track of a lesson, levelled, in segments."""

    sources: tuple[SoundSource, ...]
    """One after the other: the recording, or an intro, the recording and an outro."""
    rendition: AudioRendition
    segment: Fraction
    """Seconds a segment."""
    folder: str


@dataclass(frozen=True, slots=True)
class AudioResult:
    encoded: Encoded
    loudness: float | None
    true_peak: float | None
    """Of the decoded result."""
    errors: int
    cpu: dict[str, float]


@dataclass(frozen=True, slots=True)
class SoundRendition:
    """One track of sound as a whole file, for what is no stream of segments."""

    name: str
    """e.g. `broadcast-sound`, `audio-mp3`."""
    codec: str
    """`mp2`, `ac3`, `mp3`, `aac` or `opus`."""
    bitrate: int
    """Bits a second."""
    channels: int
    """1 or 2."""
    sample_rate: int
    loudness: float
    """Target, LKFS."""
    true_peak: float
    """Ceiling, dBTP, measured on the decoded result."""


LONGEST_IDENT = 30
"""Seconds: what is longer is no clip, and would have to be held in memory."""


@dataclass(frozen=True, slots=True)
class Ident:
    """A short clip at an end of an audio programme, crossfaded with it."""

    path: str
    crossfade: Fraction
    """Seconds."""


@dataclass(frozen=True, slots=True)
class SoundTask:
    """Encode one whole audio track, levelled, to one file.

    Without `trim` and idents it lasts as long as its sources, to the codec's next whole frame, and
    is in time with the picture: sample 0 of what a player plays is zero on the lesson clock.
    """

    sources: tuple[SoundSource, ...]
    """One after the other, as of an `AudioTask`."""
    rendition: SoundRendition
    trim: bool
    """Whether dead air at both ends is cut off."""
    before: Ident | None
    after: Ident | None
    folder: str


@dataclass(frozen=True, slots=True)
class SoundResult:
    file: Artifact
    """mp2, ac3, mp3: the bare stream; aac: MP4; opus: Ogg."""
    codec: str
    samples: int
    """What a player plays, at `sample_rate`."""
    sample_rate: int
    delay: int
    """Samples the decoder gives out before the first one meant (encoder delay)."""
    start: Fraction
    """Lesson clock, seconds: what the file's first sample is, before which was trimmed; negative
    where an ident comes first."""
    loudness: float | None
    true_peak: float | None
    """Of the decoded result."""
    errors: int
    cpu: dict[str, float]


# --- subtitles -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubtitleTask:
    """One text track as WebVTT: segments that span the whole lesson, and one file of it all."""

    path: str
    stream: int | None
    """Of the recording; None where `path` is a file of captions (SRT, WebVTT, ASS) of its own,
    whose times are on the lesson clock already."""
    shifts: tuple[Shift, ...]
    origin: Fraction
    duration: Fraction
    name: str
    segment: Fraction
    folder: str


@dataclass(frozen=True, slots=True)
class SubtitleSegment:
    file: Artifact
    start: Fraction
    duration: Fraction


@dataclass(frozen=True, slots=True)
class SubtitleResult:
    segments: tuple[SubtitleSegment, ...]
    whole: Artifact
    """One WebVTT file with every cue once, for players of files."""
    captions: tuple[Caption, ...]
    findings: tuple[Finding, ...]
    """What was wrong in a file of captions, with line numbers."""


Task = InspectTask | ChunkTask | AudioTask | SoundTask | SubtitleTask
Result = Facts | ChunkResult | AudioResult | SoundResult | SubtitleResult
