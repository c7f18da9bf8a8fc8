"""Courses as the office lays them out."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from farm.ledger import rows
from farm.ledger.model import Course
from farm.ledger.schema import course_lessons, courses


def add(tx: Connection, course: Course) -> Course:
    """Raises LedgerConflict where its id or its name is taken."""
    return rows.add(tx, courses, course)


def get(tx: Connection, id: str) -> Course | None:
    return rows.first(tx, select(courses).where(courses.c.id == id), Course)


def named(tx: Connection, name: str) -> Course | None:
    return rows.first(tx, select(courses).where(courses.c.name == name), Course)


def every(tx: Connection) -> tuple[Course, ...]:
    """By name."""
    return rows.every(tx, select(courses).order_by(courses.c.name), Course)


def rename(tx: Connection, id: str, name: str) -> bool:
    """Whether there is one. Raises LedgerConflict where another has that name."""
    return rows.change(tx, courses, courses.c.id == id, {"name": name})


def drop(tx: Connection, id: str) -> bool:
    """With its order; its lessons stay. Whether there was one."""
    return tx.execute(delete(courses).where(courses.c.id == id)).rowcount > 0


def lessons(tx: Connection, id: str) -> tuple[str, ...]:
    """Ids of its lessons in their order."""
    query = select(course_lessons.c.lesson).where(course_lessons.c.course == id)
    return tuple(tx.scalars(query.order_by(course_lessons.c.position)))


def set_lessons(tx: Connection, id: str, lessons: Sequence[str]) -> None:
    """These, in this order, and no others. Raises LedgerConflict for a lesson that is unknown or
    comes twice."""
    tx.execute(delete(course_lessons).where(course_lessons.c.course == id))
    placed = [
        {"course": id, "position": position, "lesson": lesson}
        for position, lesson in enumerate(lessons, start=1)
    ]
    if placed:
        tx.execute(course_lessons.insert(), placed)
