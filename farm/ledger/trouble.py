"""Errors of the databases as the farm's: one sentence, no statement, no value, no password."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from farm.errors import LedgerBusy, LedgerConflict, LedgerError

# https://www.postgresql.org/docs/15/errcodes-appendix.html
_BUSY_STATES = ("55P03", "40P01", "40001", "57014", "25P03", "53300")
_FULL_STATES = ("53100",)
_DENIED_STATES = ("42501", "28000", "28P01", "25006")
_MISSING_STATES = ("3D000",)

_TOLD = {
    "authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28000",
    'FATAL:  role "': "28000",
    "too many clients": "53300",
    "connection slots are reserved": "53300",
    'FATAL:  database "': "3D000",
}

# https://www.sqlite.org/rescode.html
_FILE_TROUBLE = {
    "SQLITE_FULL": "The disk of the ledger {at} is full; free some space and try again.",
    "SQLITE_READONLY": "The ledger {at} may not be written; check its owner and permissions.",
    "SQLITE_CANTOPEN": (
        "The ledger {at} cannot be opened; check that its folder exists and may be written."
    ),
    "SQLITE_PERM": "The ledger {at} may not be used; check its owner and permissions.",
    "SQLITE_NOTADB": "{at} is not a ledger; give another path.",
    "SQLITE_CORRUPT": (
        "The ledger {at} is damaged; put its last copy in its place, and the service will look up "
        "in the store what has happened since."
    ),
    "SQLITE_IOERR": "The disk of the ledger {at} failed; check the disk.",
}


@contextmanager
def plainly(at: str, *, connecting: bool = False) -> Iterator[None]:
    """Raises LedgerConflict, LedgerBusy or LedgerError for what the databases raise; shows `at`.

    `connecting`: nothing was asked yet, so nothing can have been changed."""
    try:
        yield
    except IntegrityError as error:
        raise LedgerConflict(
            f"The change contradicts what is in the ledger ({_rule(error)}); look at its present "
            "state and try again."
        ) from error
    except PoolTimeout as error:
        raise LedgerBusy(_busy(at)) from error
    except DBAPIError as error:
        raise _translated(at, error, connecting=connecting) from error


def _busy(at: str) -> str:
    return f"The ledger {at} is busy; somebody holds it for long, so try again in a minute."


def _rule(error: IntegrityError) -> str:
    """The name of what was broken, never a value."""
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        return cause.diag.constraint_name or cause.diag.column_name or "a rule of its tables"
    return str(cause)


def _translated(at: str, error: DBAPIError, *, connecting: bool) -> LedgerError:
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        return _of_server(at, cause, connecting=connecting, gone=error.connection_invalidated)
    name = getattr(cause, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LedgerBusy(_busy(at))
    for start, sentence in _FILE_TROUBLE.items():
        if name.startswith(start):
            return LedgerError(sentence.format(at=at))
    return LedgerError(f"The ledger {at} failed ({name or type(cause).__name__}); see the log.")


def _of_server(at: str, cause: psycopg.Error, *, connecting: bool, gone: bool) -> LedgerError:
    state = cause.sqlstate or (_state_told(cause) if connecting else "")
    if state in _BUSY_STATES:
        return LedgerBusy(_busy(at))
    if state in _FULL_STATES:
        return LedgerError(f"The disk of the ledger {at} is full; free some space and try again.")
    if state in _DENIED_STATES:
        return LedgerError(
            f"The ledger {at} refused us; check user, password and rights of its address."
        )
    if state in _MISSING_STATES:
        return LedgerError(f"There is no database {at}; make it with createdb --encoding UTF8.")
    if connecting:
        return LedgerError(
            f"The ledger {at} cannot be reached; check that its server runs and that the address, "
            "user and password are right."
        )
    if gone or not state or state.startswith(("08", "57P")):
        return LedgerError(
            f"The ledger {at} went away in the middle; check that its server runs, and look "
            "whether the last change was made before making it again."
        )
    return LedgerError(f"The ledger {at} failed (SQLSTATE {state}); see the log.")


def _state_told(cause: psycopg.Error) -> str:
    """libpq keeps no SQLSTATE of a connection that was refused, only words; a server that says them
    in another language is just not reached."""
    said = str(cause)
    return next((state for words, state in _TOLD.items() if words in said), "")
