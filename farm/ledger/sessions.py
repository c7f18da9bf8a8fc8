"""Browsers that have logged in with a key; of the cookie only its hash is kept."""

import hashlib
import secrets

from sqlalchemy import Connection, delete, or_, select, update

from farm.ledger import keys, rows
from farm.ledger.model import Key, Session
from farm.ledger.schema import sessions

IDLE = 12 * 3600.0
"""Seconds without a request after which one has to log in again."""
LONGEST = 7 * 86400.0
"""Seconds after which one has to in any case."""
NOTED = 60.0
"""Seconds between two notes of a request."""


def begin(tx: Connection, key: str, now: float) -> tuple[str, Session]:
    """For the key with this id: the cookie's text, and what is kept of it."""
    cookie = secrets.token_urlsafe(32)
    session = Session(
        id=_id(cookie),
        key=key,
        csrf=secrets.token_urlsafe(32),
        created=now,
        seen=now,
        expires=now + LONGEST,
    )
    rows.add(tx, sessions, session)
    return cookie, session


def look(tx: Connection, cookie: str, now: float) -> tuple[Session, Key] | None:
    """None: no such session, too old, idle for too long, or its key is revoked or expired. Only
    reads."""
    session = rows.first(tx, select(sessions).where(sessions.c.id == _id(cookie)), Session)
    if session is None or now >= session.expires or now - session.seen >= IDLE:
        return None
    key = keys.get(tx, session.key)
    return (session, key) if key is not None and keys.valid(key, now) else None


def find(tx: Connection, cookie: str, now: float) -> tuple[Session, Key] | None:
    """As `look`, and notes the request, at most once a minute: then alone it writes."""
    found = look(tx, cookie, now)
    if found is not None and due(found[0], now):
        note_seen(tx, found[0].id, now)
    return found


def due(session: Session, now: float) -> bool:
    """Whether the request is to be noted."""
    return now - session.seen >= NOTED


def note_seen(tx: Connection, id: str, now: float) -> None:
    tx.execute(update(sessions).where(sessions.c.id == id).values(seen=now))


def end(tx: Connection, id: str) -> bool:
    """Logs out. Whether there was one."""
    return tx.execute(delete(sessions).where(sessions.c.id == id)).rowcount > 0


def sweep(tx: Connection, now: float) -> int:
    """Removes those that are over; how many."""
    over = or_(sessions.c.expires <= now, sessions.c.seen <= now - IDLE)
    return tx.execute(delete(sessions).where(over)).rowcount


def _id(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
