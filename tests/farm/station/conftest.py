"""A library of three lessons, made once."""

import shutil
from pathlib import Path

import pytest

from farm.store.folder import FolderStore
from tests.farm.station.libraries import Library, library


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Released; not to be changed."""
    made = library(tmp_path_factory.mktemp("office") / "library")
    for number in range(3):
        made.publish(number, f"第 {number} 课")
    made.release()
    return made


@pytest.fixture
def office(three: Library, tmp_path: Path) -> Library:
    """A copy of it, to be changed."""
    shutil.copytree(three.store.url, tmp_path / "library")
    return Library(FolderStore(tmp_path / "library"), three.key, dict(three.lessons))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a station."""
    return tmp_path / "station"
