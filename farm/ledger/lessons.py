"""Lessons as the office sees them: which release waits, is approved, is in the catalog."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from farm.ledger import rows
from farm.ledger.model import LessonRow
from farm.ledger.schema import lessons


def put(tx: Connection, *given: LessonRow) -> None:
    """Adds them, or replaces all of each."""
    if not given:
        return
    fresh = rows.insert(tx, lessons)
    kept = {one.name: fresh.excluded[one.name] for one in lessons.c if one.name != "id"}
    upsert = fresh.on_conflict_do_update(index_elements=[lessons.c.id], set_=kept)
    tx.execute(upsert, [rows.columns(one) for one in given])


def get(tx: Connection, id: str) -> LessonRow | None:
    return rows.first(tx, select(lessons).where(lessons.c.id == id), LessonRow)


def every(tx: Connection) -> tuple[LessonRow, ...]:
    """By id."""
    return rows.every(tx, select(lessons).order_by(lessons.c.id), LessonRow)


def of_base(tx: Connection, base: str) -> tuple[LessonRow, ...]:
    """What was changed last comes first."""
    query = select(lessons).where(lessons.c.base == base)
    return rows.every(tx, query.order_by(lessons.c.updated.desc(), lessons.c.id), LessonRow)


def waiting(tx: Connection) -> tuple[LessonRow, ...]:
    """For approval, what waits longest first."""
    query = select(lessons).where(lessons.c.waiting.is_not(None))
    return rows.every(tx, query.order_by(lessons.c.updated, lessons.c.id), LessonRow)


def approved(tx: Connection) -> dict[str, int]:
    """What the next catalog holds: the approved release of every lesson not withdrawn."""
    query = select(lessons.c.id, lessons.c.approved).where(
        lessons.c.approved.is_not(None), lessons.c.withdrawn.is_(False)
    )
    return rows.pairs(tx, query)


def change(tx: Connection, id: str, **fields: Any) -> bool:
    """Whether there is one; `fields` are those of LessonRow."""
    return rows.change(tx, lessons, lessons.c.id == id, fields)


def published(tx: Connection, snapshot: Mapping[str, int]) -> None:
    """The catalog now holds these releases, by lesson, and nothing else."""
    held = select(lessons.c.id, lessons.c.published).where(lessons.c.published.is_not(None))
    before = rows.pairs(tx, held)
    gone = [one for one in before if one not in snapshot]
    for part in rows.parts(gone):
        tx.execute(update(lessons).where(lessons.c.id.in_(part)).values(published=None))
    by_release: dict[int, list[str]] = {}
    for id, release in snapshot.items():
        if before.get(id) != release:
            by_release.setdefault(release, []).append(id)
    for release, ids in by_release.items():
        for part in rows.parts(ids):
            tx.execute(update(lessons).where(lessons.c.id.in_(part)).values(published=release))
