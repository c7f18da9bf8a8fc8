"""The service's API over HTTP: asked plainly, its errors told as sentences."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from farm.errors import FarmError

PATIENCE = httpx.Timeout(30.0, connect=10.0)
AWAY = frozenset({0, 408, 429, 502, 503, 504})
"""Codes of a service that may be back soon: it is being started again, or a proxy says so."""
WAITED = 120.0
"""Seconds a service that is away is waited for."""
PAUSE = 2.0
"""Seconds between two tries meanwhile."""
REFUSED, STORE = 2, 5
"""Exit statuses: what was asked cannot be; the service cannot be reached, or fails."""


class ServiceError(FarmError):
    """The service did not do what it was asked; `code` is its HTTP status, 0 where it is away."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = REFUSED if 400 <= code < 500 and code not in AWAY else STORE


class Api:
    """One service, asked with one key. Close it, or use it as a context."""

    def __init__(self, server: str, key: str) -> None:
        """Raises ServiceError where either cannot be what it should."""
        if not (key.isascii() and key.isprintable()):
            raise ServiceError("That is no key; copy it again from where it was made.", 401)
        self._server = server.rstrip("/")
        self._whose = "_".join(key.split("_")[:2])
        try:
            self._client = httpx.Client(
                base_url=self._server,
                headers={"Authorization": f"Bearer {key}"},
                timeout=PATIENCE,
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ServiceError(
                f"{server!r} is no address of a service; give it as https://host.", 400
            ) from error

    @property
    def server(self) -> str:
        return self._server

    @property
    def whose(self) -> str:
        """The part of the key that is no secret."""
        return self._whose

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        """JSON. Raises ServiceError; so do the others."""
        return self._json(self.ask("GET", path, params=_said(query)))

    def me(self) -> dict[str, Any]:
        """Whose key it is: `role`, `base`, `label`."""
        found = self.get("/api/v1/me")
        if not isinstance(found, dict) or "role" not in found:
            raise self._stranger()
        return found

    def patiently(self, path: str) -> Any:
        """As `get`, asked again while the service is being started again."""
        deadline = time.monotonic() + WAITED
        while True:
            try:
                return self.get(path)
            except ServiceError as error:
                if error.code not in AWAY or time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)

    def post(self, path: str, value: Any = None) -> Any:
        return self._json(self.ask("POST", path, json=value))

    def put(self, path: str, value: Any) -> Any:
        return self._json(self.ask("PUT", path, json=value))

    def patch(self, path: str, value: Any) -> Any:
        return self._json(self.ask("PATCH", path, json=value))

    def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """An answer that is not an error. Raises ServiceError."""
        try:
            answer = self._client.request(method, path, **sent)
        except httpx.UnsupportedProtocol as error:
            raise ServiceError(
                f"{self._server!r} is no address of a service; give it as https://host.", 400
            ) from error
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise ServiceError(
                f"The service at {self._server} cannot be reached ({why}); try again later. "
                "暂时无法连接服务器，请稍后重试。"
            ) from error
        if answer.is_error:
            raise ServiceError(_sentence(answer), answer.status_code)
        return answer

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise self._stranger() from error

    def _stranger(self) -> ServiceError:
        return ServiceError(f"What answers at {self._server} is not the service; check --server.")


def _said(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _sentence(answer: httpx.Response) -> str:
    """What a problem of the API says: https://www.rfc-editor.org/rfc/rfc9457."""
    try:
        value = answer.json()
        told = " ".join(filter(None, (value.get("detail"), value.get("detail_zh"))))
        more = "; ".join(map(str, value.get("errors") or ()))
        sentence = " ".join(filter(None, (told or value.get("title"), more)))
    except (ValueError, AttributeError):
        sentence = ""
    return sentence or f"The service answered {answer.status_code}; try again later."
