"""A base's door: what it handed in, what is asked of it, what came of it."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from farm.errors import NotFound
from farm.ledger import bases, decisions, estimates, jobs, lessons, numbers, uploads
from farm.ledger.model import Job
from farm.ledger.states import ENDED, UNFINISHED, JobState, UploadState
from farm.store.names import type_of
from farm.web import doing
from farm.web.forms import Mended
from farm.web.live import Part, Told, stream, told
from farm.web.problems import SEE_OTHER
from farm.web.rendering import fragment, page
from farm.web.sessions import ABase, TheWeb, Web, Who
from farm.web.shown import day
from farm.web.sorry import Clash, Missing, Sorry
from farm.web.values import (
    about_values,
    address,
    finding_value,
    lesson_state,
    master_of,
    products_of,
)
from farm.web.words import CATEGORIES

router = APIRouter(prefix="/base", include_in_schema=False)

RECENT = 8
PER_PAGE = 50
TROUBLE = (JobState.ASKING, JobState.FAILED, JobState.REFUSED)
FRESH = 14 * 86400.0
"""Seconds after which what failed is no longer put before the base's eyes."""
MONTHS = 12


@router.get("")
def overview(request: Request, web: TheWeb, who: ABase) -> Response:
    """Hours delivered against the task, what waits for the base, what was made last."""
    with web.ledger.read() as tx:
        base = bases.get(tx, who.base)
        made = [one for one in numbers.delivered(tx) if one.base == who.base]
        recent = lessons.of_base(tx, who.base)[:RECENT]
        last = {one.id: next(iter(decisions.of_lesson(tx, one.id)), None) for one in recent}
        receiving = [
            one
            for one in uploads.of_base(tx, who.base, 200)
            if one.state in (UploadState.RECEIVING, UploadState.DAMAGED)
        ]
    year = day(time.time())[:4]
    values = {
        "base": base,
        "year": year,
        "hours": sum(one.hours for one in made if one.month.startswith(year)),
        "lessons": sum(one.lessons for one in made if one.month.startswith(year)),
        "recent": [(one, lesson_state(one, last[one.id])) for one in recent],
        "rejected": [one for one in recent if lesson_state(one, last[one.id]) == "rejected"],
        "decisions": last,
        "receiving": receiving,
        "monthly": _monthly(made),
        **_going(web, who),
    }
    return page(request, "base_overview.html", values)


def _going(web: Web, who: Who) -> dict[str, object]:
    """What is under way, and what went wrong lately: the part of the overview that is live."""
    now = time.time()
    with web.ledger.read() as tx:
        going = jobs.of_base(tx, who.base, UNFINISHED, 30)
        trouble = jobs.of_base(tx, who.base, TROUBLE, 30)
        told = {one.id: estimates.latest(tx, one.id) for one in going}
    return {
        "going": [one for one in going if one.state is not JobState.ASKING],
        "trouble": [
            one
            for one in trouble
            if one.state is JobState.ASKING or now - (one.ended or now) < FRESH
        ],
        "told": told,
    }


def _monthly(made: list[numbers.Hours]) -> list[tuple[str, float]]:
    """Hours of the last months that have any."""
    sums: dict[str, float] = {}
    for one in made:
        sums[one.month] = sums.get(one.month, 0.0) + one.hours
    return sorted(sums.items())[-MONTHS:]


@router.get("/live")
def overview_live(request: Request, web: TheWeb, who: ABase) -> Response:
    part = Part(lambda: fragment(request, "_base_going.html", _going(web, who)), "going")
    return stream(request, part, every=2.0)


@router.get("/submit")
def submit(
    request: Request,
    web: TheWeb,
    who: ABase,
    replaces: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
) -> Response:
    instead = doing.own_job(web, who, replaces) if replaces else None
    with web.ledger.read() as tx:
        known = uploads.of_base(tx, who.base, 200)
    values = {
        "instead": instead,
        "unfinished": [one for one in known if one.state is UploadState.RECEIVING],
        "categories": CATEGORIES,
        "profiles": web.service.profiles,
    }
    return page(request, "base_submit.html", values)


