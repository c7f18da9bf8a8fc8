"""What happens, as it happens, for programs: server-sent events of JSON."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from farm.ledger import events
from farm.web import doing
from farm.web.api.models import JOB
from farm.web.live import LONGEST, Told, stream
from farm.web.live import told as event_line
from farm.web.problems import told
from farm.web.sessions import ABase, TheWeb
from farm.web.values import event_value

router = APIRouter(tags=["events"])
MOST = 500
"""Events sent at once; those after them follow within a second."""


@router.get(
    "/events",
    response_class=Response,
    responses={
        **told(404),
        200: {
            "description": "`text/event-stream`: each event's `id` is its number, its `event` its "
            "kind, its `data` an EventValue.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
def watch(
    request: Request,
    web: TheWeb,
    who: ABase,
    job: Annotated[
        str | None,
        Query(pattern="^[0-9a-f]{32}$", description="Of this job alone.", examples=[JOB]),
    ] = None,
    after: Annotated[
        int | None, Query(ge=0, description="From there on; else from now on.")
    ] = None,
    seconds: Annotated[float, Query(gt=0, le=LONGEST, description="How long.")] = LONGEST,
    last: Annotated[int | None, Header(alias="Last-Event-ID", ge=0)] = None,
) -> Response:
    """Events of the base: a new state, progress, findings. A line that was cut is taken up by
    `Last-Event-ID`, as browsers do by themselves."""
    if job is not None:
        doing.own_job(web, who, job)
    base = who.base
    seen = last if last is not None else after
    if seen is None:
        with web.ledger.read() as tx:
            seen = events.last_id(tx)
    at = [seen]

    def look() -> Told:
        with web.ledger.read() as tx:
            found = events.after(tx, at[0], MOST, base, job)
        if found:
            at[0] = found[-1].id
        return tuple(
            event_line(event_value(one).model_dump_json(), event=one.kind, id=one.id)
            for one in found
        )

    return stream(request, look, longest=seconds)
