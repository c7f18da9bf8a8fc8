"""The office's door: courses, in which order their lessons are, and prints of their discs."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from farm.ledger import courses, lessons, prints
from farm.ledger.states import Role
from farm.web import coursing
from farm.web.pages.office import back
from farm.web.rendering import page
from farm.web.sessions import TheOffice, TheWeb, Web, require
from farm.web.sorry import Missing, Sorry

router = APIRouter(prefix="/office", dependencies=[Depends(require(Role.OFFICE))])

KINDS = ("dvd", "datadisc", "vcd", "svcd")
OFFERED = 500
"""Lessons of other courses a page offers to add."""


@router.get("/courses")
def list_courses(request: Request, web: TheWeb) -> Response:
    return _courses(request, web)


def _courses(request: Request, web: Web, sorry: Sorry | None = None) -> Response:
    with web.ledger.read() as tx:
        known = {one.id: one for one in lessons.every(tx)}
        rows = [(one, courses.lessons(tx, one.id)) for one in courses.every(tx)]
        ordered = prints.every(tx)
    names = {one.id: one.name for one, _ in rows}
    values = {
        "courses": [
            (one, sum(known[id].duration for id in ids if id in known), len(ids))
            for one, ids in rows
        ],
        "unlaid": sorted({one.course for one in known.values() if one.course} - {*names.values()}),
        "prints": ordered,
        "names": names,
        "sorry": sorry,
    }
    return page(request, "office_courses.html", values, status=sorry.status if sorry else 200)


@router.post("/courses")
def new_course(
    request: Request, web: TheWeb, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    try:
        made = coursing.add(web, name)
    except Sorry as sorry:
        return _courses(request, web, sorry)
    return back(f"/office/courses/{made.id}", "saved")


@router.get("/courses/{id}")
def course(request: Request, web: TheWeb, id: str) -> Response:
    return _course(request, web, id)


def _course(request: Request, web: Web, id: str, sorry: Sorry | None = None) -> Response:
    found = coursing.seen(web, id)
    inside = {one.id for one in found.lessons}
    with web.ledger.read() as tx:
        others = [one for one in lessons.every(tx) if one.id not in inside and not one.withdrawn]
    others.sort(key=lambda one: (one.course != found.course.name, one.title))
    values = {
        "found": found,
        "course": found.course,
        "lessons": found.lessons,
        "titles": {one.id: one.title for one in found.lessons},
        "others": others[:OFFERED],
        "outlooks": coursing.discs(web, found),
        "prints": found.prints,
        "kinds": KINDS,
        "sorry": sorry,
    }
    return page(request, "office_course.html", values, status=sorry.status if sorry else 200)


@router.post("/courses/{id}/name")
def rename(
    request: Request, web: TheWeb, id: str, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    try:
        coursing.rename(web, id, name)
    except Missing:
        raise
    except Sorry as sorry:
        return _course(request, web, id, sorry)
    return back(f"/office/courses/{id}", "saved")


@router.post("/courses/{id}/drop")
def drop(web: TheWeb, id: str) -> Response:
    coursing.drop(web, id)
    return back("/office/courses")


def _moved(ids: Sequence[str], lesson: str, act: str) -> list[str]:
    order = list(ids)
    if act == "add" and lesson not in order:
        order.append(lesson)
    elif lesson in order and act != "add":
        at = order.index(lesson)
        order.remove(lesson)
        if act != "drop":
            order.insert(max(0, at - 1) if act == "up" else at + 1, lesson)
    return order


@router.post("/courses/{id}/order")
def order(
    request: Request,
    web: TheWeb,
    id: str,
    lesson: Annotated[str, Form(max_length=64)],
    act: Annotated[str, Form(pattern="^(up|down|add|drop)$")],
) -> Response:
    ids = [one.id for one in coursing.seen(web, id).lessons]
    try:
        coursing.set_order(web, id, _moved(ids, lesson, act))
    except Missing:
        raise
    except Sorry as sorry:
        return _course(request, web, id, sorry)
    return back(f"/office/courses/{id}", "saved")


@router.post("/courses/{id}/say")
def say_order(web: TheWeb, id: str) -> Response:
    """Course and place into the lessons' own metadata."""
    coursing.say_order(web, id)
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
    made = coursing.order_print(web, who, id, kind, copies, note)
    return back(f"/office/prints/{made.id}", "saved")


@router.get("/prints/{number}")
def sheet(request: Request, web: TheWeb, number: int) -> Response:
    """An order for a printer, on a sheet of paper."""
    with web.ledger.read() as tx:
        found = prints.get(tx, number)
    if found is None:
        raise Missing
    known = coursing.of_print(web, found)
    outlook = next((one for one in coursing.discs(web, known) if one.kind == found.kind), None)
    on = {id: disc.number for disc in outlook.discs for id in disc.lessons} if outlook else {}
    values = {
        "print": found,
        "course": known.course,
        "lessons": known.lessons,
        "on": on,
        "discs": len(outlook.discs) if outlook else 0,
    }
    return page(request, "office_print.html", values)
