"""Products to be made, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from encoders.product import CaptionTrack, Chapter, Tags
from encoders.profiles import Profile
from encoders.tasks import Artifact
from farm.metadata import tags_of
from farm.package import Pieces
from farm.plan.model import Plan
from manifests.model import About


@dataclass(frozen=True, slots=True)
class Input:
    """A finished piece, and where it is."""

    object: str
    """Name in the store."""
    file: Artifact


@dataclass(frozen=True, slots=True)
class Order:
    """One product, wholly decided."""

    profile: Profile
    name: str
    """Unique within the lesson."""
    languages: tuple[str, ...]
    """BCP 47, of its sound and captions."""
    task: Any
    """A product's task (see `encoders.kinds`): `inputs` and `folder` are filled in where it is
    run."""
    inputs: tuple[Input, ...]
    weight: float
    """Expected work, in about seconds of media encoded."""
    parts: Mapping[str, Any] | None = None
    """JSON values a release keeps, of which discs of many lessons are made."""
    kept: tuple[Artifact, ...] = ()
    """Pieces a release names with them."""


@dataclass(frozen=True, slots=True)
class Made:
    """What products are made of, and what they are told."""

    lesson: str
    plan: Plan
    pieces: Pieces
    chapters: tuple[Chapter, ...]
    captions: tuple[CaptionTrack, ...]
    cover: Artifact | None
    about: About
    published: str
    """ISO 8601 day."""

    @property
    def tags(self) -> Tags:
        return tags_of(self.about, self.published)

    @property
    def duration(self) -> Fraction:
        return self.plan.duration
