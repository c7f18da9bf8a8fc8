"""Where a library is read from: a web server or public bucket, or a folder."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote, unquote, urlsplit

import httpx

from farm.errors import NotFound, StoreError

POINTER = "catalog/catalog.json"
REDIRECTS = 5
BLOCK = 64 << 10
"""Bytes read at once of a file."""
TIMEOUT = httpx.Timeout(60.0, connect=20.0)
"""Seconds without a byte; a shared line of 64 kb/s may be silent for long."""
GONE = (403, 404, 410)
"""A bucket that may not be listed refuses what is not there."""
AGAIN = (408, 425, 429, 500, 502, 503, 504)


class Faltering(StoreError):
    """It may work a little later."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
        """Seconds the server asked to wait."""


class Unfit(Faltering):
    """What came before cannot be gone on with: it has to come from the start."""


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    """Relative to the library."""
    start: int = 0
    """First byte that is missing, of the body as it is sent."""
    validator: str | None = None
    """Of the body the bytes before `start` are of; None: whatever it is, the hash will tell."""
    tag: str | None = None
    """Of the version that is known."""
    squeezed: bool = False
    """Whether gzip is welcome."""
    fresh: bool = False
    """Past every cache."""


@dataclass(frozen=True, slots=True)
class Answer:
    start: int
    """Where the body begins: as asked, or 0."""
    encoding: str
    """`gzip` or empty."""
    tag: str | None
    """For the next time."""
    validator: str | None
    """For going on; None where the server has none that may be used so."""
    chunks: Iterator[bytes]


class Source(Protocol):
    """Raises NotFound, Faltering, and StoreError for what waiting does not mend."""

    @property
    def url(self) -> str: ...

    def open(self, asked: Asked) -> AbstractContextManager[Answer | None]:
        """None where `tag` is still the current version."""
        ...

    def close(self) -> None: ...


