"""A failure capsule as values. As JSON it is `courseware-capsule-1`, see docs/operation.md."""

from dataclasses import dataclass

import msgspec

from farm.errors import FarmError
from workers.limits import ChildLimits

FORMAT = "courseware-capsule-1"
MOST_LOG = 16 << 10
"""Characters of a log that are kept, the last ones."""


class BadCapsule(FarmError):
    """It cannot be read, or not be run here."""

    status = 2


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file the work reads."""

    name: str
    """Its path where it was handed in, or its name in the store."""
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt."""

    number: int
    """From 1."""
    node: str | None
    started: float
    """Epoch seconds."""
    ended: float | None
    outcome: str
    error: str


@dataclass(frozen=True, slots=True)
class Versions:
    """What the work was done with."""

    farm: str
    build: str
    """Of the encoder, `encoders.build.build_id`."""
    ffmpeg: str
    python: str


@dataclass(frozen=True, slots=True)
class Capsule:
    """All that is needed to run a piece of work again, and what is known of its failure."""

    format: str
    id: str
    """12 hex digits."""
    at: float
    """Epoch seconds: when it was set aside."""
    job: str
    key: str
    """The work's, within the job."""
    kind: str
    """See `farm.estimate.kinds`."""
    lesson: str
    store: str
    """URL."""
    errand: msgspec.Raw
    """JSON, see `farm.capsule.written`."""
    inputs: tuple[Ingredient, ...]
    node: str | None
    """Of the last attempt."""
    attempts: tuple[Tried, ...]
    error: str
    log: str
    """The end of it, of the last attempt."""
    versions: Versions
    limits: ChildLimits
    """What the child was allowed."""
