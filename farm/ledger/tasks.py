"""Pieces of work: who does which, and what came of each try.

Every change names the fence of the dispatcher that makes it. One that has been overtaken (the
lease `dispatcher` has a higher fence, or the task has) changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)

from farm.ledger import rows
from farm.ledger.leases import DISPATCHER
from farm.ledger.model import Attempt, Task
from farm.ledger.schema import attempts, leases, tasks
from farm.ledger.states import Outcome, TaskState

Name = tuple[str, str]
"""Of a task: job and key."""

AFTER = {
    Outcome.DONE: TaskState.DONE,
    Outcome.FAILED: TaskState.FAILED,
    Outcome.LOST: TaskState.WAITING,
    Outcome.CANCELLED: TaskState.WAITING,
}
"""What a task is after an attempt."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish to begin a task on a node."""

    job: str
    key: str
    node: str


@dataclass(frozen=True, slots=True)
class End:
    """What came of an attempt."""

    job: str
    key: str
    outcome: Outcome
    error: str | None = None


def plan(tx: Connection, job: str, planned: Iterable[tuple[str, str, float]]) -> None:
    """Adds tasks (key, kind, weight) of a job. Of one there is kind and weight are brought up to
    date and its state stays: what is done is done."""
    values = [
        {"job": job, "key": key, "kind": kind, "weight": weight, "state": TaskState.WAITING}
        for key, kind, weight in planned
    ]
    if not values:
        return
    fresh = rows.insert(tx, tasks)
    upsert = fresh.on_conflict_do_update(
        index_elements=[tasks.c.job, tasks.c.key],
        set_={"kind": fresh.excluded.kind, "weight": fresh.excluded.weight},
    )
    tx.execute(upsert, values)


def missing(tx: Connection, job: str, key: str) -> bool:
    """What was done is not in the store any more: it waits again. Whether it was so."""
    gone = _named([(job, key)]) & (tasks.c.state == TaskState.DONE)
    return rows.change(tx, tasks, gone, {"state": TaskState.WAITING})


def claim(
    tx: Connection, job: str, key: str, node: str, fence: int, until: float, now: float
) -> int | None:
    """Begins a task: the number of the attempt, from 1. None: it runs already, under this fence or
    a higher one, is done or aside, or is not there. What runs under a lower fence is taken over."""
    return claim_all(tx, [Claim(job, key, node)], fence, until, now).get((job, key))


def claim_all(
    tx: Connection, claims: Sequence[Claim], fence: int, until: float, now: float
) -> dict[Name, int]:
    """As `claim`, many at once: numbers of those that were begun."""
    wanted = {(one.job, one.key): one for one in claims}
    free = or_(
        tasks.c.state.in_([TaskState.WAITING, TaskState.FAILED]),
        and_(tasks.c.state == TaskState.RUNNING, tasks.c.fence < fence),
    )
    found = _locked(tx, list(wanted), free & (tasks.c.fence <= fence) & _current(fence))
    if not found:
        return {}
    _close(tx, [one for one in found if one.state is TaskState.RUNNING], Outcome.LOST, now)
    begun = [(one, wanted[one.job, one.key].node) for one in found]
    common = {"fence": fence, "started": now}
    tx.execute(
        _one_task().values(
            state=TaskState.RUNNING,
            attempts=tasks.c.attempts + 1,
            node=bindparam("_node"),
            until=until,
            ended=None,
            **common,
        ),
        [{"_job": one.job, "_key": one.key, "_node": node} for one, node in begun],
    )
    tx.execute(attempts.insert(), [_attempt(one, node) | common for one, node in begun])
    return {(one.job, one.key): one.attempts + 1 for one in found}


def renew(tx: Connection, fence: int, names: Iterable[Name], until: float) -> int:
    """Those that run under this fence run on; how many. Fewer than asked: some are not ours."""
    count = 0
    for part in rows.parts(names):
        ours = _named(part) & _running(fence) & _current(fence)
        count += tx.execute(update(tasks).where(ours).values(until=until)).rowcount
    return count


def finish(
    tx: Connection,
    job: str,
    key: str,
    fence: int,
    outcome: Outcome,
    now: float,
    error: str | None = None,
) -> bool:
    """Ends an attempt; `AFTER` tells what the task is then. False: the fence is stale, or it does
    not run; nothing is changed."""
    return bool(finish_all(tx, fence, [End(job, key, outcome, error)], now))


def finish_all(tx: Connection, fence: int, ends: Sequence[End], now: float) -> frozenset[Name]:
    """As `finish`, many at once: those that were ended."""
    wanted = {(one.job, one.key): one for one in ends}
    found = _locked(tx, list(wanted), _running(fence) & _current(fence))
    if not found:
        return frozenset()
    names = [(one.job, one.key) for one in found]
    tx.execute(
        _one_task().values(state=bindparam("_state"), node=None, until=None, ended=now),
        [
            {"_job": name[0], "_key": name[1], "_state": AFTER[wanted[name].outcome]}
            for name in names
        ],
    )
    tx.execute(
        _open_attempt().values(ended=now, outcome=bindparam("_outcome"), error=bindparam("_error")),
        [
            {
                "_job": name[0],
                "_key": name[1],
                "_outcome": wanted[name].outcome,
                "_error": wanted[name].error,
            }
            for name in names
        ],
    )
    return frozenset(names)


