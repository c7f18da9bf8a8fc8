"""What happened, in order, for those who watch."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, select

from farm.ledger import rows
from farm.ledger.model import Event
from farm.ledger.schema import events


def add(
    tx: Connection,
    kind: str,
    data: Mapping[str, Any],
    job: str | None = None,
    base: str | None = None,
    at: float | None = None,
) -> int:
    """Its number."""
    when = time.time() if at is None else at
    return rows.number(tx, events, at=when, kind=kind, data=dict(data), job=job, base=base)


def after(
    tx: Connection,
    id: int,
    limit: int = 500,
    base: str | None = None,
    job: str | None = None,
) -> tuple[Event, ...]:
    """Those with a higher number, in order; of one base or job alone where it is given."""
    query = select(events).where(events.c.id > id)
    if base is not None:
        query = query.where(events.c.base == base)
    if job is not None:
        query = query.where(events.c.job == job)
    return rows.every(tx, query.order_by(events.c.id).limit(limit), Event)


def last_id(tx: Connection) -> int:
    """0: there is none."""
    return int(tx.execute(select(func.max(events.c.id))).scalar() or 0)


def sweep(tx: Connection, older_than: float) -> int:
    """Removes those of before; how many. Their numbers do not come again."""
    return tx.execute(delete(events).where(events.c.at < older_than)).rowcount
