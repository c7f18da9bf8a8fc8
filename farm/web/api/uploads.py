"""tus 1.0 over HTTP: https://tus.io/protocols/resumable-upload.

The file's length is the offset, see `farm.web.tus`; a row of the ledger says whose it is.
"""

import json
import re
import time
from email.utils import formatdate
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from farm.ledger.model import Upload
from farm.ledger.states import Priority, UploadState
from farm.model import clean_title
from farm.web import doing
from farm.web.api.base import Id, give_up
from farm.web.handing import Told
from farm.web.problems import told
from farm.web.sessions import ABase, TheWeb, Web
from farm.web.sorry import Sorry, Unclear
from farm.web.tus import (
    ALGORITHMS,
    BODY,
    EXTENSIONS,
    VERSION,
    checksum_of,
    let_go,
    metadata_of,
    receive,
    room_for,
)

router = APIRouter(prefix="/uploads", tags=["uploads"], default_response_class=Response)

PLACES = "/api/uploads"
_HEX = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"\d{1,16}")
PRIORITIES = {"normal": Priority.NORMAL, "stock": Priority.STOCK}
"""What a base may ask for; what is urgent is for operators to say."""

Version = Annotated[
    str, Header(alias="Tus-Resumable", json_schema_extra={"enum": [VERSION]}, examples=[VERSION])
]
_OFFSET = {"Upload-Offset": {"schema": {"type": "integer"}, "description": "Bytes that are here."}}
_GONE: dict[int | str, dict[str, Any]] = {
    410: {"description": "It was given up, or left for too long; begin anew."}
}
_TUS: dict[int | str, dict[str, Any]] = {
    412: {"description": f"Tus-Resumable is not {VERSION}."},
    **_GONE,
}


def _tus(version: str) -> None:
    if version != VERSION:
        raise Sorry(
            412,
            f"只支持 tus {VERSION}。",
            f"This server speaks tus {VERSION}; send Tus-Resumable: {VERSION}.",
            headers={"Tus-Version": VERSION},
        )


def _answer(status: int, upload: Upload, web: Web, **headers: str) -> Response:
    expires = time.time() + web.settings.upload_days * 86400
    common = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    if upload.state is UploadState.RECEIVING:
        common["Upload-Expires"] = formatdate(expires, usegmt=True)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status_code=status, headers={**common, **named})


@router.options("", status_code=204, openapi_extra={"security": []})
def abilities(web: TheWeb) -> Response:
    """What this server can do."""
    return Response(
        status_code=204,
        headers={
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(web.settings.largest_upload),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@router.post(
    "",
    status_code=201,
    responses={
        **told(409, 507),
        **_TUS,
        201: {
            "description": "It may be sent.",
            "headers": {"Location": {"schema": {"type": "string"}}, **_OFFSET},
        },
    },
)
async def begin(
    request: Request,
    web: TheWeb,
    who: ABase,
    version: Version,
    length: Annotated[str, Header(alias="Upload-Length", examples=["1048576"])],
    metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            description="`filename`; and, where they are known, `folder` (relative, as the base "
            "has it), `sha256` (hex), `modified` (epoch seconds), `priority` (`normal` or "
            "`stock`), `deadline` (epoch seconds), `asked` (JSON: metadata, profiles, burn, "
            "go_on), `replaces` (a job). Values in base64.",
            examples=["filename bGVjdHVyZS5tcDQ="],
        ),
    ],
    checksum: Annotated[str | None, Header(alias="Upload-Checksum")] = None,
) -> Response:
    """Begin to send a file. A recording becomes a job once it is whole; captions (`.srt`, `.vtt`,
    `.ass`) and sidecars (`.toml`, `.json`) go with the recording of their name and folder."""
    _tus(version)
    if not _NUMBER.fullmatch(length):
        raise Sorry(400, "缺少文件大小。", "Upload-Length should be the file's size in bytes.")
    size = int(length)
    _bounded(web, size)
    said = metadata_of(metadata)
    name, folder = _place(said)
    what = await run_in_threadpool(_told, web, who, said)
    await run_in_threadpool(room_for, web.settings.uploads, size, web.settings.spare_disk)
    upload = await run_in_threadpool(web.desk.begin, who.base, name, folder, size, what)
    offset = 0
    if request.headers.get("Content-Type") == BODY:
        offset = await _receive(request, web, upload, 0, checksum)
    elif size == 0:
        await run_in_threadpool(web.desk.progressed, upload, 0)
    return _answer(201, upload, web, Location=f"{PLACES}/{upload.id}", Upload_Offset=str(offset))


def _bounded(web: Web, size: int) -> None:
    if size > web.settings.largest_upload:
        most = web.settings.largest_upload >> 30
        raise Sorry(
            413,
            f"文件过大，最大允许 {most} GB；请剪成几段后分别上传。",
            f"The file is too large; at most {most} GiB are taken, so cut it into parts.",
            headers={"Tus-Max-Size": str(web.settings.largest_upload)},
        )


