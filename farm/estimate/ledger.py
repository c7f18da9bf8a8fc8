"""What estimates are learned from, and where they are noted: the ledger."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from farm.estimate.kinds import family
from farm.estimate.outline import Outlines, Past
from farm.estimate.ranges import Estimate, Pair, Ranges, Situation
from farm.estimate.speeds import Sample, Speeds
from farm.ledger import estimates, jobs, speeds
from farm.ledger.model import Estimate as Told
from farm.ledger.model import Job
from farm.ledger.schema import attempts, tasks
from farm.ledger.schema import jobs as job_rows
from farm.ledger.states import JobKind, JobState, Outcome, Priority

EACH = 200
"""Pieces of work of each kind that are learned from, the newest."""
JOBS = 200
"""Jobs, likewise."""
TOLD = 2000
"""Estimates, likewise."""
OF_JOB = 4
"""Estimates of one job that count: one that is told often weighs no more than another."""
WITH_PRODUCTS = "product"


def learned_speeds(tx: Connection) -> Speeds:
    return Speeds.learned(
        Sample(kind, weight, seconds)
        for kind in speeds.kinds(tx)
        for weight, seconds in speeds.samples(tx, kind, EACH)
    )


def learned_ranges(tx: Connection) -> Ranges:
    by_job: dict[str, list[Told]] = defaultdict(list)
    for one in reversed(estimates.recent(tx, TOLD)):
        by_job[one.job].append(one)
    kept = [one for some in by_job.values() for one in _spread(some, OF_JOB)]
    ids = {one.job for one in kept}
    query = select(job_rows.c.id).where(
        job_rows.c.id.in_(ids), job_rows.c.priority == Priority.STOCK
    )
    stock = frozenset(tx.scalars(query))
    kept.sort(key=lambda one: one.id)
    return Ranges.learned(_pair(one, stock=one.job in stock) for one in kept)


def learned_outlines(tx: Connection, like_of: Callable[[Job], str]) -> Outlines:
    """`like_of`: see `farm.estimate.outline.like`."""
    done = jobs.page(tx, [JobState.DONE], JOBS)
    known = {one.id: one for one in done if one.kind is JobKind.LESSON and one.duration}
    return Outlines.learned(_pasts(known, like_of, _spent(tx, list(known))))


def note(tx: Connection, job: str, now: float, estimate: Estimate) -> None:
    """What a job was told at `now`, to be learned from when it is done (`ledger.estimates.settle`).

    Raises LedgerConflict where there is no such job.
    """
    one = estimate
    estimates.add(tx, job, now, one.position, one.low, one.likely, one.high)


def told(tx: Connection, job: str) -> Estimate | None:
    """What it was told last."""
    row = estimates.latest(tx, job)
    return None if row is None else Estimate(row.position, row.low, row.likely, row.high)


@dataclass(frozen=True, slots=True)
class _Spent:
    """By all attempts of one kind of a job that were done."""

    kind: str
    tasks: int
    seconds: float
    ended: float


def _spent(tx: Connection, ids: Sequence[str]) -> Mapping[str, list[_Spent]]:
    """Of jobs of which nothing was kept from before: an attempt did every task of theirs."""
    whole = select(tasks.c.job, func.count()).where(tasks.c.job.in_(ids)).group_by(tasks.c.job)
    planned = {row[0]: int(row[1]) for row in tx.execute(whole)}
    query = (
        select(
            attempts.c.job,
            attempts.c.kind,
            func.count(),
            func.sum(attempts.c.ended - attempts.c.started),
            func.max(attempts.c.ended),
        )
        .where(attempts.c.job.in_(ids), attempts.c.outcome == Outcome.DONE)
        .group_by(attempts.c.job, attempts.c.kind)
    )
    found: dict[str, list[_Spent]] = defaultdict(list)
    for job, kind, count, seconds, ended in tx.execute(query):
        found[job].append(_Spent(kind, count, seconds, ended))
    return {
        job: some for job, some in found.items() if sum(one.tasks for one in some) >= planned[job]
    }


def _pasts(
    known: Mapping[str, Job],
    like_of: Callable[[Job], str],
    spent: Mapping[str, Sequence[_Spent]],
) -> Iterator[Past]:
    for id, some in spent.items():
        job = known[id]
        pieces = [one for one in some if family(one.kind) != WITH_PRODUCTS]
        rest = [one for one in some if family(one.kind) == WITH_PRODUCTS]
        yield Past(
            like=like_of(job),
            duration=job.duration or 0.0,
            pieces=sum(one.tasks for one in pieces),
            work=sum(one.seconds for one in pieces),
            rest=sum(one.seconds for one in rest),
            tail=max(0.0, (job.ended or 0.0) - max(one.ended for one in some)),
        )


def _pair(one: Told, *, stock: bool) -> Pair:
    situation = Situation(one.position == 0, stock)
    return Pair(situation, one.likely - one.at, (one.actual or one.at) - one.at)


def _spread(some: Sequence[Told], most: int) -> Sequence[Told]:
    """The first, and others evenly."""
    count = min(len(some), most)
    return [some[index * len(some) // count] for index in range(count)]
