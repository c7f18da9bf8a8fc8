"""Pieces of work: who does which, and what came of each try.

Every change names the fence of the dispatcher that makes it. One that has been overtaken (the
lease `dispatcher` has a higher fence, or the task has) changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    Update,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)

from farm.ledger import rows
from farm.ledger.leases import DISPATCHER
from farm.ledger.model import Attempt, Task
from farm.ledger.schema import attempts, leases, tasks
from farm.ledger.states import Outcome, TaskState

RUNNING = tasks.c.state == literal_column("'running'")
"""Literally, so that the databases see that their index of those that run has them."""

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
    if overtaken(tx, fence):
        return {}
    wanted = {(one.job, one.key): one.node for one in claims}
    free = [one for one in _locked(tx, wanted) if _free(one, fence)]
    if not free:
        return {}
    _close(tx, [one for one in free if one.state is TaskState.RUNNING], now)
    begun = [(one, wanted[one.job, one.key]) for one in free]
    both = {"fence": fence, "started": now}
    _each(tx, _BEGIN, [_name(one) | both | {"node": node, "until": until} for one, node in begun])
    tx.execute(attempts.insert(), [_attempt(one, node) | both for one, node in begun])
    return {(one.job, one.key): one.attempts + 1 for one in free}


def renew(tx: Connection, fence: int, names: Iterable[Name], until: float) -> int:
    """Those that run under this fence run on; how many. Fewer than asked: some are not ours."""
    if overtaken(tx, fence):
        return 0
    values = {"fence": fence, "until": until}
    return _each(tx, _RENEW, [{"job": job, "key": key} | values for job, key in names])


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
    if overtaken(tx, fence):
        return frozenset()
    wanted = {(one.job, one.key): one for one in ends}
    found = [wanted[one.job, one.key] for one in _locked(tx, wanted) if _ours(one, fence)]
    _each(tx, _END, [_name(one) | {"state": AFTER[one.outcome], "ended": now} for one in found])
    _each(
        tx,
        _END_ATTEMPT,
        [_name(one) | {"outcome": one.outcome, "error": one.error, "ended": now} for one in found],
    )
    return frozenset((one.job, one.key) for one in found)


def done_before(tx: Connection, fence: int, names: Iterable[Name], now: float) -> int:
    """Tasks whose results were found in the store are done without an attempt; how many."""
    if overtaken(tx, fence):
        return 0
    return _each(tx, _FOUND, [{"job": job, "key": key, "ended": now} for job, key in names])


def missing(tx: Connection, job: str, key: str) -> bool:
    """What was done is not in the store any more: it waits again. Whether it was so."""
    return _each(tx, _MISSING, [{"job": job, "key": key}]) > 0


def release_all(tx: Connection, below_fence: int, now: float) -> int:
    """What an earlier dispatcher left running waits again, its attempts are lost; how many."""
    left = RUNNING & (tasks.c.fence < below_fence)
    found = rows.every(tx, select(tasks).where(left).with_for_update(), Task)
    _close(tx, found, now)
    values = {"state": TaskState.WAITING, "node": None, "until": None, "fence": below_fence}
    tx.execute(update(tasks).where(left).values(**values))
    return len(found)


def set_aside(tx: Connection, job: str, key: str, fence: int) -> bool:
    """After `finish`: it is not tried again. False: the fence is stale, or it runs or is done."""
    if overtaken(tx, fence):
        return False
    return _each(tx, _ASIDE, [{"job": job, "key": key, "fence": fence}]) > 0


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
    query = select(tasks).where(RUNNING)
    return rows.every(tx, query.order_by(tasks.c.node, tasks.c.started, tasks.c.key), Task)


def overdue(tx: Connection, now: float) -> tuple[Task, ...]:
    """Running, and not heard of in time."""
    late = RUNNING & (tasks.c.until < now)
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


def overtaken(tx: Connection, fence: int) -> bool:
    """Whether another dispatcher has taken the lease since."""
    held = select(leases.c.fence).where(leases.c.name == DISPATCHER)
    return (tx.execute(held).scalar() or 0) > fence


# --- parts of the above -------------------------------------------------------------------------


def _free(one: Task, fence: int) -> bool:
    if one.state is TaskState.RUNNING:
        return one.fence < fence
    return one.state in (TaskState.WAITING, TaskState.FAILED) and one.fence <= fence


def _ours(one: Task, fence: int) -> bool:
    return one.state is TaskState.RUNNING and one.fence == fence


def _locked(tx: Connection, names: Iterable[Name]) -> list[Task]:
    """Those there are; they stay as they are until the transaction ends."""
    by_job: dict[str, list[str]] = {}
    for job, key in names:
        by_job.setdefault(job, []).append(key)
    found: list[Task] = []
    for job, keys in by_job.items():
        for part in rows.parts(keys):
            named = (tasks.c.job == job) & tasks.c.key.in_(part)
            found += rows.every(tx, select(tasks).where(named).with_for_update(), Task)
    return found


def _close(tx: Connection, left: Iterable[Task], now: float) -> None:
    lost = {"outcome": Outcome.LOST, "error": None, "ended": now}
    _each(tx, _END_ATTEMPT, [_name(one) | lost for one in left])


def _attempt(one: Task, node: str) -> dict[str, Any]:
    """The one that follows."""
    return {
        "job": one.job,
        "key": one.key,
        "number": one.attempts + 1,
        "kind": one.kind,
        "weight": one.weight,
        "node": node,
    }


def _name(one: Task | End) -> dict[str, Any]:
    return {"job": one.job, "key": one.key}


# --- changes of one row, found by its name: by its state it would be looked for among thousands ---


def _given(name: str) -> BindParameter[Any]:
    return bindparam(f"given_{name}")


def _each(tx: Connection, change: Executable, values: Sequence[dict[str, Any]]) -> int:
    """Carries `change` out with each of `values`; rows changed."""
    if not values:
        return 0
    given = [{f"given_{name}": value for name, value in one.items()} for one in values]
    return tx.execute(change, given).rowcount


def _task(*states: TaskState) -> Update:
    """In one of `states`; none: in any."""
    named = (tasks.c.job == _given("job")) & (tasks.c.key == _given("key"))
    # Not IN: its length is not known to statements that are carried out many times.
    one = update(tasks).where(named)
    return one.where(or_(*(tasks.c.state == state for state in states))) if states else one


_BEGIN = _task().values(
    state=TaskState.RUNNING,
    attempts=tasks.c.attempts + 1,
    node=_given("node"),
    fence=_given("fence"),
    until=_given("until"),
    started=_given("started"),
    ended=None,
)
_END = _task().values(state=_given("state"), node=None, until=None, ended=_given("ended"))
_END_ATTEMPT = (
    update(attempts)
    .where(
        attempts.c.job == _given("job"),
        attempts.c.key == _given("key"),
        attempts.c.ended.is_(None),
    )
    .values(ended=_given("ended"), outcome=_given("outcome"), error=_given("error"))
)
_RENEW = (
    _task(TaskState.RUNNING).where(tasks.c.fence == _given("fence")).values(until=_given("until"))
)
_FOUND = _task(TaskState.WAITING, TaskState.FAILED, TaskState.ASIDE).values(
    state=TaskState.DONE, ended=_given("ended")
)
_MISSING = _task(TaskState.DONE).values(state=TaskState.WAITING, ended=None)
_ASIDE = (
    _task(TaskState.WAITING, TaskState.FAILED)
    .where(tasks.c.fence <= _given("fence"))
    .values(state=TaskState.ASIDE)
)
