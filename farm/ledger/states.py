"""The words rows are in: roles, states and outcomes, and which move of a job is allowed."""

from enum import IntEnum, StrEnum


class Role(StrEnum):
    BASE = "base"
    """Sees and touches its own alone."""
    OFFICE = "office"
    OPERATOR = "operator"


class UploadState(StrEnum):
    RECEIVING = "receiving"
    CHECKING = "checking"
    """All bytes are here; they are being hashed."""
    WHOLE = "whole"
    DAMAGED = "damaged"
    """Its hash is not the one that was promised."""
    GONE = "gone"
    """Left unfinished for too long, or given up: its file is removed."""


class JobKind(StrEnum):
    LESSON = "lesson"
    MEND = "mend"
    """New metadata for a lesson there is; encodes nothing."""


class JobState(StrEnum):
    RECEIVED = "received"
    INSPECTING = "inspecting"
    ASKING = "asking"
    """There are findings: the base goes on, or replaces the recording."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.REFUSED, JobState.CANCELLED})
UNFINISHED = frozenset(JobState) - ENDED

_GIVEN_UP = frozenset({JobState.FAILED, JobState.REFUSED, JobState.CANCELLED})

MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.RECEIVED: frozenset({JobState.INSPECTING, JobState.QUEUED}) | _GIVEN_UP,
    JobState.INSPECTING: (
        frozenset({JobState.ASKING, JobState.QUEUED, JobState.RECEIVED}) | _GIVEN_UP
    ),
    JobState.ASKING: frozenset({JobState.QUEUED}) | _GIVEN_UP,
    JobState.QUEUED: frozenset({JobState.RUNNING}) | _GIVEN_UP,
    JobState.RUNNING: frozenset({JobState.DONE, JobState.QUEUED}) | _GIVEN_UP,
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.RECEIVED, JobState.QUEUED}),
    JobState.REFUSED: frozenset({JobState.RECEIVED}),
    JobState.CANCELLED: frozenset({JobState.RECEIVED, JobState.QUEUED}),
}
"""From a state to those that may follow it. Backwards: a service that was stopped takes its job up
again (`inspecting` to `received`, `running` to `queued`), or a person asks for another try."""


class Priority(IntEnum):
    URGENT = 0
    NORMAL = 1
    STOCK = 2


class TaskState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """May be tried again."""
    ASIDE = "aside"
    """Killed its worker too often: tried again only when a person says so."""


class Outcome(StrEnum):
    """Of an attempt."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    """The node, or the dispatcher, went away: says nothing of the task."""
    CANCELLED = "cancelled"


class NodeState(StrEnum):
    ACTIVE = "active"
    DRAINING = "draining"
    RESTING = "resting"


class Verdict(StrEnum):
    """Of the office on a lesson's release."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
