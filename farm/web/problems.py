"""Errors as they are answered: problem JSON (RFC 9457) to programs, a page to people."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from farm.errors import FarmError
from farm.web.rendering import page
from farm.web.sorry import Sorry, Unauthorised

PROBLEM = "application/problem+json"
SEE_OTHER = 303

_ZH = {
    400: "请求不完整或有误。",
    404: "没有这个页面。",
    405: "不支持这种操作。",
    413: "提交的内容过大。",
    415: "不支持这种内容类型。",
    429: "请求过于频繁，请稍后再试。",
    500: "系统内部出错，请稍后再试；如仍出错，请把编号告诉运维人员。",
}

log = logging.getLogger(__name__)


class Problem(BaseModel):
    """RFC 9457: what is wrong, and the way out."""

    type: str = Field("about:blank", examples=["about:blank"])
    title: str = Field(examples=["Forbidden"])
    status: int = Field(examples=[403])
    detail: str = Field(examples=["Your key does not open this; ask the office for one that does."])
    detail_zh: str = Field(examples=["您的密钥无权查看或操作这项内容。"])
    errors: list[str] = Field(default_factory=list, description="Each fault of what was handed in.")
    request: str = Field(description="The request's id, as it is in the log.")


_TOLD = {
    400: "The request is not one that can be understood.",
    401: "No key or session, or one that is no longer good.",
    403: "The key does not open this.",
    404: "There is no such thing.",
    409: "It does not go with the state things are in now.",
    413: "The body is too large.",
    422: "What was handed in cannot be understood.",
    429: "Too many requests; `Retry-After` says when to try again.",
    503: "The ledger or the store does not answer; try again later.",
    507: "There is no room on the disk.",
}


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: these errors, and those that every route may answer."""
    every = sorted({400, 401, 403, 413, 422, 429, 503, *statuses})
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _TOLD[status], "content": content} for status in every}


def add_problems(app: FastAPI) -> None:
    """Every error of the application leaves it in one of the two forms."""

    @app.exception_handler(Sorry)
    async def sorry(request: Request, error: Sorry) -> Response:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        phrase = str(error.detail)
        zh = _ZH.get(error.status_code, "请求没有成功。")
        return answer(request, Sorry(error.status_code, zh, phrase, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def unclear(request: Request, error: RequestValidationError) -> Response:
        return answer(request, _unclear(error))

    @app.exception_handler(FarmError)
    async def farm(request: Request, error: FarmError) -> Response:
        log.warning("request failed: %s", error)
        zh = "台账或存储暂时无法使用，请稍后再试。"
        return answer(request, Sorry(503, zh, str(error), headers={"Retry-After": "10"}))

    @app.exception_handler(Exception)
    async def other(request: Request, _error: Exception) -> Response:
        en = "Something went wrong inside; try again, and tell an operator the number if it stays."
        return answer(request, Sorry(500, _ZH[500], en))


def _unclear(error: RequestValidationError) -> Sorry:
    faults = tuple(
        f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
    )
    return Sorry(
        422,
        "填写的内容有误，请按提示修改。",
        "Something that was handed in cannot be understood; mend it as it is told.",
        errors=faults,
    )


def is_program(request: Request) -> bool:
    """Whether the one who asks reads JSON."""
    return request.url.path.startswith(("/api/", "/metrics"))


def answer(request: Request, error: Sorry) -> Response:
    number = getattr(request.state, "request", "")
    if is_program(request):
        problem = Problem(
            type="about:blank",
            title=_phrase(error.status),
            status=error.status,
            detail=error.en,
            detail_zh=error.zh,
            errors=list(error.errors),
            request=number,
        )
        return JSONResponse(problem.model_dump(), error.status, error.headers, PROBLEM)
    if isinstance(error, Unauthorised):
        return _to_log_in(request, error)
    return page(
        request,
        "error.html",
        status=error.status,
        headers=error.headers,
        values={"error": error, "number": number},
    )


def _to_log_in(request: Request, error: Sorry) -> Response:
    """Pages lead to the log-in and back; a part of one (htmx) has the whole page led there."""
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": "/login"})
    if request.method not in ("GET", "HEAD") or request.url.path.startswith("/store/"):
        return Response(error.en, error.status, error.headers, "text/plain")
    path = request.url.path
    return RedirectResponse("/login" if path == "/" else f"/login?next={path}", SEE_OTHER)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
