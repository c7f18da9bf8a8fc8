"""A store with an office: what is remembered of it, and what refuses to publish there."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farm.catalog import enter, enter_course, rebuild
from farm.errors import StoreError
from farm.housekeeping import collect, verify
from farm.publish import publish, take_fence
from farm.settings import (
    NAME,
    OfficeStore,
    Settings,
    library_of,
    make_office,
    read_settings,
    with_public_url,
)
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.course import course_id
from manifests.model import CourseEntry
from tests.farm.lessons import LESSON, hold, upload
from tests.farm_run import FARM


def test_a_library_has_one_id_whoever_asks_first(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: library_of(store), range(8)))
    assert len(found) == 1
    assert found == {read_settings(store).library}


def test_libraries_have_different_ids(tmp_path: Path) -> None:
    stores = [FolderStore(tmp_path / str(n)) for n in range(2)]
    assert library_of(stores[0]) != library_of(stores[1])


def test_an_office_is_remembered_beside_everything_else(store: Store) -> None:
    assert read_settings(store) == Settings()
    with_public_url(store, "https://lessons.example.org/")
    made = make_office(store)
    assert make_office(store) == made == read_settings(store)
    assert made == Settings("https://lessons.example.org/", None, True, library_of(store))
    with_public_url(store, "")
    assert read_settings(store).office


def test_a_library_without_an_office_says_nothing_of_one(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with_public_url(store, "https://lessons.example.org/")
    assert set(json.loads(store.get(NAME).data)) == {"format", "public_url", "pages"}


@pytest.mark.parametrize(("field", "value"), [("office", 1), ("library", "x"), ("library", 7)])
def test_settings_that_cannot_be_right_are_refused(
    tmp_path: Path, field: str, value: object
) -> None:
    store = FolderStore(tmp_path)
    make_office(store)
    wrong = json.loads(store.get(NAME).data) | {field: value}
    store.put(NAME, json.dumps(wrong).encode(), type="application/json")
    with pytest.raises(StoreError, match="damaged"):
        read_settings(store)


def test_no_catalog_is_written_past_the_office(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    entry = publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON)).entry
    make_office(store)
    course = CourseEntry(course_id("蔬菜"), 1, "蔬菜", ())
    for act in (
        lambda: enter(store, entry),
        lambda: enter_course(store, course),
        lambda: rebuild(store),
    ):
        with pytest.raises(OfficeStore):
            act()
    assert not list(store.list("catalog/releases/"))
    hold(store, "second")
    assert verify(store, LESSON, deep=True) == ()
    assert collect(store, LESSON).releases == ()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office's, with a lesson of a course from before there was one."""
    folder = tmp_path_factory.mktemp("office")
    store = FolderStore(folder / "library")
    publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON))
    make_office(store)
    (folder / "lecture.mp4").write_bytes(b"never looked at")
    (folder / "table.csv").write_text("file,base\nlecture.mp4,changsha\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "words", [("run", "lecture.mp4"), ("import", "table.csv", "--run"), ("catalog",)]
)
def test_commands_that_publish_point_to_the_doors(library: Path, words: tuple[str, ...]) -> None:
    before = listing(library)
    done = farm(library, *words)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "farm submit" in done.stderr
    assert "省中心" in done.stderr
    assert listing(library) == before


@pytest.mark.parametrize("words", [("verify",), ("collect",)])
def test_commands_that_keep_house_work(library: Path, words: tuple[str, ...]) -> None:
    done = farm(library, *words)
    assert done.returncode == 0, done.stderr
    assert LESSON in done.stdout


def farm(library: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(FARM), *words, "--store", "library"]
    return subprocess.run(
        command, cwd=library, capture_output=True, text=True, timeout=60, check=False
    )


def listing(library: Path) -> list[str]:
    return sorted(str(path) for path in library.rglob("*") if ".store" not in path.parts)
