"""A ledger of each kind, empty, for every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.ledger import Ledger, bases, jobs, open_ledger
from farm.ledger.model import Base, Job
from farm.ledger.schema import metadata
from tests.postgres import Postgres


@pytest.fixture(scope="session")
def file_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated, to be copied."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    open_ledger(str(path)).close()
    return path


@pytest.fixture(scope="session")
def server_ledger(postgres_server: Postgres) -> str:
    """A migrated database, to be the template of others."""
    name = postgres_server.create()
    open_ledger(postgres_server.url(name)).close()
    return name


@pytest.fixture(scope="module")
def server_url(postgres_server: Postgres, server_ledger: str) -> Iterator[str]:
    """Of a migrated database that the tests of a module share, one after the other."""
    name = postgres_server.create(server_ledger)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a ledger with its tables and nothing in them."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("file_ledger"), path)
        yield f"sqlite:///{path}"
        return
    shared: str = request.getfixturevalue("server_url")
    yield shared
    ledger = open_ledger(shared)
    with ledger.begin() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(table.delete())
    ledger.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a ledger that nobody has opened."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """With two bases, `nj` and `xa`, and nothing else."""
    opened = open_ledger(url)
    with opened.begin() as tx:
        bases.add(tx, Base("nj", "Nanjing", "南京", created=1.0))
        bases.add(tx, Base("xa", "Xi'an", "西安", created=2.0, weight=2.0))
    yield opened
    opened.close()


@pytest.fixture
def job(ledger: Ledger) -> str:
    """Its id; of `nj`, received."""
    with ledger.begin() as tx:
        return jobs.add(tx, a_job("job")).id


def a_job(id: str, base: str = "nj", created: float = 10.0, **fields: object) -> Job:
    values = {"name": "番茄", "path": f"incoming/{id}.mp4", "size": 1000, **fields}
    return Job(id=id, base=base, created=created, **values)  # type: ignore[arg-type]
