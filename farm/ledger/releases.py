"""Catalogs the office released."""

from sqlalchemy import Connection, select

from farm.ledger import rows
from farm.ledger.model import CatalogRelease
from farm.ledger.schema import releases


def add(tx: Connection, release: CatalogRelease) -> CatalogRelease:
    """Raises LedgerConflict where its number or its version is taken."""
    return rows.add(tx, releases, release)


def get(tx: Connection, number: int) -> CatalogRelease | None:
    return rows.first(tx, select(releases).where(releases.c.number == number), CatalogRelease)


def latest(tx: Connection) -> CatalogRelease | None:
    query = select(releases).order_by(releases.c.number.desc()).limit(1)
    return rows.first(tx, query, CatalogRelease)


def every(
    tx: Connection, limit: int = 100, before: int | None = None
) -> tuple[CatalogRelease, ...]:
    """The latest first; `before` is the number of the last one of the page before."""
    query = select(releases)
    if before is not None:
        query = query.where(releases.c.number < before)
    return rows.every(tx, query.order_by(releases.c.number.desc()).limit(limit), CatalogRelease)
