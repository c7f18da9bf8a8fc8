"""A plan as values."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Facts
from encoders.profiles import Profile
from encoders.tasks import AudioTask, ChunkTask, SoundTask, SubtitleTask


@dataclass(frozen=True, slots=True)
class Material:
    """A file that a lesson is made of, as it was handed in."""

    path: str
    """On the machine that plans."""
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Reel:
    """A recording, or a clip before or after it, with what its inspection found."""

    material: Material
    facts: Facts


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """Captions in a file of their own."""

    material: Material
    language: str
    """BCP 47."""


@dataclass(frozen=True, slots=True)
class Idents:
    """A station's clips around audio files."""

    before: Material | None = None
    after: Material | None = None


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """One span, wholly decided; the task's `folder` is filled in where it is run."""

    index: int
    material: Material
    task: ChunkTask
    weight: float
    """Expected work, for the order of tasks: coded seconds, more where the source has more bits."""


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """Sound in segments."""

    name: str
    language: str
    """BCP 47; `und` where the recording does not say."""
    label: str
    material: tuple[Material, ...]
    """One for each of the task's sources."""
    task: AudioTask
    weight: float


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """Sound in one file."""

    name: str
    language: str
    label: str
    material: tuple[Material, ...]
    task: SoundTask
    weight: float


@dataclass(frozen=True, slots=True)
class SubtitlePlan:
    name: str
    language: str
    label: str
    material: Material
    task: SubtitleTask
    weight: float


@dataclass(frozen=True, slots=True)
class ProfilePlan:
    """What of the plan's work a profile is made from, by name."""

    profile: Profile
    renditions: tuple[str, ...]
    """Of pictures, in the profile's order: CMAF, or raster."""
    audio: tuple[str, ...]
    """Of `Plan.audio`."""
    sounds: tuple[str, ...]
    """Of `Plan.sounds`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is made of one recording for all profiles asked for."""

    duration: Fraction
    """Of the lesson, seconds: a whole number of pictures where there are pictures."""
    rate: Fraction | None
    starts: tuple[Fraction, ...]
    """Of each reel, seconds."""
    chunks: tuple[ChunkPlan, ...]
    audio: tuple[AudioPlan, ...]
    sounds: tuple[SoundPlan, ...]
    subtitles: tuple[SubtitlePlan, ...]
    profiles: tuple[ProfilePlan, ...]

    @property
    def pictures(self) -> int:
        return self.chunks[-1].task.last if self.chunks else 0
