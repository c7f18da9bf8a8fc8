"""The ledger: one database, changed by one transaction at a time.

Writers take turns on PostgreSQL too, by an advisory lock, as they do on SQLite: what holds on one
holds on the other, no two changes deadlock, and events become visible in the order of their numbers
(a sequence alone gives a lower number to a transaction that commits later).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from farm.errors import LedgerBusy, LedgerError
from farm.ledger.address import Address, address_of
from farm.ledger.trouble import plainly

PATIENCE = 30.0
"""Seconds a transaction waits for its turn."""
HELD = 60.0
"""Seconds after which PostgreSQL ends a transaction whose client says nothing."""
REACH = 10.0
"""Seconds to reach a server."""
CONNECTIONS = 40
"""At once, of one process."""

WRITERS = 0x6661726D
"""The advisory lock all writers take: "farm"."""
_READS = "farm_reads"


class Ledger:
    """Open it with `farm.ledger.open_ledger`. Threads share it; processes do not."""

    def __init__(self, address: Address, *, patience: float = PATIENCE) -> None:
        self._at = address.shown
        self._patience = patience
        self._turn = threading.Lock()
        make = _server_engine if address.path is None else _file_engine
        self._engine = make(address, patience)
        self._reading = self._engine.execution_options(**_reading(self._engine))

    @property
    def shown(self) -> str:
        """Where it is, for people: without user and password."""
        return self._at

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A change: all of it or, where the context is left by an error, nothing. Keep it short,
        and do nothing slow in it; a second one within it would wait for itself.

        Raises LedgerBusy where its turn does not come, LedgerConflict where it contradicts a rule
        of the tables, LedgerError where the database fails.
        """
        # SQLite's own waiting is polling, and starves some; within a process, a lock is fairer.
        if not self._turn.acquire(timeout=self._patience):
            raise LedgerBusy(f"The ledger {self._at} is busy; try again in a minute.")
        try:
            with self._connected(self._engine) as connection, connection.begin():
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One unchanging view of everything. Raises LedgerError, also for an attempt to write."""
        with self._connected(self._reading) as connection, connection.begin():
            yield connection

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        with plainly(self._at, connecting=True):
            connection = engine.connect()
        with plainly(self._at), connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def connect(url: str, *, patience: float = PATIENCE) -> Ledger:
    """A ledger whose tables are not looked at."""
    address = address_of(url)
    if address.path is not None:
        try:
            address.path.parent.mkdir(parents=True, exist_ok=True)
            address.path.touch(mode=0o600)  # it holds the hashes of keys
        except OSError as error:
            raise LedgerError(
                f"The ledger {address.shown} cannot be opened ({error.strerror}); check its "
                "folder's owner and permissions."
            ) from error
    return Ledger(address, patience=patience)


# --- SQLite -------------------------------------------------------------------------------------


def _file_engine(address: Address, patience: float) -> Engine:
    engine = create_engine(
        address.url,
        connect_args={"timeout": patience, "check_same_thread": False},
        pool_size=CONNECTIONS // 4,
        max_overflow=CONNECTIONS - CONNECTIONS // 4,
        pool_timeout=patience,
        hide_parameters=True,
    )
    shown = address.shown

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver would begin transactions late, at the first change.
        connection.isolation_level = None
        _refuse_wal(connection, shown)
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(tx: Connection) -> None:
        reads = tx.get_execution_options().get(_READS, False)
        tx.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
        # IMMEDIATE: a transaction that reads first and then writes would else find the lock taken.
        tx.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _refuse_wal(connection: sqlite3.Connection, shown: str) -> None:
    """Its index is memory shared by processes of one machine: on a network disk it loses changes.
    https://www.sqlite.org/wal.html"""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal":
        raise LedgerError(
            f"The ledger {shown} is in WAL mode, which is not safe on shared disks; stop what uses "
            "it and run: sqlite3 FILE 'PRAGMA journal_mode=DELETE'."
        )


# --- PostgreSQL ---------------------------------------------------------------------------------


def _server_engine(address: Address, patience: float) -> Engine:
    engine = create_engine(
        address.url,
        connect_args=_server_settings(address, patience),
        pool_size=CONNECTIONS // 4,
        max_overflow=CONNECTIONS - CONNECTIONS // 4,
        pool_timeout=patience,
        pool_pre_ping=True,  # a server that was restarted between two changes is not noticed
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def begin(tx: Connection) -> None:
        if not tx.get_execution_options().get(_READS, False):
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    return engine


def _server_settings(address: Address, patience: float) -> dict[str, Any]:
    given = str(address.url.query.get("options", ""))
    ours = {
        "lock_timeout": f"{patience:.3f}s",
        "idle_in_transaction_session_timeout": f"{HELD:.0f}s",
        "client_encoding": "UTF8",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in ours.items())
    return {
        "options": f"{options} {given}".strip(),
        "connect_timeout": int(REACH),
        "application_name": "courseware-farm",
    }


def _reading(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {_READS: True}
    return {_READS: True, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