# --- jobs ----------------------------------------------------------------------------------------


@router.get("/jobs")
def list_jobs(
    request: Request,
    web: TheWeb,
    who: ABase,
    only: Annotated[str, Query(pattern="^(going|trouble|done|)$")] = "",
    before: Annotated[str | None, Query(pattern=r"^\d+(\.\d+)?_[0-9a-f]{32}$")] = None,
) -> Response:
    states = {
        "going": tuple(UNFINISHED),
        "trouble": TROUBLE,
        "done": (JobState.DONE,),
    }.get(only, ())
    cursor = None
    if before:
        created, _, id = before.partition("_")
        cursor = (float(created), id)
    with web.ledger.read() as tx:
        found = jobs.of_base(tx, who.base, states, PER_PAGE, cursor)
        told = {one.id: estimates.latest(tx, one.id) for one in found if one.state not in ENDED}
    last = found[-1] if len(found) == PER_PAGE else None
    values = {
        "jobs": found,
        "told": told,
        "only": only,
        "next": f"{last.created!r}_{last.id}" if last else None,
    }
    return page(request, "base_jobs.html", values)


@router.get("/jobs/{id}")
def job(request: Request, web: TheWeb, who: ABase, id: str) -> Response:
    return page(request, "base_job.html", _job_values(web, doing.own_job(web, who, id)))


@router.get("/jobs/{id}/live")
def job_live(request: Request, web: TheWeb, who: ABase, id: str) -> Response:
    doing.own_job(web, who, id)

    def render() -> str:
        values = _job_values(web, doing.own_job(web, who, id))
        return fragment(request, "_base_job.html", values)

    part = Part(render, "job")

    def look() -> Told:
        # Asked first: what is rendered after it is the last there is to see.
        over = doing.own_job(web, who, id).state in ENDED
        return part() + ((told("over", event="over"),) if over else ())

    return stream(request, look)


def _job_values(web: Web, job: Job) -> dict[str, object]:
    with web.ledger.read() as tx:
        estimate = estimates.latest(tx, job.id) if job.state not in ENDED else None
        row = lessons.get(tx, job.lesson) if job.lesson and job.state is JobState.DONE else None
    values = [finding_value(one) for one in job.findings]
    return {
        "job": job,
        "findings": sorted(values, key=lambda one: (_GRAVE[one.severity], one.start or 0.0)),
        "pictures": _pictures(job),
        "estimate": estimate,
        "share": _share(job),
        "row": row,
        "ended": job.state in ENDED,
    }


@router.get("/jobs/{id}/{kind}/{number}")
def picture(
    web: TheWeb, who: ABase, id: str, kind: Literal["picture", "sound"], number: int
) -> Response:
    """Of one of the job's findings."""
    found = doing.own_job(web, who, id)
    known = found.findings[number] if 0 <= number < len(found.findings) else {}
    if kind not in known:
        raise Missing
    name = str(known[kind])
    try:
        data = web.store.get(name).data
    except NotFound as error:
        raise Missing from error
    return Response(data, headers={"Cache-Control": "private"}, media_type=type_of(name))


def _pictures(job: Job) -> dict[str, list[dict[str, object]]]:
    """By code and place of a finding."""
    shown: dict[str, list[dict[str, object]]] = {}
    for number, one in enumerate(job.findings):
        key = f"{one['code']}-{finding_value(one).start}"
        shown[key] = [
            {"url": f"/base/jobs/{job.id}/{kind}/{number}", "at": finding_value(one).start}
            for kind in ("picture", "sound")
            if kind in one
        ]
    return shown


_GRAVE = {"refusal": 0, "warning": 1, "note": 2}


def _share(job: Job) -> float | None:
    """Of the work, 0 to 1; None while it cannot be said."""
    if job.state is JobState.DONE:
        return 1.0
    return job.done / job.work if job.work > 0 and job.state is JobState.RUNNING else None