def _place(said: dict[str, str]) -> tuple[str, str]:
    """Name and folder, as they are shown: nothing on the disk is ever called so."""
    whole = said.get("relativePath") or said.get("filename") or said.get("name") or ""
    parts = [clean_title(part) for part in re.split(r"[/\\]", whole)]
    parts = [part for part in parts if part not in ("", ".", "..")]
    if not parts:
        raise Unclear(("filename: give the file's name. 缺少文件名。",))
    above = [clean_title(part) for part in re.split(r"[/\\]", said.get("folder", ""))]
    folders = [part for part in above if part not in ("", ".", "..")] or parts[:-1]
    name = PurePosixPath(parts[-1]).name or "recording"
    return name, "/".join(folders)[:400]


def _told(web: Web, who: ABase, said: dict[str, str]) -> Told:
    """Raises Unclear with every fault, Forbidden where it would replace another base's job."""
    faults = []
    sha256 = said.get("sha256", "").lower() or None
    if sha256 and not _HEX.fullmatch(sha256):
        faults.append("sha256: it should be 64 hex digits. sha256 应为 64 位十六进制。")
    priority = PRIORITIES.get(said.get("priority", "normal"))
    if priority is None:
        faults.append("priority: it should be normal or stock. 优先级应为 normal 或 stock。")
    moments = {}
    for name in ("modified", "deadline"):
        text = said.get(name, "")
        try:
            moments[name] = float(text) if text else None
            if moments[name] is not None and not 0 <= float(text) < 1e11:
                raise ValueError(text)
        except ValueError:
            faults.append(f"{name}: it should be seconds since 1970. 时间应为 1970 年以来的秒数。")
    asked: Any = {}
    try:
        asked = json.loads(said.get("asked") or "{}")
    except (ValueError, RecursionError):
        faults.append("asked: it should be JSON. asked 应为 JSON。")
    if faults:
        raise Unclear(tuple(faults))
    replaces = said.get("replaces") or None
    return Told(
        asked=doing.understood(web, asked),
        sha256=sha256,
        priority=priority or Priority.NORMAL,
        deadline=moments["deadline"],
        modified=moments["modified"],
        replaces=doing.own_job(web, who, replaces).id if replaces else None,
    )


@router.head(
    "/{id}",
    responses={**told(404), **_TUS, 200: {"description": "How much is here.", "headers": _OFFSET}},
)
async def where(web: TheWeb, who: ABase, id: Id, version: Version) -> Response:
    """Where to go on. Another request that still sends it has to let go."""
    _tus(version)
    upload = await run_in_threadpool(doing.own_upload, web, who, id)
    offset = await _offset(web, upload)
    size = str(upload.size)
    return _answer(200, upload, web, Upload_Offset=str(offset), Upload_Length=size)


async def _offset(web: Web, upload: Upload) -> int:
    if upload.state in (UploadState.CHECKING, UploadState.WHOLE):
        return upload.size
    here = await let_go(web.desk.path(upload.id), web.requests)
    if here is None or upload.state is not UploadState.RECEIVING:
        raise _gone()
    if here >= upload.size:
        # The server ended after the last byte, before it said so.
        await run_in_threadpool(web.desk.progressed, upload, here)
    return here


@router.patch(
    "/{id}",
    status_code=204,
    responses={
        **told(404, 409, 507),
        **_TUS,
        204: {"description": "It is here.", "headers": _OFFSET},
        415: {"description": f"Content-Type is not {BODY}."},
        423: {"description": "Another request sends it."},
        460: {"description": "The checksum differs; nothing of this part was kept."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {BODY: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def go_on(
    request: Request,
    web: TheWeb,
    who: ABase,
    id: Id,
    version: Version,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0)],
    checksum: Annotated[str | None, Header(alias="Upload-Checksum")] = None,
) -> Response:
    """Send more of it, from its offset on. What came before a line was cut is kept."""
    _tus(version)
    if request.headers.get("Content-Type") != BODY:
        raise Sorry(415, "内容类型不对。", f"Content-Type should be {BODY}.")
    upload = await run_in_threadpool(doing.own_upload, web, who, id)
    if upload.state is not UploadState.RECEIVING:
        if upload.state in (UploadState.CHECKING, UploadState.WHOLE) and offset == upload.size:
            return _answer(204, upload, web, Upload_Offset=str(upload.size))
        raise _gone()
    after = await _receive(request, web, upload, offset, checksum)
    return _answer(204, upload, web, Upload_Offset=str(after))


async def _receive(
    request: Request, web: Web, upload: Upload, offset: int, checksum: str | None
) -> int:
    length = request.headers.get("Content-Length", "0")
    announced = int(length) if length.isdigit() else 0
    if offset + announced > upload.size:
        raise Sorry(413, "数据超出文件大小。", "There is more than was announced.")
    await run_in_threadpool(
        room_for, web.settings.uploads, upload.size - offset, web.settings.spare_disk
    )
    expected = checksum_of(checksum)
    path = web.desk.path(upload.id)
    try:
        after = await receive(
            request.stream(), path, offset, upload.size, expected, request.app.state.closing
        )
    except FileNotFoundError as error:
        raise _gone() from error
    await run_in_threadpool(web.desk.progressed, upload, after)
    return after


@router.delete("/{id}", status_code=204, responses={**told(404, 409), **_TUS})
def drop(web: TheWeb, who: ABase, id: Id, version: Version) -> Response:
    """Give it up."""
    _tus(version)
    give_up(web, who, id)
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


def _gone() -> Sorry:
    return Sorry(
        410,
        "上传已过期或已删除，请重新上传。",
        "The upload is gone, or was left for too long; begin anew.",
    )
