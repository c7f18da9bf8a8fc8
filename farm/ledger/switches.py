"""What people have set, by name: the queue paused, workers wanted."""

from typing import Any

from sqlalchemy import Connection, select

from farm.ledger import rows
from farm.ledger.schema import switches


def get(tx: Connection, name: str, default: Any = None) -> Any:
    """A JSON value; `default` where it was never set."""
    row = tx.execute(select(switches.c.value).where(switches.c.name == name)).first()
    return default if row is None else row[0]


def put(tx: Connection, name: str, value: Any) -> None:
    fresh = rows.insert(tx, switches).values(name=name, value=value)
    tx.execute(fresh.on_conflict_do_update(index_elements=[switches.c.name], set_={"value": value}))


def every(tx: Connection) -> dict[str, Any]:
    return rows.pairs(tx, select(switches.c.name, switches.c.value))
