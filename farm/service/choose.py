"""Which jobs are begun next. Pure: rows and a time in, ids out.

Chunks are shared out fairly by the dispatcher; a job has to be under way for its chunks to be
among them. Each base always has a job under way, so that none waits for another's backlog.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from farm.ledger.model import Job

AGE = 30 * 60.0
"""Seconds of waiting that raise a job by one class."""
USUAL = 2
"""Jobs of a base under way: one's last chunk leaves slots to the other's first."""
MOST = 4
"""With those that came before their turn: urgent ones, and short ones."""
SHORT = 0.25
"""Of the shortest that is under way: less than that does not wait for it."""
AT_ONCE = 64
"""Jobs under way, of all bases: each is a thread that mostly waits."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that is ready, or under way."""

    id: str
    base: str
    priority: int
    """0 urgent, 1 normal, 2 stock."""
    deadline: float | None
    """Epoch seconds."""
    since: float
    """Epoch seconds: when it was queued."""
    work: float
    """Expected, as `Call.weight` counts it."""


def candidate(job: Job) -> Candidate:
    """Of a job's row."""
    since = job.queued or job.created
    return Candidate(job.id, job.base, int(job.priority), job.deadline, since, job.work)


def order_of(job: Candidate, now: float) -> tuple[float | str, ...]:
    """Sorts jobs of one base: urgent ones, then by class, deadline, the shorter one, the older one.

    Waiting raises the class without end, so that a long one comes before new short ones some day.
    """
    aged = job.priority - int(max(0.0, now - job.since) / AGE)
    due = job.deadline if job.deadline is not None else float("inf")
    return (job.priority > 0, aged, due, job.work, job.since, job.id)


def to_begin(
    ready: Sequence[Candidate], under_way: Sequence[Candidate], paused: frozenset[str], now: float
) -> tuple[str, ...]:
    """Ids of the jobs to begin now, the first one first. `paused`: bases that begin none."""
    begun = list(under_way)
    chosen: list[str] = []
    for job in sorted(ready, key=lambda one: order_of(one, now)):
        if len(begun) >= AT_ONCE:
            break
        own = [one for one in begun if one.base == job.base]
        if job.base not in paused and _may_begin(job, own):
            begun.append(job)
            chosen.append(job.id)
    return tuple(chosen)


def _may_begin(job: Candidate, own: Sequence[Candidate]) -> bool:
    if len(own) < USUAL:
        return True
    if len(own) >= MOST:
        return False
    first = job.priority == 0 and all(one.priority > 0 for one in own)
    return first or job.work < SHORT * min(one.work for one in own)
