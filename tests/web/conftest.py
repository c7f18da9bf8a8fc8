from collections.abc import Iterator

import pytest

from tests.web.house import Server, house, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A web of its own for each module of tests."""
    with house(tmp_path_factory.mktemp("house")) as made, serving(made) as running:
        yield running
