"""What the office does with courses and prints of their discs: for pages and for programs."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from farm.disc.outlook import KINDS, Outlook, outlook
from farm.disc.shelf import Shelved
from farm.errors import LedgerConflict, NotFound
from farm.ledger import courses, jobs, lessons, prints
from farm.ledger.model import Course, Job, LessonRow, Print
from farm.ledger.states import ENDED, JobKind
from farm.model import clean_title
from farm.pointers import read_numbered
from farm.web import doing
from farm.web.sessions import Web, Who
from farm.web.sorry import Clash, Missing, Unclear


@dataclass(frozen=True, slots=True)
class CourseSeen:
    course: Course
    lessons: tuple[LessonRow, ...]
    """In their order."""
    prints: tuple[Print, ...]
    """The latest first."""

    @property
    def unsaid(self) -> tuple[tuple[int, LessonRow], ...]:
        """Lessons whose own metadata has another course or place, with the place they have here."""
        return tuple(
            (place, one)
            for place, one in enumerate(self.lessons, 1)
            if (one.course, one.number) != (self.course.name, place)
        )


def seen(web: Web, id: str) -> CourseSeen:
    """Raises Missing."""
    with web.ledger.read() as tx:
        course = courses.get(tx, id)
        found = [lessons.get(tx, one) for one in courses.lessons(tx, id)]
        ordered = prints.every(tx, id)
    if course is None:
        raise Missing
    return CourseSeen(course, tuple(one for one in found if one), ordered)


def of_print(web: Web, order: Print) -> CourseSeen:
    """The course of an order, which outlives it."""
    try:
        return seen(web, order.course)
    except Missing:
        return CourseSeen(Course(order.course, order.course, order.at), (), ())


def add(web: Web, name: str) -> Course:
    """Its lessons are at first those that say they belong to it, by their numbers. One of that
    name stays as it is. Raises Unclear."""
    title = _name(name)
    with web.ledger.begin() as tx:
        known = courses.named(tx, title)
        if known is not None:
            return known
        id = hashlib.sha256(title.encode()).hexdigest()[:12]
        if courses.get(tx, id) is not None:  # it has got another name since
            id = hashlib.sha256(f"{title} {time.time()}".encode()).hexdigest()[:12]
        made = courses.add(tx, Course(id, title, time.time()))
        own = [one for one in lessons.every(tx) if one.course == title]
        own.sort(key=lambda one: (one.number is None, one.number or 0, one.title))
        courses.set_lessons(tx, id, [one.id for one in own])
    return made


def rename(web: Web, id: str, name: str) -> None:
    """Raises Missing, Unclear, Clash."""
    title = _name(name)
    try:
        with web.ledger.begin() as tx:
            if not courses.rename(tx, id, title):
                raise Missing
    except LedgerConflict as error:
        raise Clash("已有同名课程。", "Another course has that name.") from error


def drop(web: Web, id: str) -> None:
    """Its lessons and prints stay. Raises Missing."""
    with web.ledger.begin() as tx:
        if not courses.drop(tx, id):
            raise Missing


def set_order(web: Web, id: str, ids: Sequence[str]) -> None:
    """These lessons, in this order. Raises Missing, Unclear."""
    if len(set(ids)) != len(ids):
        raise Unclear(("课件不能重复。 A lesson comes once.",))
    with web.ledger.begin() as tx:
        if courses.get(tx, id) is None:
            raise Missing
        unknown = [one for one in ids if lessons.get(tx, one) is None]
        if unknown:
            raise Unclear((f"没有课件 {unknown[0]:.64}。 There is no lesson {unknown[0]:.64}.",))
        courses.set_lessons(tx, id, ids)


def say_order(web: Web, id: str) -> list[Job]:
    """Course and place into the lessons' own metadata, by which discs and feeds go: a job for each
    that says otherwise, and is not being mended already. Raises Missing."""
    found = seen(web, id)
    made = []
    for place, one in found.unsaid:
        with web.ledger.read() as tx:
            going = [job for job in jobs.of_lesson(tx, one.id) if job.state not in ENDED]
        if not any(job.kind is JobKind.MEND for job in going):
            made.append(doing.mend(web, one, {"course": found.course.name, "number": place}))
    return made


def discs(web: Web, found: CourseSeen) -> tuple[Outlook, ...]:
    """How its lessons would fall on discs of each kind, in the releases that are approved."""
    shelf = []
    for one in found.lessons:
        number = one.approved or one.published
        if number is None or one.withdrawn:
            continue
        try:
            shelf.append(Shelved(one.id, read_numbered(web.store, one.id, number)[0]))
        except NotFound:
            continue
    return tuple(outlook(kind, shelf, found.course.name) for kind in KINDS)


def order_print(web: Web, who: Who, id: str, kind: str, copies: int, note: str) -> Print:
    """Raises Missing."""
    with web.ledger.begin() as tx:
        if courses.get(tx, id) is None:
            raise Missing
        number = prints.add(tx, id, kind, copies, who.by, time.time(), clean_title(note, 400))
        made = prints.get(tx, number)
    if made is None:
        raise Missing
    return made


def _name(text: str) -> str:
    title = clean_title(text)
    if not title:
        raise Unclear(("请填写课程名称。 Give the course's name.",))
    return title
