"""Keys of bases and people: `<role>_<id>_<secret>`, of which the secret is not kept."""

import hashlib
import hmac
import secrets
import time

from sqlalchemy import Connection, select, update

from farm.ledger import rows
from farm.ledger.model import Key
from farm.ledger.schema import keys
from farm.ledger.states import Role

NOTED = 60.0
"""Seconds between two notes of a key's use: a request is not a write."""
_NOBODY = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


def issue(
    tx: Connection,
    role: Role,
    base: str | None,
    label: str,
    expires: float | None = None,
    now: float | None = None,
) -> tuple[Key, str]:
    """A new key and its text, which is shown this once. Raises LedgerConflict where a base's key
    has no base, another's has one, or there is no such base."""
    secret = secrets.token_hex(32)  # hex: selected as a whole by two clicks
    key = Key(
        id=secrets.token_hex(6),
        base=base,
        role=Role(role),
        hash=_hash(secret),
        label=label,
        created=time.time() if now is None else now,
        expires=expires,
    )
    rows.add(tx, keys, key)
    return key, f"{key.role}_{key.id}_{secret}"


def find(tx: Connection, text: str, now: float) -> Key | None:
    """The key that `text` is, if it is valid now; takes as long whether it exists or not. Only
    reads."""
    role, _, rest = text.strip().partition("_")
    id, _, secret = rest.partition("_")
    key = get(tx, id) if _plain(id) else None
    same = hmac.compare_digest(_hash(secret), key.hash if key else _NOBODY)
    if key is None or not same or role != key.role or not valid(key, now):
        return None
    return key


def check(tx: Connection, text: str, now: float) -> Key | None:
    """As `find`, and notes the use, at most once a minute: then alone it writes."""
    key = find(tx, text, now)
    if key is not None and due(key, now):
        note_use(tx, key.id, now)
    return key


def due(key: Key, now: float) -> bool:
    """Whether its use is to be noted."""
    return key.used is None or now - key.used >= NOTED


def note_use(tx: Connection, id: str, now: float) -> None:
    tx.execute(update(keys).where(keys.c.id == id).values(used=now))


def valid(key: Key, now: float) -> bool:
    return key.revoked is None and (key.expires is None or now < key.expires)


def get(tx: Connection, id: str) -> Key | None:
    return rows.first(tx, select(keys).where(keys.c.id == id), Key)


def revoke(tx: Connection, id: str, now: float) -> bool:
    """At once, with all sessions it began. False: there is none, or it was revoked before."""
    unrevoked = (keys.c.id == id) & keys.c.revoked.is_(None)
    return rows.change(tx, keys, unrevoked, {"revoked": now})


def every(tx: Connection) -> tuple[Key, ...]:
    """The oldest first, revoked ones too."""
    return rows.every(tx, select(keys).order_by(keys.c.created, keys.c.id), Key)


def by_base(tx: Connection, base: str) -> tuple[Key, ...]:
    of_base = select(keys).where(keys.c.base == base)
    return rows.every(tx, of_base.order_by(keys.c.created, keys.c.id), Key)


def _hash(secret: str) -> str:
    # A plain hash: the secret is 256 random bits, which nobody guesses however fast.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _plain(id: str) -> bool:
    return id.isascii() and id.isalnum()
