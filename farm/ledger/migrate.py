"""Brings the tables of a ledger to those this farm knows, once, whoever comes first."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from farm.errors import LedgerError
from farm.ledger.engine import PATIENCE, Ledger, connect
from farm.ledger.schema import HEAD

MIGRATIONS = Path(__file__).with_name("migrations")


def open_ledger(url: str, *, patience: float = PATIENCE) -> Ledger:
    """The ledger at `url`, made or migrated where needed; close it.

    `url` is a path, `sqlite:///PATH` or `postgresql://USER@HOST/DATABASE`; `patience` is how many
    seconds a transaction waits for its turn.

    Raises LedgerError where it cannot be reached, is another program's, or is of a newer farm;
    LedgerBusy where somebody holds it.
    """
    ledger = connect(url, patience=patience)
    try:
        with ledger.read() as tx:
            _check_encoding(tx, ledger.shown)
            found = revision(tx)
        if found != HEAD:
            with ledger.begin() as tx:
                _migrate(tx, ledger.shown)
    except BaseException:
        ledger.close()
        raise
    return ledger


def revision(tx: Connection) -> str | None:
    """The last migration a ledger has had; None: it is empty."""
    tables = set(inspect(tx).get_table_names())
    if "alembic_version" in tables:
        found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found is not None:
            return str(found)
    if tables - {"alembic_version", "sqlite_sequence"}:
        raise LedgerError(
            "The ledger's address leads to another program's database; give one of its own."
        )
    return None


def _migrate(tx: Connection, shown: str) -> None:
    # Only now: a command that asks one question need not load it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = tx
    found = revision(tx)
    if found == HEAD:
        return  # somebody else was first
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise LedgerError(
            f"The ledger {shown} was written by a newer farm (schema {found}, this one knows "
            f"{HEAD}); update the farm on this machine."
        )
    command.upgrade(config, "head")


def _check_encoding(tx: Connection, shown: str) -> None:
    if tx.dialect.name != "postgresql":
        return
    encoding: Any = tx.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise LedgerError(
            f"The database {shown} keeps text as {encoding}; make one with createdb "
            "--encoding UTF8 --template template0."
        )
