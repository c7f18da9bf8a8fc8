"""What waits in the fair queue: values."""

from dataclasses import dataclass

from workers.model import Call

URGENT, NORMAL, STOCK = 0, 1, 2
CLASSES = 3


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call that waits for its turn."""

    call: Call
    party: str
    """On whose behalf: the queue is fair between parties."""
    job: str
    """The group of calls it belongs to; a job is of one party."""
    weight: float
    """Expected seconds of work."""
    priority: int
    """URGENT, NORMAL or STOCK."""
    deadline: float | None
    """Seconds since the epoch; None where none was set."""
    since: float
    """Seconds since the epoch at which its job began to wait."""

    def __post_init__(self) -> None:
        if self.priority not in range(CLASSES):
            raise ValueError(f"{self.job} has priority {self.priority}; give 0, 1 or 2")
        if not self.weight >= 0:
            raise ValueError(f"{self.call.key} has weight {self.weight}; give 0 or more")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one party has waiting."""

    party: str
    calls: int
    work: float
    """Expected seconds, of all."""
    oldest: float
    """Seconds since the epoch at which its longest waiting job began to."""
