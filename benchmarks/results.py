"""What was measured, as values."""

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """The contestants."""

    FARM = "farm run"
    AGAIN = "farm run, again"
    MULTI = "one ffmpeg, all outputs"
    SINGLE = "one ffmpeg per rendition"
    SHAKA = "Shaka Streamer, same settings"
    SHAKA_AS_SHIPPED = "Shaka Streamer, as shipped"
    FLOOR = "the encoders alone"
    WAYS = "farm run, five ways out"
    SEPARATE = "separate ffmpeg commands"


@dataclass(frozen=True, slots=True)
class Run:
    """One timed run of one contestant."""

    who: Who
    seconds: float
    """Of the recording."""
    wall: float
    """Seconds."""
    cpu: float
    """CPU seconds."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak memory of workers, bytes."""

    seconds: float
    """Of the recording."""
    child: int
    """The largest sandboxed child with all below it."""
    own: int
    """The largest Ray worker process, without its child."""
    whole: bool
    """Measured over a whole `farm run`; otherwise over its heaviest tasks, one by one."""

    @property
    def worker(self) -> int:
        """A Ray worker with its child, each at its highest."""
        return self.child + self.own


@dataclass(frozen=True, slots=True)
class Inspection:
    """One timed `farm inspect`."""

    seconds: float
    """Of the recording."""
    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Fill:
    """One disc of a course, and the same titles encoded by hand to the same size."""

    capacity: int
    """Bytes."""
    size: int
    """Bytes of the image."""
    ceiling: bool
    """Whether everything on it is of the finest quality: such a disc need not be full."""
    seconds: float
    """Of its titles together."""
    vmaf: float
    """Mean over all pictures on it."""
    naive_size: int
    """Bytes of the programs made by hand."""
    naive_vmaf: float


@dataclass(frozen=True, slots=True)
class Discs:
    """One course on discs."""

    fills: tuple[Fill, ...]
    least: int
    """Discs: fewer could not hold the course at the coarsest quality."""


@dataclass(frozen=True, slots=True)
class Told:
    """Changes of slide or scene: those told, against those that are known to be there."""

    right: int
    wrong: int
    missed: int


@dataclass(frozen=True, slots=True)
class Turns:
    """Lectures of one kind."""

    kind: str
    plain: Told
    coded: Told
    """The same lectures with few bits."""


@dataclass(frozen=True, slots=True)
class FinderCost:
    """CPU seconds a second of 720p lecture."""

    finder: float
    """Of changes."""
    encoders: float
    """What x264 takes for a ladder of four sizes."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Calls that do nothing, through the dispatcher and Ray."""

    calls: int
    wall: float
    """Seconds, Ray's start left out."""
    cpu: float
    """Seconds of the dispatcher's process."""
    warm: int
    """Bytes resident after a fifth of the calls."""
    last: int
    """After all of them."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What jobs were told of when they will be ready, in worlds of one climate."""

    world: str
    estimates: int
    held: float
    """Share of the truths that lay in the range told."""
    width: float
    """Median of how many times the latest is the earliest, in seconds from when it was told."""
    error: float
    """Median of how many times off the likely moment was."""
    points: tuple[tuple[float, float, bool], ...]
    """Some of them: seconds told, seconds it took, whether that was in the range."""


@dataclass(frozen=True, slots=True)
class Stations:
    """Receiving stations that sync from one bucket at once, twice."""

    count: int
    wall: float
    """Seconds until the last one had the lesson."""
    unchanged: float
    """Seconds of the second time, when nothing was new."""
    requests: int
    failures: int
    """Of twice as many syncs as there are stations."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Catalogs:
    """Catalogs of so many lessons, released one after the other."""

    lessons: int
    first: float
    """Seconds the first one took: every entry is new."""
    later: float
    """Seconds one took that changes ten lessons, with deltas from all earlier ones."""
    pages: float
    """Seconds its pages and feeds took."""
    snapshot: int
    """Bytes."""
    delta: int
    """Bytes of the one from the release before."""
    deltas: int
    """How many there are."""
    memory: int
    """Bytes the process held at most."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds of the recordings."""

    short: float
    middle: float
    hour: float
    others: tuple[float, ...]
    """Only for the plot."""


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that was measured, and on what."""

    machine: dict[str, str]
    lengths: Lengths
    full: bool
    """Whether the recordings are as long as the targets ask; otherwise nothing is judged."""
    runs: tuple[Run, ...] = ()
    memory: tuple[Memory, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    stages: dict[str, float] | None = None
    """CPU seconds of the short recording by stage."""
    discs: Discs | None = None
    turns: tuple[Turns, ...] = ()
    finder: FinderCost | None = None
    dispatch: Dispatch | None = None
    foretold: tuple[Foretold, ...] = ()
    catalogs: Catalogs | None = None
    stations: Stations | None = None
