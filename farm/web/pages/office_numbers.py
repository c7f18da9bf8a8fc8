"""The office's door: hours, backlog, and what stations fetch, as figures and plots."""

import csv
import io
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from farm.ledger import bases, lessons, numbers, releases
from farm.ledger.numbers import Hours
from farm.ledger.states import Role
from farm.web.rendering import page
from farm.web.sessions import TheWeb, Web, require
from farm.web.shown import day
from farm.web.sorry import Missing
from farm.web.words import CATEGORIES

router = APIRouter(prefix="/office", dependencies=[Depends(require(Role.OFFICE))])

HISTORY = 50
MONTHS = 12


@router.get("/numbers")
def figures(request: Request, web: TheWeb) -> Response:
    with web.ledger.read() as tx:
        backlog = {one.base: one for one in numbers.backlog(tx)}
        rows = bases.every(tx)
        shown = numbers.published(tx)
        made = numbers.delivered(tx)
        waits = len(lessons.waiting(tx))
        last = releases.latest(tx)
    year = day(time.time())[:4]
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
    """Gigabytes each catalog release made a station fetch that takes all but discs and had the one
    before, and what the next one would."""
    with web.ledger.read() as tx:
        found = list(reversed(releases.every(tx, HISTORY)))
    coming = web.service.office.draft().difference.total
    sizes = [*(one.bytes for one in found), coming]
    return {
        "type": "bar",
        "labels": [*(f"第 {one.number} 版" for one in found), "下一版 next"],
        "sets": [{"label": "GB", "values": [round(size / 1e9, 4) for size in sizes]}],
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
