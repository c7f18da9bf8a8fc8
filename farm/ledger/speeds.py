"""How long tasks took: what estimates are learned from."""

from sqlalchemy import Connection, select

from farm.ledger.schema import attempts
from farm.ledger.states import Outcome


def samples(tx: Connection, kind: str, limit: int = 100) -> tuple[tuple[float, float], ...]:
    """(weight, seconds) of the attempts of a kind that were done, the latest first."""
    query = (
        select(attempts.c.weight, attempts.c.ended - attempts.c.started)
        .where(attempts.c.kind == kind, attempts.c.outcome == Outcome.DONE)
        .order_by(attempts.c.ended.desc(), attempts.c.id.desc())
        .limit(limit)
    )
    return tuple((weight, seconds) for weight, seconds in tx.execute(query))


def kinds(tx: Connection) -> tuple[str, ...]:
    """Kinds of task that were ever done."""
    query = select(attempts.c.kind).where(attempts.c.outcome == Outcome.DONE).distinct()
    return tuple(sorted(tx.scalars(query)))
