"""What every answer carries, how large a request may be, and its id: plain ASGI middlewares."""

import re
import secrets
import time
from collections.abc import Iterable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        # hls.js plays through MediaSource, whose addresses are blobs, and works in a worker of one.
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""https://www.w3.org/TR/CSP3/: no script, style or frame but our own files."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
HSTS = "max-age=31536000"
_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger("farm.web")


class Hardened:
    """Adds the headers above to every answer."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure or scope.get("scheme") == "https":
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self._app(scope, receive, hardened)


class Numbered:
    """Gives each request an id, in its answer and in every line it logs; tells how it ended, also
    to the application's `counted` (`farm.web.metrics`)."""

    def __init__(self, app: ASGIApp, quiet: Iterable[str] = ("/static/", "/healthz")) -> None:
        self._app = app
        self._quiet = tuple(quiet)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        number = given if _NUMBER.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request"] = number
        began = time.monotonic()
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = number
            await send(message)

        with structlog.contextvars.bound_contextvars(request=number):
            try:
                await self._app(scope, receive, counted)
            finally:
                seconds = time.monotonic() - began
                route = getattr(scope.get("route"), "path", "none")
                scope["app"].state.counted.saw(route, status, seconds)
                if not scope["path"].startswith(self._quiet):
                    spent = round(1000 * seconds, 1)
                    log.info(
                        "answered",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        ms=spent,
                    )


class TooLarge(HTTPException):
    """Such as it is, it passes through whoever reads the body, and becomes an answer."""

    def __init__(self) -> None:
        super().__init__(413, "What was sent is too large; send recordings as uploads.")


class Bounded:
    """Bodies up to a number of bytes, but for uploads, which have a limit of their own."""

    def __init__(self, app: ASGIApp, largest: int, but: tuple[str, ...]) -> None:
        self._app = app
        self._largest = largest
        self._but = but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._but):
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdigit() or int(told) > self._largest:
            await _too_large(scope)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise TooLarge
            return message

        await self._app(scope, counted, send)


def _too_large(scope: Scope) -> JSONResponse:
    value = {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": "What was sent is too large; send recordings as uploads.",
        "detail_zh": "提交的内容过大；录像请通过上传功能提交。",
        "errors": [],
        "request": scope.get("state", {}).get("request", ""),
    }
    return JSONResponse(value, 413, {"Connection": "close"}, media_type="application/problem+json")


class Packed:
    """gzip, but for what is packed already or asked for in ranges."""

    def __init__(self, app: ASGIApp, but: tuple[str, ...]) -> None:
        self._app = app
        self._packing = GZipMiddleware(app, minimum_size=800, compresslevel=6)
        self._but = but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = scope["type"] != "http" or scope["path"].startswith(self._but)
        await (self._app if plain else self._packing)(scope, receive, send)
