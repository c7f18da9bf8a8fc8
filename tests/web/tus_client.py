"""A client of tus that can lose its line at any byte, and counts what it sends."""

import base64
import fcntl
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}
PIECE = 64 << 10


def metadata(**values: str) -> str:
    """`Upload-Metadata` of these values."""
    return ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items()
    )


@dataclass(slots=True)
class Line:
    """A line to a server, for one upload."""

    port: int
    key: str
    place: str = ""
    sent: int = 0
    """Bytes of bodies, those sent twice counted twice."""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = {**TUS, "Authorization": f"Bearer {self.key}"}

    def begin(self, size: int, **values: str) -> None:
        status, found = self._ask(
            "POST",
            "/api/uploads",
            {"Upload-Length": str(size), "Upload-Metadata": metadata(**values)},
        )
        assert status == 201, (status, found)
        self.place = found["Location"]

    def offset(self) -> int:
        status, found = self._ask("HEAD", self.place, {})
        assert status == 200, (status, found)
        return int(found["Upload-Offset"])

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={**self.headers, **headers})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            connection.close()

    def send(self, data: memoryview, offset: int, stop: int, *, abruptly: bool) -> None:
        """Announces all that is left, sends up to `stop`, and cuts the line: with what is on its
        way (`abruptly`, as when a cable is pulled), or behind it."""
        with self._patching(offset, len(data) - offset) as line:
            # A poor line holds little: what a fast one has in its buffers is no measure here.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
            for start in range(offset, stop, PIECE):
                piece = data[start : min(start + PIECE, stop)]
                line.sendall(piece)
                self.sent += len(piece)
            if stop == len(data):
                answer = line.recv(4096)
                assert answer.startswith(b"HTTP/1.1 204"), answer
            elif abruptly:
                self.sent -= _never_left(line)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @contextmanager
    def hanging(self, data: bytes, announced: int) -> Iterator[socket.socket]:
        """A line on which no more comes than `data`, of so many bytes announced."""
        with self._patching(0, announced) as line:
            line.sendall(data)
            time.sleep(0.1)
            yield line

    @contextmanager
    def _patching(self, offset: int, announced: int) -> Iterator[socket.socket]:
        """A line with the head of a PATCH behind it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            headers = {
                **self.headers,
                **BODY,
                "Host": "farm",
                "Upload-Offset": str(offset),
                "Content-Length": str(announced),
            }
            lines = [f"PATCH {self.place} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
            line.sendall("\r\n".join([*lines, "", ""]).encode())
            yield line


def _never_left(line: socket.socket) -> int:
    """Bytes this machine has not yet put on the line: SIOCOUTQNSD of Linux."""
    found: tuple[int] = struct.unpack("i", fcntl.ioctl(line, 0x894B, b"\0" * 4))
    return found[0]


BROKEN = (OSError, HTTPException)
"""What a client meets while the server is away."""
