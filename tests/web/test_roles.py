"""Each role against each other's pages and API calls: 403, always; 401 without a key."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from farm.web.app import create_app
from tests.web.house import Server

KEYS = {"base": "changsha", "office": "office", "operator": "operator"}
SHARED = ("/login", "/logout", "/", "/healthz", "/metrics", "/api/v1/me", "/api/openapi.json")
"""For everybody, or with a rule of their own."""
VALUES = {
    "id": "0" * 32,
    "base": "changsha",
    "number": "1",
    "act": "cancel",
    "kind": "picture",
    "what": "months",
    "name": "lessons/hengyang-000000000000/media/x.ts",
}
SPECIAL = {
    ("/api/v1/lessons", "id"): "changsha-000000000000",
    ("/api/v1/office/lessons", "id"): "changsha-000000000000",
    ("/api/v1/operator/keys", "id"): "0" * 12,
}


def owner_of(path: str) -> str:
    for role in ("office", "operator"):
        if path.startswith((f"/{role}", f"/api/v1/{role}")):
            return role
    return "base"


def filled(path: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        special = [
            one for (start, key), one in SPECIAL.items() if key == name and path.startswith(start)
        ]
        return special[0] if special else VALUES[name]

    return re.sub(r"\{([^}]+)\}", value, path)


def routes(server: Server) -> Iterator[tuple[str, str]]:
    home = server.house
    app = create_app(home.ledger, home.store, home.service, home.settings)
    for route in _all(app):
        if route.path not in SHARED and not route.path.startswith("/store/"):
            for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
                yield method, route.path


def _all(app: Any) -> Iterator[Any]:
    """Routers keep their own routes, under the paths they were included with."""
    for one in app.routes:
        if hasattr(one, "effective_route_contexts"):
            yield from one.effective_route_contexts()


def ask(client: httpx.Client, method: str, path: str) -> int:
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": "filename YQ=="}
    headers = {**tus, "Upload-Offset": "0"} if "uploads" in path else {}
    with client.stream(method, path, headers=headers) as answer:
        return answer.status_code


def test_no_role_opens_another_ones_door(server: Server) -> None:
    asked = 0
    for method, path in routes(server):
        owner = owner_of(path)
        for role, key in KEYS.items():
            if role == owner:
                continue
            with server.client(key) as client:
                status = ask(client, method, filled(path))
            assert status == 403, (role, method, path, status)
            asked += 1
    assert asked > 100


def test_nobody_comes_in_without_a_key(server: Server) -> None:
    with server.client() as client:
        for method, path in routes(server):
            page = not path.startswith("/api/")
            status = ask(client, method, filled(path))
            assert status in ((303, 401, 403) if page else (401,)), (method, path, status)


@pytest.mark.parametrize("name", ["lessons/hengyang-000000000000/media/x.ts", "catalog/x.json"])
def test_media_of_others_is_not_shown_to_a_base(server: Server, name: str) -> None:
    with server.client("changsha") as client:
        assert ask(client, "GET", f"/store/{name}") == 403
