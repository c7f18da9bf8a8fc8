"""The office's door: what waits for approval, and every lesson there is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from farm.ledger import lessons
from farm.ledger.states import Role
from farm.web import doing, judging
from farm.web.forms import Mended
from farm.web.problems import SEE_OTHER
from farm.web.rendering import page
from farm.web.sessions import TheOffice, TheWeb, Web, require
from farm.web.sorry import Sorry
from farm.web.values import (
    about_values,
    address,
    finding_value,
    lesson_state,
    master_of,
    products_of,
)
from farm.web.words import CATEGORIES

router = APIRouter(prefix="/office", dependencies=[Depends(require(Role.OFFICE))])

AT_ONCE = 40
"""Lessons a page of what waits shows with their pictures."""
PER_PAGE = 100


def back(path: str, said: str = "done") -> Response:
    return RedirectResponse(f"{path}?said={said}", SEE_OTHER)


@router.get("")
def waiting(request: Request, web: TheWeb) -> Response:
    return _waiting(request, web)


def _waiting(request: Request, web: Web, sorry: Sorry | None = None) -> Response:
    with web.ledger.read() as tx:
        rows = lessons.waiting(tx)
    found = [judging.judged(web, row) for row in rows[:AT_ONCE]]
    values = {
        "found": [
            (one, address(one.release.entry.poster) if one.release else None) for one in found
        ],
        "count": len(rows),
        "sorry": sorry,
    }
    return page(request, "office_waiting.html", values, status=sorry.status if sorry else 200)


def _poster(one: judging.Judged) -> str | None:
    return address(one.release.entry.poster) if one.release else None


@router.post("/approve")
def approve_many(
    request: Request, web: TheWeb, who: TheOffice, id: Annotated[list[str] | None, Form()] = None
) -> Response:
    """`id`: `LESSON@RELEASE`, as they were looked at."""
    named = [one.partition("@") for one in id or []]
    seen = [int(release) if release.isdecimal() else 0 for _, _, release in named]
    try:
        judging.approve(web, who, [lesson for lesson, _, _ in named], seen)
    except Sorry as sorry:
        return _waiting(request, web, sorry)
    return back("/office", "approved")


@router.get("/lessons")
def list_lessons(
    request: Request,
    web: TheWeb,
    find: Annotated[str, Query(max_length=80)] = "",
    at: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    wanted = find.casefold().strip()
    with web.ledger.read() as tx:
        known = lessons.every(tx)
    found = [
        one
        for one in known
        if wanted in f"{one.title} {one.course or ''} {one.id} {one.base}".casefold()
    ]
    found.sort(key=lambda one: -one.updated)
    values = {
        "lessons": [(one, lesson_state(one)) for one in found[at : at + PER_PAGE]],
        "count": len(found),
        "find": find,
        "next": at + PER_PAGE if at + PER_PAGE < len(found) else None,
    }
    return page(request, "office_lessons.html", values)


@router.get("/lessons/{id}")
def lesson(request: Request, web: TheWeb, id: str) -> Response:
    return _lesson(request, web, id)


def _lesson(request: Request, web: Web, id: str, sorry: Sorry | None = None) -> Response:
    found = judging.judged(web, judging.any_lesson(web, id))
    release = found.release
    values = {
        "found": found,
        "row": found.row,
        "state": lesson_state(found.row, found.decided[0] if found.decided else None),
        "master": master_of(release) if release else None,
        "poster": address(release.entry.poster) if release else None,
        "sound": address(release.entry.enclosure.path)
        if release and release.entry.enclosure
        else None,
        "products": products_of(found.row.id, release) if release else [],
        "about": about_values(release) if release else {},
        "findings": [finding_value(one) for one in release.findings] if release else [],
        "categories": CATEGORIES,
        "sorry": sorry,
    }
    return page(request, "office_lesson.html", values, status=sorry.status if sorry else 200)


@router.post("/lessons/{id}/approve")
def approve(
    request: Request, web: TheWeb, who: TheOffice, id: str, release: Annotated[int, Form()]
) -> Response:
    """`release`: the one that was looked at."""
    try:
        judging.approve(web, who, [id], [release])
    except Sorry as sorry:
        return _lesson(request, web, id, sorry)
    return back("/office", "approved")


@router.post("/lessons/{id}/reject")
def reject(
    request: Request,
    web: TheWeb,
    who: TheOffice,
    id: str,
    release: Annotated[int, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    try:
        judging.reject(web, who, id, reason, release)
    except Sorry as sorry:
        return _lesson(request, web, id, sorry)
    return back("/office", "rejected")


@router.post("/lessons/{id}/withdraw")
def withdraw(
    request: Request,
    web: TheWeb,
    who: TheOffice,
    id: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    try:
        judging.withdraw(web, who, id, reason)
    except Sorry as sorry:
        return _lesson(request, web, id, sorry)
    return back(f"/office/lessons/{id}", "withdrawn")


@router.post("/lessons/{id}/restore")
def restore(request: Request, web: TheWeb, who: TheOffice, id: str) -> Response:
    try:
        judging.restore(web, who, id)
    except Sorry as sorry:
        return _lesson(request, web, id, sorry)
    return back(f"/office/lessons/{id}", "approved")


@router.post("/lessons/{id}/about")
def mend(request: Request, web: TheWeb, id: str, said: Annotated[Mended, Form()]) -> Response:
    """Awards, category and whatever else is said of it: a job that encodes nothing."""
    try:
        doing.mend(web, judging.any_lesson(web, id), said.said())
    except Sorry as sorry:
        return _lesson(request, web, id, sorry)
    return back(f"/office/lessons/{id}", "saved")
