"""Templates to pages: the environment they are in, and what they are told of the one who reads."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from farm.web import shown
from farm.web.navigation import menu_of
from farm.web.words import SAID, words


@lru_cache(1)
def environment() -> Environment:
    found = Environment(
        loader=PackageLoader("farm.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        bytes=shown.size, clock=shown.clock, hours=shown.hours, span=shown.span, ago=shown.ago
    )
    found.filters.update(
        until=shown.until, day=shown.day, moment=shown.moment, number=shown.number, iso=shown.iso
    )
    found.globals.update(static=static, words=words)
    return found


@lru_cache(256)
def static(name: str) -> str:
    """The address of a file of `static/`, which changes with the file: browsers keep it."""
    found = files("farm.web").joinpath("static", *name.split("/"))
    mark = sha256(found.read_bytes()).hexdigest()[:12] if found.is_file() else "missing"
    return f"/static/{name}?{mark}"


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A whole page, or with htmx a part of one: what `template` makes of `values`.

    It is told besides: `who` (None: not logged in), `csrf`, `menu`, `here` (the path), `said` (a
    message of `words.SAID` or None), `settings` and `now` (epoch seconds).
    """
    html = fragment(request, template, values)
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return HTMLResponse(html, status, kept)


def fragment(request: Request, template: str, values: Mapping[str, Any]) -> str:
    """Text only, for a stream of events."""
    who = getattr(request.state, "who", None)
    path = request.url.path
    common = {
        "who": who,
        "csrf": who.csrf if who else "",
        "menu": menu_of(who.role, path) if who else (),
        "here": path,
        "said": SAID.get(request.query_params.get("said", "")),
        "settings": request.app.state.web.settings,
        "now": datetime.now(UTC).timestamp(),
    }
    return environment().get_template(template).render({**common, **values})
