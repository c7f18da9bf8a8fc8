"""A plain web server for a folder that does what servers and lines do to a station."""

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from farm.store.names import compressible, type_of


@dataclass(slots=True)
class Behaviour:
    """What the server does; a test changes it while it runs."""

    ranges: bool = True
    """Whether it knows of parts."""
    tags: bool = True
    squeeze: bool = True
    """Whether texts are kept gzip-encoded, as in a bucket."""
    cut_after: int | None = None
    """Bytes of a body after which the connection breaks."""
    answers: Callable[[str], tuple[int, dict[str, str]] | None] = lambda _: None
    """Status and headers in place of what is there."""
    spoil: Callable[[str, bytes], bytes] = lambda _, data: data
    """What becomes of the bytes of an object."""
    asked: list[str] = field(default_factory=list)
    """Paths, in the order they were asked for."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of the same requests."""
    sent: int = 0
    """Bytes of bodies."""


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, Behaviour]]:
    """The address of the folder, and what to change of its server."""
    behaviour = Behaviour()

    class Handler(_Handler):
        pass

    Handler.root, Handler.does = root, behaviour
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    root: Path
    does: Behaviour
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.does.asked.append(path)
        self.does.headers.append(dict(self.headers.items()))
        other = self.does.answers(path)
        if other is not None:
            self._send(other[0], other[1], b"")
            return
        try:
            data = self.does.spoil(path, (self.root / path).read_bytes())
        except OSError:
            self._send(404, {}, b"")
            return
        self._object(path, data)

    def _object(self, path: str, data: bytes) -> None:
        headers = {"Content-Type": type_of(path)}
        if self.does.squeeze and compressible(type_of(path)):
            data = gzip.compress(data, mtime=0)
            headers["Content-Encoding"] = "gzip"
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        if self.does.tags:
            headers["ETag"] = tag
            if self.headers.get("If-None-Match") == tag:
                self._send(304, headers, b"")
                return
        asked = self.headers.get("Range")
        meant = self.headers.get("If-Range") in (None, tag)
        if asked and self.does.ranges and meant:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self._send(416, {}, b"")
                return
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self._send(206, headers, data[start:])
            return
        self._send(200, headers, data)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.does.cut_after
        if cut is not None and len(body) > cut:
            body = body[:cut]
            self.close_connection = True
        self.does.sent += len(body)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence: a test's output is for failures."""

    def handle(self) -> None:
        """A client that closes its connection is no error here."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True