@router.post("/jobs/{id}/cancel")
def cancel(web: TheWeb, who: ABase, id: str) -> Response:
    doing.cancel(web, doing.own_job(web, who, id))
    return RedirectResponse(f"/base/jobs/{id}?said=cancelled", SEE_OTHER)


@router.post("/jobs/{id}/go-on")
def go_on(web: TheWeb, who: ABase, id: str) -> Response:
    doing.go_on(web, doing.own_job(web, who, id))
    return RedirectResponse(f"/base/jobs/{id}?said=going-on", SEE_OTHER)


@router.post("/jobs/{id}/retry")
def retry(web: TheWeb, who: ABase, id: str) -> Response:
    doing.again(web, doing.own_job(web, who, id))
    return RedirectResponse(f"/base/jobs/{id}?said=again", SEE_OTHER)


@router.post("/uploads/{id}/drop")
def drop(web: TheWeb, who: ABase, id: str) -> Response:
    found = doing.own_upload(web, who, id)
    if found.job is not None:
        raise Clash("文件已交付制作，请取消任务。", "It is a job by now; cancel that.")
    web.desk.drop(found)
    return RedirectResponse("/base/submit?said=done", SEE_OTHER)


# --- lessons -------------------------------------------------------------------------------------


@router.get("/lessons")
def list_lessons(
    request: Request,
    web: TheWeb,
    who: ABase,
    find: Annotated[str, Query(max_length=80)] = "",
    at: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    with web.ledger.read() as tx:
        known = lessons.of_base(tx, who.base)
        wanted = find.casefold().strip()
        found = [
            one for one in known if wanted in f"{one.title} {one.course or ''} {one.id}".casefold()
        ]
        shown = found[at : at + PER_PAGE]
        last = {one.id: next(iter(decisions.of_lesson(tx, one.id)), None) for one in shown}
    values = {
        "lessons": [(one, lesson_state(one, last[one.id])) for one in shown],
        "count": len(found),
        "find": find,
        "at": at,
        "next": at + PER_PAGE if at + PER_PAGE < len(found) else None,
    }
    return page(request, "base_lessons.html", values)


@router.get("/lessons/{id}")
def lesson(request: Request, web: TheWeb, who: ABase, id: str) -> Response:
    return _lesson_page(request, doing.whole(web, doing.own_lesson(web, who, id)))


def _lesson_page(request: Request, found: doing.Whole, sorry: Sorry | None = None) -> Response:
    release = found.release
    findings = [finding_value(one) for one in release.findings] if release else []
    values = {
        "row": found.row,
        "state": lesson_state(found.row, found.decision),
        "decision": found.decision,
        "master": master_of(release) if release else None,
        "poster": address(release.entry.poster) if release else None,
        "sound": _sound(found) if release else None,
        "products": products_of(found.row.id, release) if release else [],
        "about": about_values(release) if release else {},
        "findings": findings,
        "release": release,
        "categories": CATEGORIES,
        "sorry": sorry,
    }
    return page(request, "base_lesson.html", values, status=sorry.status if sorry else 200)


def _sound(found: doing.Whole) -> str | None:
    """What is heard where nothing is streamed: an audio programme's file."""
    enclosure = found.release.entry.enclosure if found.release else None
    return address(enclosure.path) if enclosure else None


@router.post("/lessons/{id}")
def mend(
    request: Request, web: TheWeb, who: ABase, id: str, said: Annotated[Mended, Form()]
) -> Response:
    """What a person sees in the form is all there is to say: an emptied field is taken out."""
    row = doing.own_lesson(web, who, id)
    try:
        made = doing.mend(web, row, said.said())
    except Sorry as sorry:
        return _lesson_page(request, doing.whole(web, row), sorry)
    return RedirectResponse(f"/base/jobs/{made.id}?said=saved", SEE_OTHER)
