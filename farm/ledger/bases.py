"""Production bases."""

from typing import Any

from sqlalchemy import Connection, select

from farm.ledger import rows
from farm.ledger.model import Base
from farm.ledger.schema import bases


def add(tx: Connection, base: Base) -> Base:
    """Raises LedgerConflict where there is one of its name."""
    return rows.add(tx, bases, base)


def get(tx: Connection, id: str) -> Base | None:
    return rows.first(tx, select(bases).where(bases.c.id == id), Base)


def every(tx: Connection) -> tuple[Base, ...]:
    """By id."""
    return rows.every(tx, select(bases).order_by(bases.c.id), Base)


def change(tx: Connection, id: str, **fields: Any) -> bool:
    """Whether there is one; `fields` are those of Base."""
    return rows.change(tx, bases, bases.c.id == id, fields)
