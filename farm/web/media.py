"""Objects of the store, for those who may see them: what a player plays and a person downloads.

From a folder they are sent in ranges. From S3, what players fetch comes through this server, for
a page may talk to no other; large files are led to the bucket itself, by an address that is good
for an hour.
"""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from farm.errors import NotFound, StoreError
from farm.ledger.states import Role
from farm.store import Store
from farm.store.folder import FolderStore
from farm.store.names import CHECK_FIRST, cache_of, checked, type_of
from farm.store.s3_link import Linking
from farm.web.doing import base_of
from farm.web.sessions import Anybody, TheWeb, Who
from farm.web.sorry import Forbidden, Missing

router = APIRouter(include_in_schema=False)

THROUGH = 32 << 20
"""Bytes up to which an object of S3 comes through this server."""
LINK = 3600
"""Seconds an address of the bucket is good for."""
SHOWN = ("lessons/", "courses/", "catalog/")
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""What a lesson brings along runs nothing here, whatever it is."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@router.get("/store/{name:path}")
@router.head("/store/{name:path}")
def media(
    request: Request,
    web: TheWeb,
    who: Anybody,
    name: str,
    save_as: Annotated[str | None, Query(alias="as", max_length=200)] = None,
) -> Response:
    """`as`: the name under which it is saved, instead of being shown."""
    _entitled(who, name)
    headers = {
        "Content-Security-Policy": POLICY,
        # Whose it is is asked every time, also of what never changes.
        "Cache-Control": "private, " + cache_of(name).removeprefix("public, "),
        "Vary": "Cookie, Authorization",
    }
    if cache_of(name) == CHECK_FIRST:
        headers["Cache-Control"] = "private, no-cache"
    if save_as:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(save_as, safe='')}"
    try:
        checked(name)
    except StoreError as error:
        raise Missing from error
    if isinstance(web.store, FolderStore):
        return _of_folder(web.store, name, headers)
    return _of_bucket(request, web.store, name, headers)


def _entitled(who: Who, name: str) -> None:
    """A base: media of its own lessons; the office: all that is published or waits for it."""
    if who.key.role is Role.OFFICE and name.startswith(SHOWN):
        return
    parts = name.split("/")
    own = len(parts) > 2 and parts[0] == "lessons" and base_of(parts[1]) == who.key.base
    if who.key.role is not Role.BASE or not own or ".." in parts:
        raise Forbidden


def _of_folder(store: FolderStore, name: str, headers: dict[str, str]) -> Response:
    path = Path(store.url, name)
    if not path.is_file() or not path.resolve().is_relative_to(Path(store.url).resolve()):
        raise Missing
    return FileResponse(path, headers=headers, media_type=_type(name))


def _of_bucket(request: Request, store: Store, name: str, headers: dict[str, str]) -> Response:
    info = store.head(name)
    if info is None:
        raise Missing
    if info.size > THROUGH and isinstance(store, Linking):
        link = store.link(name, LINK, headers.get("Content-Disposition"))
        return RedirectResponse(link, 307, {"Cache-Control": "no-store"})
    try:
        data = store.get(name).data
    except NotFound as error:
        raise Missing from error
    return _ranged(request, data, name, headers)


def _ranged(request: Request, data: bytes, name: str, headers: dict[str, str]) -> Response:
    """One range, as players ask for it; of others, and of none, the whole."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not match or not any(match.groups()):
        return Response(data, 200, headers, _type(name))
    first, last = match.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    stop = min(int(last) + 1 if first and last else len(data), len(data))
    if start >= stop:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return Response(data[start:stop], 206, headers, _type(name))


def _type(name: str) -> str:
    kind = type_of(name)
    readable = kind.startswith("text/") or kind in ("application/json", "application/xml")
    return f"{kind}; charset=utf-8" if readable else kind
