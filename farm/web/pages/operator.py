"""An operator's door: what runs where, what waits, what failed; and who may use the service."""

import math
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from farm.ledger import bases, estimates, jobs, keys, tasks
from farm.ledger.states import ENDED, UNFINISHED, JobState, NodeState, Priority, Role
from farm.service.scaling import Policy
from farm.web import doing, people, running
from farm.web.live import Part, stream
from farm.web.problems import SEE_OTHER
from farm.web.rendering import fragment, page
from farm.web.sessions import AnOperator, TheWeb, Web, require
from farm.web.shown import CHINA
from farm.web.sorry import Sorry, Unclear
from farm.web.values import finding_value
from farm.web.words import STATES

router = APIRouter(prefix="/operator", dependencies=[Depends(require(Role.OPERATOR))])

PER_PAGE = 100
REST = 30
"""Minutes a node rests where nobody says how many."""
WEIGHTS, HOURS = (0.01, 100.0), (0.0, 100_000.0)


def _back(path: str, said: str = "done") -> Response:
    return RedirectResponse(f"{path}?said={said}", SEE_OTHER)


# --- what runs -----------------------------------------------------------------------------------


@router.get("")
def board(request: Request, web: TheWeb) -> Response:
    return page(request, "operator_board.html", _board(web))


@router.get("/live")
def live(request: Request, web: TheWeb) -> Response:
    part = Part(lambda: fragment(request, "_operator_board.html", _board(web)), "board")
    return stream(request, part, every=2.0)


def _board(web: Web) -> dict[str, object]:
    return {"board": running.board(web), "rest": REST}


@router.post("/nodes/{id}/{act}")
def set_node(
    web: TheWeb,
    who: AnOperator,
    id: str,
    act: str,
    minutes: Annotated[float, Form(gt=0, le=10080)] = REST,
) -> Response:
    wanted = {
        "drain": NodeState.DRAINING,
        "rest": NodeState.RESTING,
        "back": NodeState.ACTIVE,
    }.get(act)
    if wanted is None:
        raise Unclear((f"没有操作 {act:.20}。 There is no act {act:.20}.",))
    running.set_node(web, who, id, wanted, minutes * 60)
    return _back("/operator")


@router.post("/pause")
def pause(web: TheWeb, who: AnOperator, base: Annotated[str, Form(max_length=32)] = "") -> Response:
    running.pause(web, who, base or None, paused=True)
    return _back("/operator")


@router.post("/resume")
def resume(
    web: TheWeb, who: AnOperator, base: Annotated[str, Form(max_length=32)] = ""
) -> Response:
    running.pause(web, who, base or None, paused=False)
    return _back("/operator")


@router.post("/scale")
def scale(
    request: Request, web: TheWeb, who: AnOperator, slots: Annotated[int, Form(ge=0, le=4096)]
) -> Response:
    try:
        running.scale(web, who, slots)
    except Sorry as sorry:
        return _sorry_board(request, web, sorry)
    return _back("/operator")


@router.post("/scale-policy")
def set_policy(
    request: Request,
    web: TheWeb,
    who: AnOperator,
    on: Annotated[bool, Form()],
    least: Annotated[int, Form(ge=0, le=4096)] = 0,
    most: Annotated[int, Form(ge=0, le=4096)] = 0,
    minutes: Annotated[float, Form(ge=1, le=10080)] = 60,
) -> Response:
    try:
        running.set_policy(web, who, Policy(least, most, minutes * 60) if on else None)
    except Sorry as sorry:
        return _sorry_board(request, web, sorry)
    return _back("/operator", "saved")


def _sorry_board(request: Request, web: Web, sorry: Sorry) -> Response:
    values = {**_board(web), "sorry": sorry}
    return page(request, "operator_board.html", values, status=sorry.status)


@router.get("/capsules/{id}")
def capsule(web: TheWeb, id: str) -> Response:
    path = running.capsule_file(web, id)
    return FileResponse(path, media_type="application/json", filename=path.name)


# --- jobs ----------------------------------------------------------------------------------------


@router.get("/jobs")
def list_jobs(
    request: Request,
    web: TheWeb,
    only: Annotated[str, Query(pattern="^(going|failed|done|)$")] = "going",
    base: Annotated[str, Query(pattern="^[a-z0-9-]{0,32}$")] = "",
) -> Response:
    states = {
        "going": tuple(UNFINISHED),
        "failed": (JobState.FAILED, JobState.REFUSED),
        "done": (JobState.DONE,),
    }.get(only, ())
    with web.ledger.read() as tx:
        found = (
            jobs.of_base(tx, base, states, PER_PAGE) if base else jobs.page(tx, states, PER_PAGE)
        )
        told = {one.id: estimates.latest(tx, one.id) for one in found if one.state not in ENDED}
        known = bases.every(tx)
    values = {"jobs": found, "told": told, "only": only, "base": base, "bases": known}
    return page(request, "operator_jobs.html", values)


