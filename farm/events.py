"""What happens to a recording, told as it happens: one stream for the bar and for `--json`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from encoders.facts import Finding


class Stage(StrEnum):
    INSPECT = "inspect"
    ENCODE = "encode"
    PRODUCTS = "products"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Started:
    recording: str
    """Path as given."""
    lesson: str


@dataclass(frozen=True, slots=True)
class Inspected:
    recording: str
    duration: float
    """Seconds."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    recording: str
    tasks: int
    """To be done now."""
    kept: int
    """Parts found finished."""
    renditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progressed:
    recording: str
    stage: Stage
    done: float
    """0 to 1."""
    speed: float | None
    """Media seconds done for each second that passes; None before it can be said."""
    left: float | None
    """Seconds, estimated."""


@dataclass(frozen=True, slots=True)
class Retried:
    recording: str
    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """Every task is done; figures of what was done now, not of what was kept."""

    recording: str
    decoded: int
    """Pictures."""
    errors: int
    """Packets that did not decode."""
    cpu: dict[str, float]
    """CPU seconds by stage."""


@dataclass(frozen=True, slots=True)
class Captioned:
    """What was found in captions that were handed in, or are in the recording."""

    recording: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Published:
    recording: str
    lesson: str
    release: int
    master: str | None
    """Relative to the store; None where no profile streams it."""
    store: str
    changed: bool
    """False where the lesson was published already and nothing had to be written."""
    products: tuple[tuple[str, str], ...] = ()
    """Profile and path, relative to the store, of each file a person takes."""


@dataclass(frozen=True, slots=True)
class Failed:
    recording: str
    error: str
    status: int
    """Exit status."""


Event = (
    Started | Inspected | Planned | Progressed | Retried | Encoded | Captioned | Published | Failed
)
Emit = Callable[[Event], None]
