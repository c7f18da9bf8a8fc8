"""Jobs, their calls and attempts, as a dispatcher holds them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from workers.journal import Aside, Claim, Ended
from workers.model import Call, Event
from workers.ticket import NORMAL, Ticket

OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class JobRef:
    """A group of calls of one party."""

    id: str
    party: str
    priority: int = NORMAL
    deadline: float | None = None
    """Seconds since the epoch."""
    since: float | None = None
    """Seconds since the epoch at which it began to wait; None: now."""


@dataclass(slots=True)
class Work:
    """One call until it has ended for good."""

    ticket: Ticket
    on_event: OnEvent
    tries: int = 0
    """Attempts begun."""
    failures: int = 0
    """Attempts that count against it."""
    deaths: int = 0
    """Of the whole pool, while it ran."""
    avoid: set[str] = field(default_factory=set)
    """Nodes where it failed."""
    log: list[str] = field(default_factory=list)

    @property
    def name(self) -> tuple[str, str]:
        return self.ticket.job, self.ticket.call.key


@dataclass(slots=True)
class Run:
    """One attempt, as long as it may hold a slot."""

    id: str
    """Its key in the pool: never used twice."""
    work: Work
    claim: Claim
    given: float
    """Tick."""
    began: float | None = None
    """Tick at which it had a slot to itself; None where it waits for one."""
    since: float | None = None
    """Seconds since the epoch at which a worker was first heard to have begun it."""
    pid: int | None = None
    done: float = 0.0
    cancelled: float | None = None
    """Tick at which that was asked."""
    told: bool = False
    """Its end was told before the pool did."""

    @property
    def call(self) -> Call:
        """As the pool gets it."""
        return replace(self.work.ticket.call, key=self.id)

    def seconds(self, tick: float) -> float:
        return 0.0 if self.began is None else tick - self.began

    def left(self, tick: float) -> float:
        """Seconds until it is expected to end: the later of what its weight and its progress say,
        for the first report may come after half of a short beginning."""
        elapsed = tick - (self.given if self.began is None else self.began)
        by_weight = max(0.0, self.work.ticket.weight - elapsed)
        by_progress = elapsed * (1 - self.done) / self.done if self.done > 0 else 0.0
        return max(by_weight, by_progress)


@dataclass(slots=True)
class Outbox:
    """What is to be told: to the journal first, then to those who wait."""

    endings: list[Ended] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    deliveries: list[tuple[OnEvent, Event]] = field(default_factory=list)
    emptied: list[Callable[[], None]] = field(default_factory=list)
    """Of nodes that were drained."""

    def take(self, other: "Outbox") -> None:
        """Adds what is in the other one."""
        self.endings += other.endings
        self.asides += other.asides
        self.deliveries += other.deliveries
        self.emptied += other.emptied
