"""The door: log in with a key, and out."""

import time
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from farm.ledger import sessions
from farm.web.navigation import home_of
from farm.web.problems import SEE_OTHER
from farm.web.rendering import page
from farm.web.sessions import (
    Anybody,
    TheWeb,
    address_of,
    check_origin,
    checked_key,
    forget,
    keep,
)
from farm.web.sorry import Sorry

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(who: Anybody) -> Response:
    return RedirectResponse(home_of(who.role), SEE_OTHER)


@router.get("/login")
def door(request: Request) -> Response:
    return page(request, "login.html", {"sorry": None, "next": _inside(request)})


@router.post("/login")
def log_in(request: Request, web: TheWeb, key: Annotated[str, Form(max_length=400)]) -> Response:
    check_origin(request)
    try:
        found = checked_key(web, key.strip(), address_of(request))
    except Sorry as sorry:
        values = {"sorry": sorry, "next": _inside(request)}
        return page(request, "login.html", values, status=sorry.status, headers=sorry.headers)
    with web.ledger.begin() as tx:
        cookie, _ = sessions.begin(tx, found.id, time.time())
    answer = RedirectResponse(_inside(request) or home_of(found.role.value), SEE_OTHER)
    keep(request, answer, cookie)
    return answer


@router.post("/logout")
def log_out(request: Request, web: TheWeb, who: Anybody) -> Response:
    if who.session:
        with web.ledger.begin() as tx:
            sessions.end(tx, who.session)
    answer = RedirectResponse("/login?said=out", SEE_OTHER)
    forget(request, answer)
    return answer


def _inside(request: Request) -> str:
    """Where to go after the log-in: a path of ours, never another site's."""
    path = request.query_params.get("next", "")
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain and path.isprintable() else ""
