"""Who asks: a key in a header, or the session of a browser that logged in with one."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from farm.ledger import keys, sessions
from farm.ledger.engine import Ledger
from farm.ledger.model import Key
from farm.ledger.states import Role
from farm.store import Store
from farm.web.handing import Desk
from farm.web.limiting import Limiter
from farm.web.ports import Service, WebSettings
from farm.web.sorry import Forbidden, Unauthorised
from farm.web.tus import Requests

COOKIE = "farm_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Web:
    """What every request may need: `request.app.state.web`."""

    ledger: Ledger
    store: Store
    service: Service
    settings: WebSettings
    limiter: Limiter
    desk: Desk
    """Where uploads become jobs."""
    requests: Requests
    """Of uploads, that are under way here."""


@dataclass(frozen=True, slots=True)
class Who:
    """The one who asks."""

    key: Key
    csrf: str = ""
    """Of the session; empty where the key itself was sent."""
    session: str | None = None
    """Its id; None where the key itself was sent."""

    @property
    def role(self) -> str:
        return self.key.role.value

    @property
    def base(self) -> str:
        """Of a base's key alone. Raises Forbidden for another role's."""
        if self.key.role is not Role.BASE or self.key.base is None:
            raise Forbidden
        return self.key.base

    @property
    def by(self) -> str:
        """As decisions and notes name them."""
        return self.key.label or self.key.id


def web_of(request: Request) -> Web:
    found: Web = request.app.state.web
    return found


TheWeb = Annotated[Web, Depends(web_of)]


def public_part(text: str) -> str:
    """The id in a key, of bounded length: what attempts are counted by, and logs may show."""
    return "_".join(text.split("_")[:2])[:48]


def bearer(request: Request) -> str | None:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" and text.strip() else None


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def checked_key(web: Web, text: str, address: str) -> Key:
    """The key, where it is good. Raises Unauthorised, and 429 after too many that were not."""
    shown = public_part(text)
    web.limiter.may_log_in(address, shown)
    now = time.time()
    with web.ledger.read() as tx:
        key = keys.find(tx, text, now)
    if key is None:
        web.limiter.log_in_failed(address, shown)
        raise Unauthorised(
            "密钥无效、已过期或已撤销，请核对后重新输入。",
            "The key is not good, or no longer; check it and try again.",
        )
    if keys.due(key, now):
        with web.ledger.begin() as tx:
            keys.note_use(tx, key.id, now)
    return key


async def who_asks(request: Request) -> Who:
    """The key in the header, or else the session. Raises Unauthorised where there is neither;
    Forbidden where a session changes something without its token."""
    web = web_of(request)
    text = bearer(request)
    if text is not None:
        who = Who(await run_in_threadpool(checked_key, web, text, address_of(request)))
    else:
        who = await _with_session(request, web)
    request.state.who = who
    upload = request.url.path.startswith("/api/uploads")
    if request.url.path.startswith("/api/"):
        web.limiter.may_ask(who.key.id, upload=upload)
    return who


async def _with_session(request: Request, web: Web) -> Who:
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Unauthorised
    who = await run_in_threadpool(_found, web, cookie)
    if who is None:
        raise Unauthorised("登录已过期，请重新登录。", "The session has ended; log in again.")
    if request.method not in SAFE:
        request.state.who = who
        await check_csrf(request, who.csrf)
    return who


def _found(web: Web, cookie: str) -> Who | None:
    now = time.time()
    with web.ledger.read() as tx:
        found = sessions.look(tx, cookie, now)
    if found is None:
        return None
    session, key = found
    if sessions.due(session, now):
        with web.ledger.begin() as tx:
            sessions.note_seen(tx, session.id, now)
            keys.note_use(tx, key.id, now)
    return Who(key, session.csrf, session.id)


def still_entitled(request: Request) -> bool:
    """Whether the one who asked would still be let in: for answers that last."""
    web, now = web_of(request), time.time()
    who: Who = request.state.who
    with web.ledger.read() as tx:
        if who.session:
            return sessions.look(tx, request.cookies.get(COOKIE, ""), now) is not None
        key = keys.get(tx, who.key.id)
    return key is not None and keys.valid(key, now)


async def check_csrf(request: Request, expected: str) -> None:
    """The token in a header, or in a form's field. Raises Forbidden."""
    check_origin(request)
    given = request.headers.get(CSRF_HEADER, "")
    kind = request.headers.get("Content-Type", "")
    if not given and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        field = (await request.form()).get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise Forbidden(
            "页面已过期，请刷新后重试。", "The page is out of date; load it again and repeat that."
        )


def check_origin(request: Request) -> None:
    """Raises Forbidden where another site's page sent this. Browsers say so, programs need not:
    https://www.w3.org/TR/fetch-metadata/."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    foreign = site in ("cross-site", "same-site")
    if site is None and origin is not None:
        foreign = urlsplit(origin).netloc != request.headers.get("Host")
    if foreign:
        raise Forbidden("请求来自其他网站。", "This was sent by another site's page.")


Anybody = Annotated[Who, Depends(who_asks)]


def require(*roles: Role) -> Callable[[Who], Who]:
    """A dependency: the one who asks, where the key is of one of these roles. Raises Forbidden."""

    def entitled(who: Anybody) -> Who:
        if who.key.role not in roles:
            raise Forbidden
        return who

    return entitled


ABase = Annotated[Who, Depends(require(Role.BASE))]
TheOffice = Annotated[Who, Depends(require(Role.OFFICE))]
AnOperator = Annotated[Who, Depends(require(Role.OPERATOR))]


def keep(request: Request, answer: Response, cookie: str) -> None:
    """The browser keeps the session until it is closed; it ends by itself in the ledger."""
    answer.set_cookie(
        COOKIE, cookie, httponly=True, samesite="lax", secure=is_secure(request), path="/"
    )


def forget(request: Request, answer: Response) -> None:
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=is_secure(request), path="/")


def is_secure(request: Request) -> bool:
    return web_of(request).settings.secure or request.url.scheme == "https"
