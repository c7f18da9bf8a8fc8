"""Orders of printed discs."""

from sqlalchemy import Connection, select

from farm.ledger import rows
from farm.ledger.model import Print
from farm.ledger.schema import prints


def add(
    tx: Connection, course: str, kind: str, copies: int, by: str, at: float, note: str = ""
) -> int:
    """Its number. `by` is the label of whose order it is."""
    values = {"course": course, "kind": kind, "copies": copies, "by": by}
    return rows.number(tx, prints, at=at, note=note, **values)


def get(tx: Connection, id: int) -> Print | None:
    return rows.first(tx, select(prints).where(prints.c.id == id), Print)


def every(tx: Connection, course: str | None = None, limit: int = 100) -> tuple[Print, ...]:
    """The latest first; of one course where it is given."""
    query = select(prints)
    if course is not None:
        query = query.where(prints.c.course == course)
    return rows.every(tx, query.order_by(prints.c.id.desc()).limit(limit), Print)
