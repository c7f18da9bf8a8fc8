"""An operator's door: what runs where, what waits, what failed; and who may use the service."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from farm.ledger import bases, estimates, jobs, keys, tasks
from farm.ledger.states import ENDED, UNFINISHED, JobState, NodeState, Priority, Role
from farm.web import doing, people, running
from farm.web.live import Part, stream
from farm.web.problems import SEE_OTHER
from farm.web.rendering import fragment, page
from farm.web.sessions import TheWeb, Web, require
from farm.web.shown import CHINA
from farm.web.sorry import Sorry, Unclear
from farm.web.words import STATES

router = APIRouter(prefix="/operator", dependencies=[Depends(require(Role.OPERATOR))])

PER_PAGE = 100
REST = 30
"""Minutes a node rests where nobody says how many."""


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
    web: TheWeb, id: str, act: str, minutes: Annotated[float, Form(gt=0, le=10080)] = REST
) -> Response:
    wanted = {
        "drain": NodeState.DRAINING,
        "rest": NodeState.RESTING,
        "back": NodeState.ACTIVE,
    }.get(act)
    if wanted is None:
        raise Unclear((f"没有操作 {act:.20}。 There is no act {act:.20}.",))
    running.set_node(web, id, wanted, minutes * 60)
    return _back("/operator")


@router.post("/pause")
def pause(web: TheWeb, base: Annotated[str, Form(max_length=32)] = "") -> Response:
    running.pause(web, base or None, paused=True)
    return _back("/operator")


@router.post("/resume")
def resume(web: TheWeb, base: Annotated[str, Form(max_length=32)] = "") -> Response:
    running.pause(web, base or None, paused=False)
    return _back("/operator")


@router.post("/scale")
def scale(request: Request, web: TheWeb, slots: Annotated[int, Form(ge=0, le=4096)]) -> Response:
    try:
        running.scale(web, slots)
    except Sorry as sorry:
        values = {**_board(web), "sorry": sorry}
        return page(request, "operator_board.html", values, status=sorry.status)
    return _back("/operator")


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
        "priorities": [(one.value, STATES[f"priority-{one.name.lower()}"]) for one in Priority],
    }
    return page(request, "operator_job.html", values)


@router.post("/jobs/{id}/order")
def order(
    web: TheWeb,
    id: str,
    priority: Annotated[int, Form(ge=0, le=2)],
    deadline: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """`deadline`: as a browser's field has it, in China's time."""
    try:
        due = datetime.fromisoformat(deadline).replace(tzinfo=CHINA).timestamp()
    except ValueError:
        due = None
    running.reorder(web, running.any_job(web, id), Priority(priority), due)
    return _back(f"/operator/jobs/{id}", "saved")


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
    id: Annotated[str, Form(max_length=32)],
    name: Annotated[str, Form(max_length=120)] = "",
    name_zh: Annotated[str, Form(max_length=120)] = "",
    weight: Annotated[float, Form(ge=0.01, le=100)] = 1.0,
    hours: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    fields: dict[str, object] = {"weight": weight}
    fields |= {key: text for key, text in (("name", name), ("name_zh", name_zh)) if text.strip()}
    try:
        fields["hours_wanted"] = float(hours) if hours.strip() else None
        people.set_base(web, id, fields)
    except ValueError:
        unclear = Unclear(("每年学时应为数字。 The hours a year should be a number.",))
        return _people(request, web, sorry=unclear)
    except Sorry as sorry:
        return _people(request, web, sorry=sorry)
    return _back("/operator/people", "saved")


@router.post("/people/keys")
def new_key(
    request: Request,
    web: TheWeb,
    role: Annotated[Role, Form()],
    base: Annotated[str, Form(max_length=32)] = "",
    label: Annotated[str, Form(max_length=120)] = "",
    days: Annotated[str, Form(pattern="^[0-9]{0,4}$")] = "",
) -> Response:
    """The page that answers shows the key, this once."""
    try:
        _, text = people.new_key(web, role, base or None, label, int(days) if days else None)
    except Sorry as sorry:
        return _people(request, web, sorry=sorry)
    return _people(request, web, made=text)


@router.post("/people/keys/{id}/revoke")
def revoke(web: TheWeb, id: str) -> Response:
    people.revoke(web, id)
    return _back("/operator/people", "revoked")
