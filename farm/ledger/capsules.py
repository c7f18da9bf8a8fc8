"""Tasks that killed their worker too often, kept so that they can be run again."""

from sqlalchemy import Connection, select

from farm.ledger import rows
from farm.ledger.model import Capsule
from farm.ledger.schema import capsules


def add(tx: Connection, capsule: Capsule) -> Capsule:
    return rows.add(tx, capsules, capsule)


def get(tx: Connection, id: str) -> Capsule | None:
    return rows.first(tx, select(capsules).where(capsules.c.id == id), Capsule)


def every(tx: Connection, limit: int = 100) -> tuple[Capsule, ...]:
    """The latest first."""
    query = select(capsules).order_by(capsules.c.at.desc(), capsules.c.id).limit(limit)
    return rows.every(tx, query, Capsule)


def of_job(tx: Connection, job: str) -> tuple[Capsule, ...]:
    query = select(capsules).where(capsules.c.job == job)
    return rows.every(tx, query.order_by(capsules.c.at.desc(), capsules.c.id), Capsule)


def replayed(tx: Connection, id: str, now: float) -> bool:
    return rows.change(tx, capsules, capsules.c.id == id, {"replayed": now})
