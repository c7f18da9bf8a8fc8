"""The web application: `create_app` puts it together. It holds no state of its own but the ledger's
and the store's, so that any number of processes may run it beside one ledger."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from farm.ledger.engine import Ledger
from farm.store import Store
from farm.web import api, health, metrics, pages
from farm.web.handing import Desk
from farm.web.limiting import Limiter
from farm.web.metrics import Counted
from farm.web.ports import Service, WebSettings
from farm.web.problems import Problem, add_problems
from farm.web.security import Bounded, Hardened, Numbered, Packed
from farm.web.sessions import Web
from farm.web.tus import Requests, Underway

FOREVER = "public, max-age=31536000, immutable"
UPLOADS = ("/api/uploads",)
AS_IT_IS = ("/store/", "/api/uploads")
SWEEP = 600.0
"""Seconds between looks for uploads that were given up and sessions that ended."""
DESCRIPTION = """\
The courseware farm for programs: hand in recordings, follow their jobs, mend metadata, approve,
release catalogs, run the workers.

Send a key as `Authorization: Bearer KEY`. A base's key opens what is its own, and answers 403 to
everything else. Errors are `application/problem+json` (RFC 9457), in English (`detail`) and Chinese
(`detail_zh`). Moments are ISO 8601, UTC; durations are seconds; sizes are bytes.

Recordings are sent with [tus 1.0](https://tus.io/protocols/resumable-upload) to `/api/uploads`.
"""


def create_app(ledger: Ledger, store: Store, service: Service, settings: WebSettings) -> FastAPI:
    """Pages, API, uploads and media. `settings.state` is made where it is missing.

    `app.state.closing` (a `threading.Event`) is set by who stops the server: streams of events end
    within a second, which would keep it waiting.
    """
    requests = Requests()
    app = FastAPI(
        title="Courseware farm",
        version="1",
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(Numbered),
            Middleware(Hardened, secure=settings.secure),
            Middleware(Bounded, largest=settings.largest_body, but=UPLOADS),
            Middleware(Packed, but=AS_IT_IS),
            Middleware(Underway, requests=requests),
        ],
    )
    limiter, desk = Limiter(settings.rates), Desk(ledger, service, settings)
    app.state.web = Web(ledger, store, service, settings, limiter, desk, requests)
    app.state.counted = Counted(app.state.web)
    app.state.closing = threading.Event()
    add_problems(app)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.include_router(metrics.router)
    app.include_router(health.router)
    app.mount("/static", Static(directory=str(files("farm.web") / "static")), name="static")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


class Static(StaticFiles):
    """Files of the farm: their addresses change with them."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = FOREVER if scope["query_string"] else "no-cache"
        return answer


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.web.desk
    await run_in_threadpool(desk.take_up)
    sweeping = asyncio.create_task(_sweep(desk))
    try:
        yield
    finally:
        app.state.closing.set()
        sweeping.cancel()
        await run_in_threadpool(desk.close)


async def _sweep(desk: Desk) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        await run_in_threadpool(desk.sweep)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """With `Problem`, which routes refer to, and without what FastAPI says of 422 by itself."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=api.TAGS,
        )
        parts = schema.setdefault("components", {})
        schemas = parts.setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "A key of the farm."}
        }
        schema["security"] = [{"key": []}]
        app.openapi_schema = schema
    return app.openapi_schema
