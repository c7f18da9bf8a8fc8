"""Stores to test against: a folder, a real S3 server, and that server over a bad network."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.store import Store
from farm.store.folder import FolderStore
from farm.store.s3 import S3Store
from tests.faulty_proxy import Proxy, faulty_proxy, sometimes
from tests.seaweed import Seaweed, environment, seaweed

PAUSE = 0.01
"""Seconds: a bad network on loopback is over it soon."""


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def proxy(s3_server: Seaweed) -> Iterator[Proxy]:
    """In front of the server; a test says what it does."""
    with faulty_proxy(s3_server.endpoint) as made:
        yield made


def use(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    for key, value in environment(endpoint).items():
        monkeypatch.setenv(key, value)


@pytest.fixture
def s3_store(s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """An empty corner of the bucket."""
    use(monkeypatch, s3_server.endpoint)
    return S3Store(f"{s3_server.url}/{uuid.uuid4().hex}", large=6 << 20, pause=PAUSE)


@pytest.fixture
def proxied_store(proxy: Proxy, s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    use(monkeypatch, proxy.url)
    return S3Store(f"{s3_server.url}/{uuid.uuid4().hex}", large=6 << 20, pause=PAUSE)


@pytest.fixture(params=["folder", "s3", "s3-bad-network"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each kind of store, empty."""
    if request.param == "folder":
        return FolderStore(tmp_path / "library")
    if request.param == "s3":
        clean: S3Store = request.getfixturevalue("s3_store")
        return clean
    bad: S3Store = request.getfixturevalue("proxied_store")
    network: Proxy = request.getfixturevalue("proxy")
    network.pick = sometimes(seed=11, share=0.15)
    return bad
