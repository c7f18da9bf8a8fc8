"""A library folder over HTTP on this machine alone: what `farm watch` opens.

It serves what a web server or a bucket would serve to viewers (`catalog/` and `lessons/`), with the
same types, ranges and cross-origin headers, and nothing else of the disk.
"""

import gzip
import os
import socket
import stat
import threading
import webbrowser
from pathlib import Path

import click
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from farm.errors import FarmError, StoreError
from farm.store.names import cache_of, checked, compressible, type_of

SHOWN = ("catalog/", "courses/", "lessons/")
HOME = "/catalog/index.html"


def watch(library: Path, *, port: int = 8000, browse: bool = True) -> None:
    """Serve until it is stopped (Ctrl-C). Raises FarmError where the port is taken or there is
    nothing to show."""
    if not (library / HOME.lstrip("/")).is_file():
        raise FarmError(f"There is no catalog in {library}; publish a recording with farm run.")
    with _listening(port) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{HOME}"
        click.echo(f"{url}  (Ctrl-C to stop)")
        server = uvicorn.Server(uvicorn.Config(app(library), log_level="warning", lifespan="off"))
        if browse:
            threading.Timer(0.5, webbrowser.open, [url]).start()
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            click.echo("Stopped.")


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    # A server that was just stopped leaves its port in a state that only this lets be taken.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise FarmError(
            f"Port {port} cannot be used ({error.strerror}); choose another one with --port."
        ) from error
    return listener


def app(library: Path) -> Starlette:
    """The application: GET and HEAD of the library's objects."""
    root = library.resolve()

    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_answer, root, request)

    anywhere = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        allow_headers=["*"],
        expose_headers=["Content-Length", "Content-Range", "Accept-Ranges", "ETag"],
    )
    route = Route("/{path:path}", answer, methods=["GET", "HEAD"])
    return Starlette(routes=[route], middleware=[anywhere])


def _answer(root: Path, request: Request) -> Response:
    name = request.path_params["path"]
    if name in ("", "catalog", "catalog/"):
        return RedirectResponse(HOME)
    path = _file(root, name)
    if path is None:
        return PlainTextResponse("Not found\n", 404)
    found = path.stat()
    packed = _wants_packed(request, name)
    headers = {
        "ETag": f'"{found.st_mtime_ns:x}-{found.st_size:x}{"-gz" if packed else ""}"',
        "Cache-Control": cache_of(name),
        "X-Content-Type-Options": "nosniff",
    }
    if compressible(type_of(name)):
        headers["Vary"] = "Accept-Encoding"
    if headers["ETag"] in _tags(request.headers.get("If-None-Match", "")):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
        return Response(gzip.compress(path.read_bytes(), mtime=0), 200, headers, _type(name))
    return FileResponse(path, headers=headers, media_type=_type(name), stat_result=found)


def _file(root: Path, name: str) -> Path | None:
    """The regular file a name stands for; None for anything else, wherever a link leads."""
    try:
        checked(name)
        path = (root / name).resolve(strict=True)
    except (StoreError, OSError, RuntimeError):  # the last is pathlib's for links in a circle
        return None
    inside = path.is_relative_to(root) and name.startswith(SHOWN)
    shown = inside and path.relative_to(root).as_posix().startswith(SHOWN)
    return (
        path if shown and stat.S_ISREG(path.stat().st_mode) and os.access(path, os.R_OK) else None
    )


def _wants_packed(request: Request, name: str) -> bool:
    asked = request.headers.get("Accept-Encoding", "")
    accepted = {part.split(";")[0].strip() for part in asked.split(",") if "q=0" not in part}
    return "gzip" in accepted and "Range" not in request.headers and compressible(type_of(name))


def _tags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def _type(name: str) -> str:
    kind = type_of(name)
    readable = kind.startswith("text/") or kind in ("application/json", "application/xml")
    return f"{kind}; charset=utf-8" if readable else kind
