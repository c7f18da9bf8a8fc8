"""Files on their way in."""

from typing import Any

from sqlalchemy import Connection, select, tuple_, update

from farm.ledger import rows
from farm.ledger.model import Upload
from farm.ledger.schema import uploads
from farm.ledger.states import UploadState


def add(tx: Connection, upload: Upload) -> Upload:
    return rows.add(tx, uploads, upload)


def get(tx: Connection, id: str) -> Upload | None:
    return rows.first(tx, select(uploads).where(uploads.c.id == id), Upload)


def progress(tx: Connection, id: str, received: int, now: float) -> bool:
    """`received` bytes are safe. False: it is not being received; a late lower number changes
    nothing but when it was seen."""
    more = uploads.c.received < received
    open_ = (uploads.c.id == id) & (uploads.c.state == UploadState.RECEIVING)
    rows.change(tx, uploads, open_ & more, {"received": received})
    return rows.change(tx, uploads, open_, {"seen": now})


def finish(
    tx: Connection,
    id: str,
    state: UploadState,
    now: float,
    sha256: str | None = None,
    job: str | None = None,
) -> bool:
    """Moves it on: to `checking`, `whole`, `damaged` or `gone`. False: it has already ended."""
    values: dict[str, Any] = {"state": state, "seen": now}
    if sha256 is not None:
        values["sha256"] = sha256
    if job is not None:
        values["job"] = job
    if state in (UploadState.CHECKING, UploadState.WHOLE):
        values["received"] = uploads.c.size
    return rows.change(tx, uploads, (uploads.c.id == id) & _going_on(), values)


def change(tx: Connection, id: str, **fields: Any) -> bool:
    return rows.change(tx, uploads, uploads.c.id == id, fields)


def of_base(
    tx: Connection,
    base: str,
    limit: int = 100,
    before: tuple[float, str] | None = None,
) -> tuple[Upload, ...]:
    """The latest first; `before` is (created, id) of the last one of the page before."""
    query = select(uploads).where(uploads.c.base == base)
    if before is not None:
        query = query.where(tuple_(uploads.c.created, uploads.c.id) < before)
    query = query.order_by(uploads.c.created.desc(), uploads.c.id.desc()).limit(limit)
    return rows.every(tx, query, Upload)


def going_on(tx: Connection) -> tuple[Upload, ...]:
    """Receiving or checking: what a service that starts has to look up on its disk."""
    query = select(uploads).where(_going_on()).order_by(uploads.c.created, uploads.c.id)
    return rows.every(tx, query, Upload)


def sweep(tx: Connection, older_than: float) -> tuple[Upload, ...]:
    """Those being received that nobody has continued since are `gone`; the caller removes their
    files."""
    old = (uploads.c.state == UploadState.RECEIVING) & (uploads.c.seen < older_than)
    found = rows.every(tx, select(uploads).where(old), Upload)
    tx.execute(update(uploads).where(old).values(state=UploadState.GONE))
    return found


def _going_on() -> Any:
    return uploads.c.state.in_([UploadState.RECEIVING, UploadState.CHECKING])