@router.get("/jobs/{id}")
def job(request: Request, web: TheWeb, id: str) -> Response:
    found = running.any_job(web, id)
    with web.ledger.read() as tx:
        tried = tasks.attempts_of(tx, id)
        done, whole = tasks.progress(tx, id)
        told = estimates.latest(tx, id) if found.state not in ENDED else None
    values = {
        "job": found,
        "attempts": tried[-200:],
        "tasks": (done, whole),
        "estimate": told,
        "ended": found.state in ENDED,
        "findings": [finding_value(one) for one in found.findings],
        "priorities": [(one.value, STATES[f"priority-{one.name.lower()}"]) for one in Priority],
    }
    return page(request, "operator_job.html", values)


@router.post("/jobs/{id}/order")
def order(
    web: TheWeb,
    who: AnOperator,
    id: str,
    priority: Annotated[int, Form(ge=0, le=2)],
    deadline: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """`deadline`: as a browser's field has it, in China's time; empty takes it back."""
    due = None
    if deadline.strip():
        try:
            due = datetime.fromisoformat(deadline).replace(tzinfo=CHINA).timestamp()
        except ValueError:
            raise Unclear(("最迟时间无法识别。 The time cannot be read.",)) from None
    fields = {"priority": Priority(priority), "deadline": due}
    running.reorder(web, who, running.any_job(web, id), fields)
    return _back(f"/operator/jobs/{id}", "saved")


@router.post("/jobs/{id}/go-on")
def go_on(web: TheWeb, id: str) -> Response:
    """In place of its base, which has not answered."""
    doing.go_on(web, running.any_job(web, id))
    return _back(f"/operator/jobs/{id}", "going-on")


@router.post("/jobs/{id}/cancel")
def cancel(web: TheWeb, id: str) -> Response:
    doing.cancel(web, running.any_job(web, id))
    return _back(f"/operator/jobs/{id}", "cancelled")


@router.post("/jobs/{id}/retry")
def retry(web: TheWeb, id: str) -> Response:
    doing.again(web, running.any_job(web, id))
    return _back(f"/operator/jobs/{id}", "again")


# --- people --------------------------------------------------------------------------------------


@router.get("/people")
def list_people(request: Request, web: TheWeb) -> Response:
    return _people(request, web)


def _people(
    request: Request, web: Web, made: str | None = None, sorry: Sorry | None = None
) -> Response:
    with web.ledger.read() as tx:
        values = {"bases": bases.every(tx), "keys": keys.every(tx), "made": made, "sorry": sorry}
    return page(request, "operator_people.html", values, status=sorry.status if sorry else 200)


@router.post("/people/bases")
def set_base(
    request: Request,
    web: TheWeb,
    who: AnOperator,
    id: Annotated[str, Form(max_length=32)],
    name: Annotated[str, Form(max_length=120)] = "",
    name_zh: Annotated[str, Form(max_length=120)] = "",
    weight: Annotated[str, Form(max_length=12)] = "",
    hours: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    """What is left empty stays as it is."""
    said = {"name": name.strip(), "name_zh": name_zh.strip()}
    fields: dict[str, object] = {field: text for field, text in said.items() if text}
    try:
        for field, text, limits in (("weight", weight, WEIGHTS), ("hours_wanted", hours, HOURS)):
            if text.strip():
                fields[field] = _number(text, limits)
        people.set_base(web, who, id, fields)
    except Sorry as sorry:
        return _people(request, web, sorry=sorry)
    return _back("/operator/people", "saved")


def _number(text: str, limits: tuple[float, float]) -> float:
    """Raises Unclear."""
    least, most = limits
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        span = f"{least:g}–{most:g}"
        raise Unclear((f"{text} 应为 {span} 之间的数字。 {text} should be a number of {span}.",))
    return number


@router.post("/people/keys")
def new_key(
    request: Request,
    web: TheWeb,
    who: AnOperator,
    role: Annotated[Role, Form()],
    base: Annotated[str, Form(max_length=32)] = "",
    label: Annotated[str, Form(max_length=120)] = "",
    days: Annotated[str, Form(pattern="^[0-9]{0,4}$")] = "",
) -> Response:
    """The page that answers shows the key, this once."""
    try:
        lasts = int(days) if days else None
        _, text = people.new_key(web, who, role, base or None, label, lasts)
    except Sorry as sorry:
        return _people(request, web, sorry=sorry)
    return _people(request, web, made=text)


@router.post("/people/keys/{id}/revoke")
def revoke(web: TheWeb, who: AnOperator, id: str) -> Response:
    people.revoke(web, who, id)
    return _back("/operator/people", "revoked")
