"""A plan as values."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.tasks import AudioTask, ChunkTask, SubtitleTask


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """One span, wholly decided; the task's `folder` is filled in where it is run."""

    index: int
    task: ChunkTask
    weight: float
    """Expected work, for the order of tasks: coded seconds, more where the source has more bits."""


@dataclass(frozen=True, slots=True)
class AudioPlan:
    name: str
    language: str
    """BCP 47; `und` where the recording does not say."""
    label: str
    task: AudioTask
    weight: float


@dataclass(frozen=True, slots=True)
class SubtitlePlan:
    name: str
    language: str
    label: str
    task: SubtitleTask
    weight: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one profile makes of one recording."""

    profile: str
    duration: Fraction
    """Of the lesson, seconds: a whole number of pictures where there are pictures."""
    rate: Fraction | None
    chunks: tuple[ChunkPlan, ...]
    audio: tuple[AudioPlan, ...]
    subtitles: tuple[SubtitlePlan, ...]

    @property
    def pictures(self) -> int:
        return self.chunks[-1].task.last if self.chunks else 0
