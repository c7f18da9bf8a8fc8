"""What one alone may do at a time, and the fence by which a late one is known."""

from sqlalchemy import Connection, or_, select

from farm.ledger import rows
from farm.ledger.model import Lease
from farm.ledger.schema import leases

DISPATCHER = "dispatcher"


def take(tx: Connection, name: str, holder: str, seconds: float, now: float) -> int | None:
    """A fence higher than any before, for `seconds`; None: another holder's has not run out. A
    holder that takes its own again gets a new fence: give each start a name of its own."""
    fresh = rows.insert(tx, leases).values(name=name, holder=holder, fence=1, until=now + seconds)
    taken = fresh.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": holder, "fence": leases.c.fence + 1, "until": now + seconds},
        where=or_(leases.c.until <= now, leases.c.holder == holder),
    ).returning(leases.c.fence)
    fence = tx.execute(taken).scalar()
    return None if fence is None else int(fence)


def renew(tx: Connection, name: str, holder: str, fence: int, seconds: float, now: float) -> bool:
    """False: somebody else has taken it. One that ran out but was not taken is renewed."""
    ours = (leases.c.name == name) & (leases.c.holder == holder) & (leases.c.fence == fence)
    return rows.change(tx, leases, ours, {"until": now + seconds})


def give(tx: Connection, name: str, holder: str, fence: int) -> bool:
    """Ends it early; its fence is not used again."""
    ours = (leases.c.name == name) & (leases.c.holder == holder) & (leases.c.fence == fence)
    return rows.change(tx, leases, ours, {"until": 0.0})


def get(tx: Connection, name: str) -> Lease | None:
    return rows.first(tx, select(leases).where(leases.c.name == name), Lease)