def source_of(url: str, connections: int) -> "HttpSource | FolderSource":
    """Raises StoreError where the address is none a station can read."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment):
        return HttpSource(url, connections)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return FolderSource(Path(_base(unquote(parts.path))))
    if "://" not in url and Path(_base(url)).is_dir():
        return FolderSource(Path(_base(url)))
    raise StoreError(
        f"{url!r} 不是课件库的网址或文件夹，请写成 https://lessons.example.cn/ 这样。 "
        "It is not the address of a library; write it as https://lessons.example.cn/ "
        "or give a folder."
    )


def _base(url: str) -> str:
    return url.removesuffix(POINTER) or "."


class HttpSource:
    def __init__(self, url: str, connections: int) -> None:
        self.url = _base(url).rstrip("/") + "/"
        self._home = httpx.URL(self.url)
        self._client = httpx.Client(
            # To load the authorities takes longer than to learn that nothing is new.
            verify=self._home.scheme == "https",
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=connections + 1),
            headers={"User-Agent": "courseware-station"},
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def open(self, asked: Asked) -> Iterator[Answer | None]:
        try:
            response = self._sent(asked)
        except httpx.TransportError as error:
            raise Faltering(_unheard(self.url, error)) from error
        try:
            yield self._answer(asked, response)
        finally:
            response.close()

    def _sent(self, asked: Asked) -> httpx.Response:
        request = self._client.build_request(
            "GET", self.url + quote(asked.path), headers=_headers(asked)
        )
        for _ in range(REDIRECTS):
            response = self._client.send(request, stream=True)
            if response.next_request is None:
                return response
            response.close()
            request = response.next_request
            if _origin(request.url) != _origin(self._home):
                raise StoreError(
                    f"课件库要转到别的网址 {request.url}，没有跟随；请核对目录地址。 The library "
                    f"redirects elsewhere, to {request.url}, which was not followed; check the "
                    "address."
                )
        raise StoreError(
            f"课件库 {self.url} 不停地转址；请核对目录地址。 "
            "The library redirects in circles; check the address."
        )

    def _answer(self, asked: Asked, response: httpx.Response) -> Answer | None:
        status = response.status_code
        if status == httpx.codes.NOT_MODIFIED and asked.tag:
            return None
        if status in GONE:
            raise NotFound(
                f"课件库里没有 {asked.path}；请稍后再同步。 The library has no {asked.path}; sync "
                "again later."
            )
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise Unfit("The library has no such part; sync again later.")
        if status in AGAIN:
            raise Faltering(
                f"课件库 {self.url} 暂时不能用（{status}）；请稍后再同步。 The library answers "
                f"{status}; sync again later.",
                _seconds(response.headers.get("Retry-After")),
            )
        if status not in (200, 206):
            raise StoreError(
                f"课件库 {self.url} 对 {asked.path} 的回答是 {status}；请核对目录地址。 "
                f"The library answers {status} for {asked.path}; check the address."
            )
        etag = response.headers.get("ETag")
        strong = etag if etag and not etag.startswith("W/") else None
        return Answer(
            start=_start(response) if status == httpx.codes.PARTIAL_CONTENT else 0,
            encoding=_encoding(asked, response),
            tag=etag,
            validator=strong or response.headers.get("Last-Modified"),
            chunks=self._chunks(response),
        )

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        try:
            # As they come: blocks of one size would keep back what came before a line broke.
            yield from response.iter_raw()
        except httpx.TransportError as error:
            raise Faltering(_unheard(self.url, error)) from error


def _headers(asked: Asked) -> dict[str, str]:
    headers = {"Accept-Encoding": "gzip" if asked.squeezed else "identity"}
    if asked.tag:
        headers["If-None-Match"] = asked.tag
    if asked.start:
        headers["Range"] = f"bytes={asked.start}-"
        if asked.validator:
            headers["If-Range"] = asked.validator
    if asked.fresh:
        headers["Cache-Control"] = "no-cache"
    return headers


def _encoding(asked: Asked, response: httpx.Response) -> str:
    encoding: str = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return ""
    if encoding in ("gzip", "x-gzip"):
        return "gzip"
    raise StoreError(
        f"{asked.path} 以 {encoding} 编码发来，本站不认识；请核对服务器设置。 It comes encoded as "
        f"{encoding}, which a station does not know; check the server."
    )


def _start(response: httpx.Response) -> int:
    """0 where the server does not say what it sent a part of."""
    unit, _, told = response.headers.get("Content-Range", "").partition(" ")
    first = told.partition("-")[0]
    if unit != "bytes" or not first.isdecimal():
        raise Unfit("The library sent a part and does not say of what; sync again later.")
    return int(first)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _unheard(url: str, error: httpx.TransportError) -> str:
    reason = str(error) or type(error).__name__
    return (
        f"连不上课件库 {url}（{reason}）；请检查线路后再同步，会接着上次继续。 "
        "The library cannot be reached; check the line and sync again: it goes on where it stopped."
    )


class FolderSource:
    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self.url = self._root.as_uri() + "/"

    def close(self) -> None:
        """Nothing is held."""

    @contextmanager
    def open(self, asked: Asked) -> Iterator[Answer | None]:
        try:
            file = (self._root / asked.path).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound(
                f"{self._root} 里没有 {asked.path}；请核对目录地址。 "
                f"There is no {asked.path} in it; check the address."
            ) from error
        except OSError as error:
            raise self._unreadable(asked.path, error) from error
        with file:
            found = os.fstat(file.fileno())
            tag = f'"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"'
            if tag == asked.tag:
                yield None
                return
            start = asked.start if asked.validator == tag else 0
            file.seek(start)
            yield Answer(start, "", tag, tag, self._chunks(asked.path, file))

    def _chunks(self, path: str, file: BinaryIO) -> Iterator[bytes]:
        try:
            yield from iter(lambda: file.read(BLOCK), b"")
        except OSError as error:
            raise self._unreadable(path, error) from error

    def _unreadable(self, path: str, error: OSError) -> StoreError:
        return StoreError(
            f"{self._root / path} 无法读取（{error.strerror}）；请检查磁盘后再同步。 "
            f"{path} cannot be read ({error.strerror}); check that disk and sync again."
        )
