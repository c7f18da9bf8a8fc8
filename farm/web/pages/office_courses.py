"""The office's door: courses, in which order their lessons are, and prints of their discs."""

import hashlib
import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from farm.ledger import courses, lessons, prints
from farm.ledger.model import Course
from farm.ledger.states import Role
from farm.model import clean_title
from farm.web.pages.office import back
from farm.web.rendering import page
from farm.web.sessions import TheOffice, TheWeb, Web, require
from farm.web.sorry import Missing, Sorry, Unclear

router = APIRouter(prefix="/office", dependencies=[Depends(require(Role.OFFICE))])

KINDS = ("dvd", "datadisc", "vcd", "svcd")


@router.get("/courses")
def list_courses(request: Request, web: TheWeb) -> Response:
    return _courses(request, web)


def _courses(request: Request, web: Web, sorry: Sorry | None = None) -> Response:
    with web.ledger.read() as tx:
        known = {one.id: one for one in lessons.every(tx)}
        rows = [(one, courses.lessons(tx, one.id)) for one in courses.every(tx)]
        ordered = prints.every(tx)
        names = {one.id: one.name for one, _ in rows}
    said = sorted({one.course for one in known.values() if one.course} - set(names.values()))
    values = {
        "courses": [
            (one, sum(known[id].duration for id in ids if id in known), len(ids))
            for one, ids in rows
        ],
        "unlaid": said,
        "prints": ordered,
        "names": names,
        "sorry": sorry,
    }
    return page(request, "office_courses.html", values, status=sorry.status if sorry else 200)


@router.post("/courses")
def new_course(
    request: Request, web: TheWeb, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Its lessons are at first those that say they belong to it, by their numbers."""
    title = clean_title(name)
    if not title:
        return _courses(request, web, Unclear(("请填写课程名称。 Give the course's name.",)))
    id = hashlib.sha256(title.encode()).hexdigest()[:12]
    with web.ledger.begin() as tx:
        if courses.named(tx, title) is None:
            courses.add(tx, Course(id, title, time.time()))
            own = [one for one in lessons.every(tx) if one.course == title]
            own.sort(key=lambda one: (one.number is None, one.number or 0, one.title))
            courses.set_lessons(tx, id, [one.id for one in own])
    return back(f"/office/courses/{id}", "saved")


@router.get("/courses/{id}")
def course(request: Request, web: TheWeb, id: str) -> Response:
    with web.ledger.read() as tx:
        row = courses.get(tx, id)
        known = {one.id: one for one in lessons.every(tx)}
        ids = courses.lessons(tx, id) if row else ()
        ordered = prints.every(tx, id)
    if row is None:
        raise Missing
    values = {
        "course": row,
        "lessons": [known[one] for one in ids if one in known],
        "others": sorted(
            (one for one in known.values() if one.id not in ids and not one.withdrawn),
            key=lambda one: (one.course != row.name, one.title),
        )[:500],
        "prints": ordered,
        "kinds": KINDS,
    }
    return page(request, "office_course.html", values)


def _moved(ids: Sequence[str], lesson: str, act: str) -> list[str]:
    order = list(ids)
    if act == "add" and lesson not in order:
        order.append(lesson)
    elif lesson in order:
        at = order.index(lesson)
        order.remove(lesson)
        if act != "drop":
            order.insert(max(0, at - 1) if act == "up" else at + 1, lesson)
    return order


@router.post("/courses/{id}/order")
def order(
    web: TheWeb,
    id: str,
    lesson: Annotated[str, Form(max_length=64)],
    act: Annotated[str, Form(pattern="^(up|down|add|drop)$")],
) -> Response:
    with web.ledger.begin() as tx:
        if courses.get(tx, id) is None or lessons.get(tx, lesson) is None:
            raise Missing
        courses.set_lessons(tx, id, _moved(courses.lessons(tx, id), lesson, act))
    return back(f"/office/courses/{id}", "saved")


@router.post("/courses/{id}/print")
def order_print(
    web: TheWeb,
    who: TheOffice,
    id: str,
    kind: Annotated[str, Form(pattern="^(dvd|datadisc|vcd|svcd)$")],
    copies: Annotated[int, Form(ge=1, le=100_000)],
    note: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    with web.ledger.begin() as tx:
        if courses.get(tx, id) is None:
            raise Missing
        number = prints.add(tx, id, kind, copies, who.by, time.time(), clean_title(note, 400))
    return back(f"/office/prints/{number}", "saved")


@router.get("/prints/{number}")
def sheet(request: Request, web: TheWeb, number: int) -> Response:
    """An order for a printer, on a sheet of paper."""
    with web.ledger.read() as tx:
        found = prints.get(tx, number)
        row = courses.get(tx, found.course) if found else None
        ids = courses.lessons(tx, found.course) if found else ()
        known = [lessons.get(tx, one) for one in ids]
    if found is None or row is None:
        raise Missing
    values = {"print": found, "course": row, "lessons": [one for one in known if one]}
    return page(request, "office_print.html", values)
