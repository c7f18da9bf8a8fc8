"""`farm office`: from a library to a signed catalog and back, on the command line alone."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from farm.catalog import POINTER
from farm.cli.office import office
from farm.errors import Distrusted, Unkeyed
from farm.signing import load_key, public_text
from farm.store.folder import FolderStore
from tests.farm.office.library import hold, lesson_id, links


def run(*words: object) -> Result:
    made = CliRunner().invoke(office, [str(one) for one in words])
    if made.exception and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    hold(FolderStore(folder), 0, "first")
    hold(FolderStore(folder), 1, "first")
    assert "has an office" in run("enable", "--store", folder).output
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "office.pem"
    run("key", path)
    return path


def number(library: Path) -> int:
    value = json.loads(FolderStore(library).get(POINTER).data)
    assert value["signed"]["signatures"]
    return int(value["release"])


def test_a_key_is_made_once_and_shown_again(tmp_path: Path) -> None:
    path = tmp_path / "office.pem"
    made = run("key", path)
    assert public_text(load_key(path).public) in made.output
    assert run("key", path, "--show").output == made.output
    with pytest.raises(Unkeyed, match="exists"):
        run("key", path)


def test_a_catalog_is_looked_at_released_renewed_and_taken_back(library: Path, key: Path) -> None:
    store = FolderStore(library)
    assert "2 added, 0 changed, 0 withdrawn" in run("diff", "--store", library).output
    assert store.head(POINTER) is None
    said = run("release", "--key", key, "--only", lesson_id(0), "--store", library).output
    assert "1 added" in said
    assert "Catalog release 1, signing 1" in said
    assert links(store, 2) == {lesson_id(0): 1}
    hold(store, 0, "second")
    said = run("release", "--key", key, "--store", library).output
    assert "1 added, 1 changed, 0 withdrawn" in said
    assert links(store, 2) == {lesson_id(0): 2, lesson_id(1): 1}
    assert "signing 3" in run("renew", "--key", key, "--days", 7, "--store", library).output
    run("release", "--key", key, "--withdraw", lesson_id(1), "--store", library)
    assert links(store, 2) == {lesson_id(0): 2}
    said = run("back", 1, "--key", key, "--store", library).output
    assert "Catalog release 4" in said
    assert links(store, 2) == {lesson_id(0): 1}
    assert number(library) == 4
    assert "0 with faults" in run("settle", "--everything", "--store", library).output


def test_a_lost_key_is_replaced_when_it_is_said(library: Path, key: Path, tmp_path: Path) -> None:
    run("release", "--key", key, "--store", library)
    new = tmp_path / "new.pem"
    run("key", new)
    with pytest.raises(Distrusted, match="--key-lost"):
        run("renew", "--key", new, "--store", library)
    run("renew", "--key", new, "--retiring", key, "--store", library)
    run("renew", "--key", new, "--store", library)
    third = tmp_path / "third.pem"
    run("key", third)
    run("release", "--key", third, "--key-lost", "--store", library)
    assert number(library) == 2


def test_mistakes_are_usage_errors(library: Path, key: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    hold(FolderStore(plain), 0, "first")
    for words in (
        ("release", "--store", library),
        ("release", "--key", key, "--store", plain),
        ("release", "--key", key, "--only", "nobody-1", "--store", library),
        ("release", "--key", key, "--withdraw", lesson_id(0), "--store", library),
    ):
        assert run(*words).exit_code == 2
    assert FolderStore(library).head(POINTER) is None
