"""To see and hear at a glance where in a recording something was found."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import AudioTrack, VideoTrack
from encoders.tasks.common import Artifact
from encoders.tasks.pictures import Span

MOST_STILLS = 12


@dataclass(frozen=True, slots=True)
class StillsTask:
    """Result: `StillsResult`. Single pictures of a recording, and its sound as one picture."""

    source: str
    video: VideoTrack | None
    """Its `key_frames` those around `times`, as a recording has thousands; None: no pictures."""
    times: tuple[Fraction, ...]
    """Lesson clock, seconds: `MOST_STILLS` at most."""
    width: int
    """Pixels of a still, as it is seen."""
    audio: AudioTrack | None
    """None: no picture of the sound."""
    marks: tuple[Span, ...]
    """What is marked in it."""
    origin: Fraction
    """Container seconds that are zero on the lesson clock."""
    duration: Fraction
    """Of the recording, seconds."""
    pixels: int
    """A picture may have at most, as of `Limits`."""
    folder: str


@dataclass(frozen=True, slots=True)
class Still:
    time: Fraction
    """As it was asked for."""
    shown: Fraction
    """Lesson clock, seconds: of the picture, near `time`."""
    file: Artifact
    """JPEG."""


@dataclass(frozen=True, slots=True)
class StillsResult:
    stills: tuple[Still, ...]
    """In the order of `times`; without those where nothing decodes."""
    strip: Artifact | None
    """SVG; None where no sound was asked for, or none decodes."""
