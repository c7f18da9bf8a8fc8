"""The office's door: the catalog, what the next one changes, and a step back; courses and prints;
numbers."""

import csv
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from farm.errors import FarmError, Overtaken
from farm.ledger import bases, courses, lessons, numbers, prints, releases
from farm.ledger.model import Course
from farm.ledger.numbers import Hours
from farm.ledger.states import Role
from farm.model import clean_title
from farm.office.draft import Draft
from farm.signing import fingerprint, public_text
from farm.web.pages.office import back
from farm.web.rendering import page
from farm.web.sessions import TheOffice, TheWeb, Web, require
from farm.web.sorry import Clash, Missing, Sorry, Unclear
from farm.web.words import CATEGORIES

router = APIRouter(prefix="/office", dependencies=[Depends(require(Role.OFFICE))])

HISTORY = 50
SHOWN = 200
"""Changes a page lists; the sums are of all."""
MONTHS = 12
KINDS = ("dvd", "datadisc", "vcd", "svcd")


# --- the catalog ---------------------------------------------------------------------------------


@router.get("/catalog")
def catalog(request: Request, web: TheWeb) -> Response:
    return _catalog(request, web, web.service.office.draft())


@router.get("/catalog/back/{number}")
def look_back(request: Request, web: TheWeb, number: int) -> Response:
    """What a step back would change."""
    try:
        return _catalog(request, web, web.service.office.draft_back(number))
    except FarmError as error:
        raise Missing from error


def _catalog(request: Request, web: Web, draft: Draft, sorry: Sorry | None = None) -> Response:
    with web.ledger.read() as tx:
        history = releases.every(tx, HISTORY)
    keys = web.service.office.signer.trusted
    values = {
        "draft": draft,
        "changes": draft.difference,
        "shown": SHOWN,
        "history": history,
        "keys": [(fingerprint(one), public_text(one)) for one in keys],
        "sorry": sorry,
    }
    return page(request, "office_catalog.html", values, status=sorry.status if sorry else 200)


@router.post("/catalog")
def release(
    request: Request,
    web: TheWeb,
    who: TheOffice,
    mark: Annotated[str, Form(max_length=64)],
    note: Annotated[str, Form(max_length=400)] = "",
    back_to: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """What was looked at becomes the catalog, by one swap."""
    office = web.service.office
    try:
        draft = office.seen(mark, back_to=back_to)
        office.release(draft, time.time(), by=who.by, note=clean_title(note, 400))
    except Overtaken as error:
        draft = office.draft() if back_to is None else office.draft_back(back_to)
        clash = Clash("内容在查看后有变化，请重新核对后再发布。", str(error))
        return _catalog(request, web, draft, clash)
    except FarmError as error:
        return _catalog(request, web, office.draft(), Clash("发布没有完成。", str(error)))
    return back("/office/catalog", "released")


# --- courses -------------------------------------------------------------------------------------


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


# --- numbers -------------------------------------------------------------------------------------


@router.get("/numbers")
def figures(request: Request, web: TheWeb) -> Response:
    with web.ledger.read() as tx:
        backlog = {one.base: one for one in numbers.backlog(tx)}
        rows = bases.every(tx)
        shown = numbers.published(tx)
        made = numbers.delivered(tx)
        waits = len(lessons.waiting(tx))
        last = releases.latest(tx)
    year = time.strftime("%Y")
    done = {
        base.id: sum(one.hours for one in made if one.base == base.id and one.month[:4] == year)
        for base in rows
    }
    values = {
        "bases": [(one, done[one.id], backlog.get(one.id)) for one in rows],
        "hours": sum(one.hours for one in shown),
        "lessons": sum(one.lessons for one in shown),
        "waits": waits,
        "last": last,
        "year": year,
    }
    return page(request, "office_numbers.html", values)


@router.get("/numbers/{what}.json")
def plotted(web: TheWeb, what: str) -> Response:
    """For a plot; `what`: months, bases, or downloads."""
    makers: dict[str, Callable[[Web], dict[str, Any]]] = {
        "months": _months,
        "bases": _by_base,
        "downloads": _downloads,
    }
    if what not in makers:
        raise Missing
    return JSONResponse(makers[what](web), headers={"Cache-Control": "no-store"})


def _hours(web: Web) -> tuple[Hours, ...]:
    with web.ledger.read() as tx:
        return numbers.delivered(tx)


def _months(web: Web) -> dict[str, Any]:
    """Hours of the last months, by category."""
    made = _hours(web)
    months = sorted({one.month for one in made})[-MONTHS:]
    return {
        "type": "bar",
        "stacked": True,
        "labels": months,
        "sets": [
            {
                "label": words.zh,
                "values": [
                    round(sum(o.hours for o in made if (o.month, o.category) == (month, name)), 2)
                    for month in months
                ],
            }
            for name, words in CATEGORIES.items()
        ],
    }


def _by_base(web: Web) -> dict[str, Any]:
    made = _hours(web)
    with web.ledger.read() as tx:
        rows = bases.every(tx)
    return {
        "type": "bar",
        "labels": [one.name_zh for one in rows],
        "sets": [
            {
                "label": "已交付 delivered",
                "values": [
                    round(sum(o.hours for o in made if o.base == one.id), 2) for one in rows
                ],
            },
            {"label": "任务 task", "values": [one.hours_wanted or 0 for one in rows]},
        ],
    }


def _downloads(web: Web) -> dict[str, Any]:
    """What each catalog release holds, and how many lessons it changed."""
    with web.ledger.read() as tx:
        found = list(reversed(releases.every(tx, HISTORY)))
    return {
        "type": "bar",
        "labels": [f"第 {one.number} 版" for one in found],
        "sets": [
            {
                "label": "新增和更新 lessons to fetch",
                "values": [o.added + o.changed for o in found],
            },
            {"label": "撤下 withdrawn", "values": [o.removed for o in found]},
        ],
    }


@router.get("/numbers.csv")
def table(web: TheWeb) -> Response:
    """Hours by base, category and month, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("基地 base", "类别 category", "月份 month", "课件 lessons", "小时 hours"))
    for one in _hours(web):
        writer.writerow((one.base, one.category, one.month, one.lessons, f"{one.hours:.3f}"))
    headers = {"Content-Disposition": "attachment; filename=hours.csv"}
    # A spreadsheet takes it for UTF-8 by its mark.
    return Response("\ufeff" + text.getvalue(), headers=headers, media_type="text/csv")
