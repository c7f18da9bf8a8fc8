"""What a dispatcher tells whoever keeps the books, and asks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from workers.model import Call, Failed


class Outcome(StrEnum):
    """How one attempt ended."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    """Its worker, its node or the whole pool died under it."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that is about to begin."""

    job: str
    key: str
    """Of the call."""
    node: str
    number: int
    """Of the attempt, from 1."""
    weight: float
    """Expected seconds."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that was claimed has ended."""

    claim: Claim
    outcome: Outcome
    error: str | None
    """One sentence; None where it is done."""
    seconds: float
    """For which it ran; 0 where it never began."""
    again: bool
    """Whether the dispatcher will make another attempt."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A call that has failed on every attempt."""

    job: str
    call: Call
    node: str
    """Of the last attempt."""
    attempts: int
    failed: Failed
    """Of the last attempt, as the pool told it."""
    log: str
    """A line of each attempt, then the end of what the last one said."""


class Journal(Protocol):
    """Called from the dispatcher's thread alone, once for all that came together, so that a commit
    of some milliseconds is shared. Every method may raise JournalLost: it is then called again with
    the same, so each must bear to be told twice."""

    def claimed(self, claims: Sequence[Claim]) -> Sequence[bool]:
        """Which of them may run; the others belong to a newer dispatcher."""
        ...

    def ended(self, endings: Sequence[Ended]) -> None: ...

    def set_aside(self, aside: Aside) -> None: ...

    def alive(self) -> bool:
        """Renews the dispatcher's lease; False where another has it."""
        ...


class NoJournal:
    """Keeps nothing and lets everything run."""

    def claimed(self, claims: Sequence[Claim]) -> Sequence[bool]:
        return [True] * len(claims)

    def ended(self, endings: Sequence[Ended]) -> None: ...

    def set_aside(self, aside: Aside) -> None: ...

    def alive(self) -> bool:
        return True
