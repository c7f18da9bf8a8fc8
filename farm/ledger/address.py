"""Where a ledger is: a file of SQLite's, or a database of PostgreSQL's."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from farm.errors import LedgerError

_POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Address:
    url: URL
    """With the driver we use; its string form hides the password."""
    shown: str
    """For people: no user, no password, no options."""
    path: Path | None
    """Of the file, absolute; None: a server."""


def address_of(text: str) -> Address:
    """`sqlite:///PATH`, `postgresql://…`, or a plain path. Raises LedgerError for others."""
    if "://" not in text:
        return _file(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise LedgerError(
            "The ledger's address does not read; write a path, sqlite:///PATH or "
            "postgresql://USER@HOST/DATABASE, special characters in a password as %XX."
        ) from None
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        if url.host or url.query:
            raise LedgerError(
                "The ledger's address has a host or options; SQLite takes sqlite:///PATH, with a "
                "fourth slash for an absolute path."
            )
        return _file(url.database or "")
    if url.drivername in _POSTGRES:
        place = url.host or url.query.get("host") or "this machine"
        port = f":{url.port}" if url.port else ""
        shown = f"{url.database or 'postgres'} at {place}{port}"
        return Address(url=url.set(drivername="postgresql+psycopg"), shown=shown, path=None)
    raise LedgerError(
        f"A ledger cannot be kept in {url.drivername}; use a path, sqlite:///PATH or "
        "postgresql://USER@HOST/DATABASE."
    )


def _file(name: str) -> Address:
    if name in ("", ":memory:") or name.startswith("file:"):
        raise LedgerError("The ledger needs a file of its own; give its path, sqlite:///PATH.")
    path = Path(name).expanduser().absolute()
    url = URL.create("sqlite+pysqlite", database=str(path))
    return Address(url=url, shown=str(path), path=path)
