"""Sums for people: hours made, by base, category and month, and what is still to do."""

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.sql.expression import FromClause

from farm.ledger import rows
from farm.ledger.schema import bases, decisions, jobs, lessons
from farm.ledger.states import UNFINISHED, JobKind, JobState, Verdict

CHINA = 8 * 3600
"""Seconds its clock is ahead of UTC: months begin at midnight there."""


@dataclass(frozen=True, slots=True)
class Hours:
    base: str
    category: str
    month: str
    """`YYYY-MM`, by the clock of China."""
    lessons: int
    hours: float


@dataclass(frozen=True, slots=True)
class Backlog:
    base: str
    jobs: int
    """Received and not ended."""
    asking: int
    """Of these, waiting for the base's own answer."""
    running: int
    work: float
    """Planned seconds of work not yet done."""
    oldest: float | None
    """Moment the job that waits longest in the queue was queued."""


def published(tx: Connection) -> tuple[Hours, ...]:
    """Of lessons in the current catalog, in the month each was first approved."""
    approved = (
        select(decisions.c.lesson, func.min(decisions.c.at).label("at"))
        .where(decisions.c.verdict == Verdict.APPROVED)
        .group_by(decisions.c.lesson)
        .subquery()
    )
    at = func.coalesce(approved.c.at, lessons.c.updated)
    held = (
        select(lessons.c.base, lessons.c.category, lessons.c.duration, at.label("at"))
        .outerjoin(approved, approved.c.lesson == lessons.c.id)
        .where(lessons.c.published.is_not(None))
        .subquery()
    )
    return _hours(tx, held)


def delivered(tx: Connection) -> tuple[Hours, ...]:
    """Of lessons made, in the month each was done first: one handed in twice counts once."""
    made = (
        select(
            jobs.c.base,
            func.coalesce(lessons.c.category, literal("")).label("category"),
            func.max(jobs.c.duration).label("duration"),
            func.min(jobs.c.ended).label("at"),
        )
        .outerjoin(lessons, lessons.c.id == jobs.c.lesson)
        .where(
            jobs.c.state == JobState.DONE,
            jobs.c.kind == JobKind.LESSON,
            jobs.c.duration.is_not(None),
        )
        .group_by(jobs.c.base, jobs.c.lesson, lessons.c.category)
        .subquery()
    )
    return _hours(tx, made)


def backlog(tx: Connection) -> tuple[Backlog, ...]:
    """Of every base, by id; of one with nothing to do all is 0."""
    going_on = jobs.c.state.in_(sorted(UNFINISHED))
    left = case((jobs.c.work > jobs.c.done, jobs.c.work - jobs.c.done), else_=0.0)
    query = (
        select(
            bases.c.id.label("base"),
            func.count(jobs.c.id).label("jobs"),
            _count(jobs.c.state == JobState.ASKING).label("asking"),
            _count(jobs.c.state == JobState.RUNNING).label("running"),
            func.coalesce(func.sum(left), 0.0).label("work"),
            func.min(case((jobs.c.state == JobState.QUEUED, jobs.c.queued))).label("oldest"),
        )
        .outerjoin(jobs, (jobs.c.base == bases.c.id) & going_on)
        .group_by(bases.c.id)
        .order_by(bases.c.id)
    )
    return rows.every(tx, query, Backlog)


def _hours(tx: Connection, of: FromClause) -> tuple[Hours, ...]:
    query: Select[tuple[str, str, str, int, float]] = (
        select(
            of.c.base,
            of.c.category,
            _month(tx, of.c.at).label("month"),
            func.count().label("lessons"),
            (func.sum(of.c.duration) / 3600.0).label("hours"),
        )
        .group_by(of.c.base, of.c.category, "month")
        .order_by(of.c.base, of.c.category, "month")
    )
    return rows.every(tx, query, Hours)


def _month(tx: Connection, at: ColumnElement[float]) -> ColumnElement[str]:
    if tx.dialect.name == "sqlite":
        return func.strftime("%Y-%m", at + CHINA, "unixepoch", type_=String)
    utc = func.timezone("UTC", func.to_timestamp(at + CHINA))
    return func.to_char(utc, "YYYY-MM", type_=String)


def _count(where: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((where, 1)))
