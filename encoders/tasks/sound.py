"""One track of sound, in segments or in a file."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Shift
from encoders.tasks.common import Artifact, Encoded


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
