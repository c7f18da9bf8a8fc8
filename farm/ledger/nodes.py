"""Machines that work."""

from typing import Any

from sqlalchemy import Connection, delete, select

from farm.ledger import rows
from farm.ledger.model import Node
from farm.ledger.schema import nodes
from farm.ledger.states import NodeState


def see(tx: Connection, id: str, host: str, slots: int, now: float) -> None:
    """It is there. State, failures and note of one known before stay."""
    fresh = rows.insert(tx, nodes).values(
        id=id, host=host, slots=slots, seen=now, state=NodeState.ACTIVE, failures=0
    )
    tx.execute(
        fresh.on_conflict_do_update(
            index_elements=[nodes.c.id], set_={"host": host, "slots": slots, "seen": now}
        )
    )


def get(tx: Connection, id: str) -> Node | None:
    return rows.first(tx, select(nodes).where(nodes.c.id == id), Node)


def every(tx: Connection) -> tuple[Node, ...]:
    """By host."""
    return rows.every(tx, select(nodes).order_by(nodes.c.host, nodes.c.id), Node)


def change(tx: Connection, id: str, **fields: Any) -> bool:
    """Whether there is one; `fields` are those of Node."""
    return rows.change(tx, nodes, nodes.c.id == id, fields)


def sweep(tx: Connection, older_than: float) -> int:
    """Forgets those not seen since; how many."""
    return tx.execute(delete(nodes).where(nodes.c.seen < older_than)).rowcount
