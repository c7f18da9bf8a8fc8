"""Where each reel of a lesson lies on the lesson's clock: an intro, the recording, an outro."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from encoders.facts import Facts, KeyFrame, VideoTrack
from encoders.slots import slot_of
from encoders.tasks import Grid
from farm.plan.grids import grid_of, settled
from farm.plan.model import Material, Reel


@dataclass(frozen=True, slots=True)
class Placed:
    """A reel in its place. Its own clock begins with it; `later` moves times to the lesson's."""

    material: Material
    facts: Facts
    guest: bool
    """Whether it is a clip around the recording."""
    first: int
    """Slot it begins at; 0 where there are no pictures."""
    pictures: int
    offset: Fraction
    """Seconds of the lesson before it."""
    duration: Fraction

    @property
    def origin(self) -> Fraction:
        """Container seconds that are zero on the lesson clock."""
        return self.facts.origin - self.offset

    def later(self, frame: KeyFrame) -> KeyFrame:
        return replace(frame, time=frame.time + self.offset)

    def later_grid(self, grid: Grid | None) -> Grid | None:
        return None if grid is None else replace(grid, start=grid.start + self.offset)


def placed(reels: Sequence[Reel], main: int, rate: Fraction | None) -> tuple[Placed, ...]:
    """One after the other; with pictures each lasts a whole number of slots of `rate`."""
    at, first = Fraction(0), 0
    found = []
    for index, reel in enumerate(reels):
        pictures, duration = 0, reel.facts.duration
        if rate is not None:
            pictures = pictures_of(reel.facts, rate)
            duration = pictures / rate
        found.append(
            Placed(reel.material, reel.facts, index != main, first, pictures, at, duration)
        )
        at, first = at + duration, first + pictures
    return tuple(found)


def pictures_of(facts: Facts, rate: Fraction) -> int:
    grid = None if facts.video is None else grid_of(facts.video)
    return max(1, slot_of(settled(facts.duration, grid), rate))


def track_of(placed: Placed) -> VideoTrack:
    if placed.facts.video is None:
        raise ValueError("a reel without pictures has no chunks")
    return placed.facts.video
