"""A network between a client and an HTTP server that does what networks and servers do.

Faults come by seed (a share of all requests) or by plan (the next requests a test names), and each
is counted.
"""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)
INTERNAL = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code>'
    b"<Message>We encountered an internal error. Please try again.</Message></Error>"
)
DELAY = 0.2
"""Seconds."""

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


class Fault(Enum):
    ERROR = "500, and the request never reaches the server"
    BUSY = "503 SlowDown, and the request never reaches the server"
    UNHEARD = "the connection ends before the request reaches the server"
    LOST = "the server does it, and the connection ends without an answer"
    LATE_ERROR = "the server does it, and the answer is 500"
    CUT = "the connection ends in the middle of the answer's body"
    SLOW = "the answer is a little late"
    GARBLED = "a byte of what is sent changes on the way"
    LIE = "a lost condition (412) is answered with 200, as by servers that know no conditions"


PASSING = tuple(fault for fault in Fault if fault is not Fault.LIE)
"""What a patient client gets over."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """With the query."""


Picker = Callable[[Request], Fault | None]


class Proxy:
    """What happens to requests is `pick`'s choice; None lets one through."""

    def __init__(self, address: str, pick: Picker) -> None:
        self.url = address
        self.pick = pick
        self.counts: Counter[Fault | None] = Counter()
        self._lock = threading.Lock()

    def choose(self, request: Request) -> Fault | None:
        with self._lock:
            fault = self.pick(request)
            self.counts[fault] += 1
        return fault

    def plan(self, *faults: Fault | None, method: str | None = None, path: str = "") -> None:
        """The next requests of `method` whose path contains `path` meet these, in order."""
        left = list(faults)

        def pick(request: Request) -> Fault | None:
            meant = method in (None, request.method) and path in request.path
            return left.pop(0) if left and meant else None

        with self._lock:
            self.pick = pick


def sometimes(seed: int, share: float, faults: tuple[Fault, ...] = PASSING) -> Picker:
    """A `share` of requests, 0 to 1, meets one of `faults`."""
    chance = random.Random(seed)
    return lambda _: chance.choice(faults) if chance.random() < share else None


def never(_: Request) -> Fault | None:
    return None


@contextmanager
def faulty_proxy(target: str, pick: Picker = never) -> Iterator[Proxy]:
    """A proxy in front of `target` (`http://host:port`), on a free loopback port."""
    host = urlsplit(target).netloc

    class Handler(_Handler):
        server_host = host

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}", pick)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Handler.proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    server_host: str
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.proxy.choose(Request(self.command, self.path))
        match fault:
            case Fault.ERROR:
                self._answer(500, {"Content-Type": "application/xml"}, INTERNAL)
            case Fault.BUSY:
                self._answer(503, {"Content-Type": "application/xml"}, SLOW_DOWN)
            case Fault.UNHEARD:
                self.close_connection = True
            case _:
                self._forward(body, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        # The signature covers Host: the server must see the one the client signed.
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        if fault is Fault.GARBLED and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        connection = http.client.HTTPConnection(self.server_host, timeout=60)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            length = answer.headers.get("Content-Length", str(len(data)))
        finally:
            connection.close()
        match fault:
            case Fault.LOST:
                self.close_connection = True
            case Fault.LATE_ERROR:
                self._answer(500, {"Content-Type": "application/xml"}, INTERNAL)
            case Fault.LIE if answer.status == 412:
                self._answer(200, {"ETag": '"lie"'}, b"")
            case Fault.CUT if len(data) > 1:
                self._answer(answer.status, kept, data[: len(data) // 2], length)
                self.close_connection = True
            case _:
                if fault is Fault.SLOW:
                    time.sleep(DELAY)
                self._answer(answer.status, kept, data, length)

    def _answer(
        self, status: int, headers: dict[str, str], data: bytes, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", length or str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Silence: a test's output is for failures."""

    def handle(self) -> None:
        """A client that closes its connection is no error here."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True
