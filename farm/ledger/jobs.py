"""Recordings handed in, and how far they are."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from farm.ledger import rows
from farm.ledger.model import Job
from farm.ledger.schema import jobs
from farm.ledger.states import ENDED, MOVES, UNFINISHED, JobState


def add(tx: Connection, job: Job) -> Job:
    """Raises LedgerConflict where its id is taken or its base is unknown."""
    return rows.add(tx, jobs, job)


def get(tx: Connection, id: str) -> Job | None:
    return rows.first(tx, select(jobs).where(jobs.c.id == id), Job)


def of_base(
    tx: Connection,
    base: str,
    states: Collection[JobState] = (),
    limit: int = 100,
    before: tuple[float, str] | None = None,
) -> tuple[Job, ...]:
    """The latest first, in `states` (empty: in any); `before` is (created, id) of the last one of
    the page before."""
    return _page(tx, select(jobs).where(jobs.c.base == base), states, limit, before)


def page(
    tx: Connection,
    states: Collection[JobState] = (),
    limit: int = 100,
    before: tuple[float, str] | None = None,
) -> tuple[Job, ...]:
    """As `of_base`, of all bases."""
    return _page(tx, select(jobs), states, limit, before)


def every(tx: Connection, *states: JobState) -> tuple[Job, ...]:
    """The oldest first; no state: all of them."""
    query = select(jobs).order_by(jobs.c.created, jobs.c.id)
    return rows.every(tx, query.where(jobs.c.state.in_(states)) if states else query, Job)


def of_lesson(tx: Connection, lesson: str) -> tuple[Job, ...]:
    """The latest first."""
    query = select(jobs).where(jobs.c.lesson == lesson)
    return rows.every(tx, query.order_by(jobs.c.created.desc(), jobs.c.id.desc()), Job)


def counts(tx: Connection) -> dict[tuple[str, JobState], int]:
    """Jobs by base and state; what there is none of is not in it."""
    query = select(jobs.c.base, jobs.c.state, func.count()).group_by(jobs.c.base, jobs.c.state)
    return {(base, state): count for base, state, count in tx.execute(query)}


def change(tx: Connection, id: str, **fields: Any) -> bool:
    """Whether there is one. Its state is changed by `move` alone: raises ValueError."""
    if "state" in fields:
        raise ValueError("a job's state is changed by move()")
    return rows.change(tx, jobs, jobs.c.id == id, fields)


def move(
    tx: Connection,
    id: str,
    from_states: Collection[JobState] | JobState,
    to_state: JobState,
    **fields: Any,
) -> bool:
    """To another state, with `fields`, if it is in one of `from_states`; else nothing changes, and
    False is returned. Raises ValueError where `MOVES` never allows it."""
    expected = {from_states} if isinstance(from_states, JobState) else set(from_states)
    for one in expected:
        if to_state not in MOVES[one]:
            raise ValueError(f"a job never goes from {one} to {to_state}")
    there = (jobs.c.id == id) & jobs.c.state.in_(sorted(expected))
    return rows.change(tx, jobs, there, {**fields, "state": to_state})


def ask_cancel(tx: Connection, id: str) -> bool:
    """Asks for its end; who runs it sees `cancel`. False: it has ended, or is being ended."""
    going_on = (jobs.c.id == id) & jobs.c.state.not_in(sorted(ENDED)) & jobs.c.cancel.is_(False)
    return rows.change(tx, jobs, going_on, {"cancel": True})


def unfinished(tx: Connection) -> tuple[str, ...]:
    """Ids of those a service that starts takes up again, the oldest first."""
    query = select(jobs.c.id).where(jobs.c.state.in_(sorted(UNFINISHED)))
    return tuple(tx.scalars(query.order_by(jobs.c.created, jobs.c.id)))


def _page(
    tx: Connection,
    query: Select[Any],
    states: Collection[JobState],
    limit: int,
    before: tuple[float, str] | None,
) -> tuple[Job, ...]:
    if states:
        query = query.where(jobs.c.state.in_(sorted(states)))
    if before is not None:
        query = query.where(tuple_(jobs.c.created, jobs.c.id) < before)
    return rows.every(tx, query.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit), Job)
