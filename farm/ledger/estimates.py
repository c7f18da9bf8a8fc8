"""What jobs were told of when they will be ready, and when they were."""

from sqlalchemy import Connection, select, update

from farm.ledger import rows
from farm.ledger.model import Estimate
from farm.ledger.schema import estimates


def add(
    tx: Connection,
    job: str,
    at: float,
    position: int,
    low: float,
    likely: float,
    high: float,
) -> int:
    """Its number. Raises LedgerConflict where not low <= likely <= high."""
    values = {"position": position, "low": low, "likely": likely, "high": high}
    return rows.number(tx, estimates, job=job, at=at, **values)


def settle(tx: Connection, job: str, actual: float) -> int:
    """The job was ready at `actual`: noted with all it was told; how many."""
    open_ = (estimates.c.job == job) & estimates.c.actual.is_(None)
    return tx.execute(update(estimates).where(open_).values(actual=actual)).rowcount


def latest(tx: Connection, job: str) -> Estimate | None:
    """What it was told last."""
    query = select(estimates).where(estimates.c.job == job).order_by(estimates.c.id.desc())
    return rows.first(tx, query.limit(1), Estimate)


def of_job(tx: Connection, job: str) -> tuple[Estimate, ...]:
    query = select(estimates).where(estimates.c.job == job).order_by(estimates.c.id)
    return rows.every(tx, query, Estimate)


def recent(tx: Connection, n: int) -> tuple[Estimate, ...]:
    """The last `n` whose jobs are ready, the latest first."""
    settled = select(estimates).where(estimates.c.actual.is_not(None))
    return rows.every(tx, settled.order_by(estimates.c.id.desc()).limit(n), Estimate)