def done_before(tx: Connection, fence: int, names: Iterable[Name], now: float) -> int:
    """Tasks whose results were found in the store are done without an attempt; how many."""
    idle = tasks.c.state.in_([TaskState.WAITING, TaskState.FAILED, TaskState.ASIDE])
    count = 0
    for part in rows.parts(names):
        ours = _named(part) & idle & _current(fence)
        values = {"state": TaskState.DONE, "ended": now}
        count += tx.execute(update(tasks).where(ours).values(**values)).rowcount
    return count


def release_all(tx: Connection, below_fence: int, now: float) -> int:
    """What an earlier dispatcher left running waits again, its attempts are lost; how many."""
    left = (tasks.c.state == TaskState.RUNNING) & (tasks.c.fence < below_fence)
    found = rows.every(tx, select(tasks).where(left).with_for_update(), Task)
    _close(tx, found, Outcome.LOST, now)
    values = {"state": TaskState.WAITING, "node": None, "until": None, "fence": below_fence}
    tx.execute(update(tasks).where(left).values(**values))
    return len(found)


def set_aside(tx: Connection, job: str, key: str, fence: int) -> bool:
    """After `finish`: it is not tried again. False: the fence is stale, or it runs or is done."""
    idle = tasks.c.state.in_([TaskState.WAITING, TaskState.FAILED])
    ours = _named([(job, key)]) & idle & (tasks.c.fence <= fence) & _current(fence)
    return rows.change(tx, tasks, ours, {"state": TaskState.ASIDE})


def again(tx: Connection, job: str) -> int:
    """A person wants a job tried again: its failed tasks and those aside wait; how many."""
    idle = tasks.c.state.in_([TaskState.FAILED, TaskState.ASIDE])
    values = {"state": TaskState.WAITING}
    return tx.execute(update(tasks).where((tasks.c.job == job) & idle).values(**values)).rowcount


def of_job(tx: Connection, job: str) -> tuple[Task, ...]:
    """By key."""
    query = select(tasks).where(tasks.c.job == job)
    return rows.every(tx, query.order_by(tasks.c.key), Task)


def running(tx: Connection) -> tuple[Task, ...]:
    """By node: what runs where."""
    query = select(tasks).where(tasks.c.state == TaskState.RUNNING)
    return rows.every(tx, query.order_by(tasks.c.node, tasks.c.started, tasks.c.key), Task)


def overdue(tx: Connection, now: float) -> tuple[Task, ...]:
    """Running, and not heard of in time."""
    late = (tasks.c.state == TaskState.RUNNING) & (tasks.c.until < now)
    return rows.every(tx, select(tasks).where(late).order_by(tasks.c.until, tasks.c.key), Task)


def progress(tx: Connection, job: str) -> tuple[float, float]:
    """Weights of a job's tasks: of those done, and of all."""
    query = select(tasks.c.state, func.sum(tasks.c.weight)).where(tasks.c.job == job)
    weights = rows.pairs(tx, query.group_by(tasks.c.state))
    return weights.get(TaskState.DONE, 0.0), sum(weights.values())


def attempts_of(tx: Connection, job: str, key: str | None = None) -> tuple[Attempt, ...]:
    """Of a job or of one of its tasks, the first first."""
    query = select(attempts).where(attempts.c.job == job)
    if key is not None:
        query = query.where(attempts.c.key == key)
    return rows.every(tx, query.order_by(attempts.c.id), Attempt)


def ended_badly(tx: Connection, limit: int = 100) -> tuple[Attempt, ...]:
    """Attempts failed or lost, the latest first."""
    bad = attempts.c.outcome.in_([Outcome.FAILED, Outcome.LOST])
    query = select(attempts).where(bad).order_by(attempts.c.ended.desc(), attempts.c.id.desc())
    return rows.every(tx, query.limit(limit), Attempt)


# --- parts of the above -------------------------------------------------------------------------


def _current(fence: int) -> ColumnElement[bool]:
    """No other dispatcher has taken the lease since."""
    overtaken = exists().where(leases.c.name == DISPATCHER, leases.c.fence > fence)
    return ~overtaken


def _running(fence: int) -> ColumnElement[bool]:
    return (tasks.c.state == TaskState.RUNNING) & (tasks.c.fence == fence)


def _named(names: Sequence[Name]) -> ColumnElement[bool]:
    return tuple_(tasks.c.job, tasks.c.key).in_(names)


def _locked(tx: Connection, names: Sequence[Name], where: ColumnElement[bool]) -> list[Task]:
    """Those of `names` for which it holds, and will until the transaction ends."""
    found: list[Task] = []
    for part in rows.parts(names):
        found += rows.every(tx, select(tasks).where(_named(part), where).with_for_update(), Task)
    return found


def _one_task() -> Any:
    return update(tasks).where(tasks.c.job == bindparam("_job"), tasks.c.key == bindparam("_key"))


def _open_attempt() -> Any:
    return update(attempts).where(
        attempts.c.job == bindparam("_job"),
        attempts.c.key == bindparam("_key"),
        attempts.c.ended.is_(None),
    )


def _close(tx: Connection, left: Sequence[Task], outcome: Outcome, now: float) -> None:
    if left:
        values = [{"_job": one.job, "_key": one.key} for one in left]
        tx.execute(_open_attempt().values(ended=now, outcome=outcome), values)


def _attempt(task: Task, node: str) -> dict[str, Any]:
    return {
        "job": task.job,
        "key": task.key,
        "number": task.attempts + 1,
        "kind": task.kind,
        "weight": task.weight,
        "node": node,
    }
