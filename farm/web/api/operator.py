"""The API of an operator: what runs where, and what is to."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import FileResponse

from farm.ledger import bases, jobs, keys
from farm.ledger.states import JobState, NodeState, Priority, Role
from farm.service.scaling import Policy
from farm.web import doing, people, running
from farm.web.api.base import BaseId, Id
from farm.web.api.models import Jobs, JobValue
from farm.web.api.operator_models import (
    BaseSaid,
    BaseSeen,
    BoardValue,
    KeyMade,
    KeySaid,
    KeyValue,
    NodeSaid,
    Order,
    Scale,
    ScalePolicy,
    Switch,
)
from farm.web.api.operator_values import base_value, board_value, key_value
from farm.web.problems import told
from farm.web.sessions import AnOperator, TheWeb, require
from farm.web.values import job_value

router = APIRouter(
    prefix="/operator", tags=["operator"], dependencies=[Depends(require(Role.OPERATOR))]
)

NodeId = Annotated[str, Path(pattern="^[A-Za-z0-9._-]{1,80}$")]
CapsuleId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,80}$")]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]
PRIORITIES = {"urgent": Priority.URGENT, "normal": Priority.NORMAL, "stock": Priority.STOCK}


@router.get("/board", responses=told())
def board(web: TheWeb) -> BoardValue:
    """Nodes and what runs on them, queues, failures, disks: everything at one moment."""
    return board_value(running.board(web))


@router.post("/nodes/{id}", status_code=202, responses=told(404))
def set_node(web: TheWeb, who: AnOperator, id: NodeId, said: NodeSaid) -> BoardValue:
    """Drain a node, rest it, or bring it back."""
    running.set_node(web, who, id, NodeState(said.state), said.seconds)
    return board_value(running.board(web))


@router.put("/paused", status_code=202, responses=told())
def pause(web: TheWeb, who: AnOperator, said: Switch) -> BoardValue:
    """Begin nothing more, or go on; what runs goes on in any case."""
    running.pause(web, who, None, said.on)
    return board_value(running.board(web))


@router.put("/scale", status_code=202, responses=told(409))
def scale(web: TheWeb, who: AnOperator, said: Scale) -> BoardValue:
    """Ask the cluster for so many slots; 0: as many as it thinks fit."""
    running.scale(web, who, said.slots)
    return board_value(running.board(web))


@router.put("/scale-policy", status_code=202, responses=told())
def set_policy(web: TheWeb, who: AnOperator, said: ScalePolicy) -> BoardValue:
    """From now on the cluster is asked for as many slots as the work that waits needs: more at
    once, less after five minutes in which it was enough."""
    running.set_policy(web, who, Policy(said.min, said.max, said.seconds))
    return board_value(running.board(web))


@router.delete("/scale-policy", status_code=204, responses=told())
def drop_policy(web: TheWeb, who: AnOperator) -> Response:
    """As many as were asked for by hand, or as the cluster thinks fit."""
    running.set_policy(web, who, None)
    return Response(status_code=204)


@router.get("/jobs", responses=told())
def list_jobs(
    web: TheWeb,
    state: Annotated[list[JobState] | None, Query(description="Of these alone.")] = None,
    base: Annotated[str | None, Query(pattern="^[a-z0-9-]{1,32}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Jobs:
    """Of all bases, the latest first."""
    with web.ledger.read() as tx:
        found = (
            jobs.of_base(tx, base, state or (), limit)
            if base
            else jobs.page(tx, state or (), limit)
        )
    return Jobs(jobs=[job_value(one, doing.estimate_of(web, one)) for one in found], next=None)


@router.get("/jobs/{id}", responses=told(404))
def job(web: TheWeb, id: Id) -> JobValue:
    """Of any base."""
    found = running.any_job(web, id)
    return job_value(found, doing.estimate_of(web, found))


@router.post("/jobs/{id}/{act}", status_code=202, responses=told(404, 409))
def act(web: TheWeb, id: Id, act: Literal["cancel", "retry", "go-on"]) -> JobValue:
    """What its base may do with it."""
    found = running.any_job(web, id)
    {"cancel": doing.cancel, "retry": doing.again, "go-on": doing.go_on}[act](web, found)
    return job(web, id)


@router.patch("/jobs/{id}", status_code=202, responses=told(404, 409))
def order(web: TheWeb, who: AnOperator, id: Id, said: Order) -> JobValue:
    """Its priority, and when it has to be ready: null takes that back. What is not said stays."""
    fields: dict[str, Any] = {}
    if said.priority is not None:
        fields["priority"] = PRIORITIES[said.priority]
    if "deadline" in said.model_fields_set:
        fields["deadline"] = said.deadline.timestamp() if said.deadline else None
    running.reorder(web, who, running.any_job(web, id), fields)
    return job(web, id)


@router.get("/capsules/{id}", responses=told(404), response_class=FileResponse)
def capsule(web: TheWeb, id: CapsuleId) -> Response:
    """A failure capsule, for `farm replay`."""
    path = running.capsule_file(web, id)
    return FileResponse(path, media_type="application/json", filename=path.name)


@router.get("/bases", responses=told())
def list_bases(web: TheWeb) -> list[BaseSeen]:
    with web.ledger.read() as tx:
        return [base_value(one) for one in bases.every(tx)]


@router.patch("/bases/{base}", responses=told())
def set_base(web: TheWeb, who: AnOperator, base: BaseId, said: BaseSaid) -> BaseSeen:
    """Add a base, or change what is said of it; `paused` begins nothing more of it."""
    fields = said.model_dump(exclude_unset=True, exclude_none=True)
    paused = fields.pop("paused", None)
    found = people.set_base(web, who, base, fields)
    if paused is not None:
        running.pause(web, who, base, paused)
        with web.ledger.read() as tx:
            found = bases.get(tx, base) or found
    return base_value(found)


@router.get("/keys", responses=told())
def list_keys(web: TheWeb) -> list[KeyValue]:
    """Without their secrets, revoked ones too."""
    with web.ledger.read() as tx:
        return [key_value(one) for one in keys.every(tx)]


@router.post("/keys", status_code=201, responses=told())
def new_key(web: TheWeb, who: AnOperator, said: KeySaid) -> KeyMade:
    """The text is told this once."""
    key, text = people.new_key(web, who, Role(said.role), said.base, said.label, said.days)
    return KeyMade(**key_value(key).model_dump(), key=text)


@router.delete("/keys/{id}", status_code=204, responses=told(404))
def revoke(web: TheWeb, who: AnOperator, id: KeyId) -> Response:
    """At once, with every log-in it began."""
    people.revoke(web, who, id)
    return Response(status_code=204)
