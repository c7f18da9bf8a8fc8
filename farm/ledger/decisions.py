"""What the office decided on releases of lessons."""

from sqlalchemy import Connection, select

from farm.ledger import rows
from farm.ledger.model import Decision
from farm.ledger.schema import decisions
from farm.ledger.states import Verdict


def add(
    tx: Connection,
    lesson: str,
    release: int,
    verdict: Verdict,
    at: float,
    reason: str = "",
    key: str | None = None,
) -> int:
    """Its number. `key` is the id of whose decision it is; None: from the command line."""
    values = {"lesson": lesson, "release": release, "verdict": verdict, "reason": reason}
    return rows.number(tx, decisions, at=at, key=key, **values)


def of_lesson(tx: Connection, lesson: str) -> tuple[Decision, ...]:
    """The latest first."""
    query = select(decisions).where(decisions.c.lesson == lesson)
    return rows.every(tx, query.order_by(decisions.c.id.desc()), Decision)


def recent(tx: Connection, limit: int = 100) -> tuple[Decision, ...]:
    """The latest first."""
    query = select(decisions).order_by(decisions.c.id.desc()).limit(limit)
    return rows.every(tx, query, Decision)
