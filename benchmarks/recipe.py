"""What everybody has to make of a recording: taken from the farm's own plan, so that all agree."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from encoders.tasks import AudioRendition, VideoRendition
from farm.plan import Plan


@dataclass(frozen=True, slots=True)
class Recipe:
    recording: Path
    rate: Fraction
    """Pictures a second."""
    segment: Fraction
    """Seconds between IDR pictures."""
    pictures: int
    """Of each rendition."""
    renditions: tuple[VideoRendition, ...]
    sound: AudioRendition

    @property
    def seconds(self) -> float:
        return float(self.pictures / self.rate)


def recipe_of(plan: Plan, recording: Path) -> Recipe:
    """Raises ValueError for a recording without pictures or without sound."""
    if not plan.chunks or not plan.audio or plan.rate is None:
        raise ValueError(f"{recording} has no picture or no sound; give a lecture that has both.")
    task = plan.chunks[0].task
    return Recipe(
        recording=recording,
        rate=plan.rate,
        segment=task.segment / plan.rate,
        pictures=plan.pictures,
        renditions=task.renditions,
        sound=plan.audio[0].task.rendition,
    )
