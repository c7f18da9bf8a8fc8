"""What verify finds and collect keeps where an office approves lessons and releases catalogs."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from farm.errors import StoreError
from farm.held import hide, reject, release_to
from farm.housekeeping import all_lessons, collect, lessons_of, verify
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.settings import make_office
from farm.shown import shown_releases
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.catalog import catalog_json
from manifests.course import course_id
from manifests.model import CatalogEntry, CourseEntry, Pointer
from manifests.release import pointer_json
from tests.farm.lessons import LESSON, hold, media_of, read_held, read_whole, upload

FOLDER = folder_of(LESSON)
NOW = -1.0
"""A grace that everything has outlived."""


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "library")
    make_office(store)
    return store


def release(store: Store, number: int) -> None:
    release_to(store, LESSON, number, take_fence(store, LESSON))


def releases(store: Store) -> list[int]:
    names = (info.name for info in store.list(FOLDER + "releases/"))
    return sorted(int(name.rpartition("/")[2].removesuffix(".json")) for name in names)


def list_in_catalog(
    store: Store, number: int, entries: Sequence[CatalogEntry], courses: Sequence[CourseEntry] = ()
) -> None:
    """As an office's release does, without its signature."""
    path = f"releases/{number}.json"
    data = catalog_json(entries, number, number - 1 or None, courses)
    store.put(f"catalog/{path}", data, type="application/json")
    pointer = Pointer("catalog", number, path, "0" * 64, 0)
    store.put("catalog/catalog.json", pointer_json(pointer), type="application/json")


def test_lessons_that_only_wait_are_found(store: Store) -> None:
    hold(store, "first")
    assert (lessons_of(store), all_lessons(store)) == ((), (LESSON,))


def test_what_waits_is_verified_too(store: Store) -> None:
    publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON))
    hold(store, "second")
    assert verify(store, LESSON, deep=True) == ()
    missing = next(path for path in media_of("second") if path not in media_of("first"))
    store.delete(FOLDER + missing)
    (fault,) = verify(store, LESSON, deep=False)
    assert missing in fault


def test_a_held_release_that_was_tampered_with_is_found(folder: FolderStore) -> None:
    hold(folder, "first")
    name = FOLDER + "releases/1.json"
    data = folder.get(name).data.replace(b'"title":"first"', b'"title":"fIrst"')
    folder.put(name, data, type="application/json")
    (fault,) = verify(folder, LESSON, deep=False)
    assert "not what waiting.json points to" in fault


def test_what_waits_or_was_approved_is_never_collected(store: Store) -> None:
    for version in ("first", "second", "third"):
        hold(store, version)
    assert collect(store, LESSON, keep=1, grace=NOW).releases == ()
    release(store, 1)
    assert collect(store, LESSON, keep=1, grace=NOW).releases == ()
    assert (read_whole(store), read_held(store)) == ("first", "third")
    release(store, 2)
    assert collect(store, LESSON, keep=1, grace=NOW).releases == (1,)
    assert (read_whole(store), read_held(store)) == ("second", "third")
    assert verify(store, LESSON, deep=True) == ()


def test_what_was_rejected_is_collected_with_its_objects(folder: FolderStore) -> None:
    hold(folder, "first")
    release(folder, 1)
    before = {info.name for info in folder.list(FOLDER)}
    hold(folder, "second")
    reject(folder, LESSON, 2)
    assert collect(folder, LESSON).releases == ()
    assert collect(folder, LESSON, grace=NOW).releases == (2,)
    assert {info.name for info in folder.list(FOLDER)} == before | {FOLDER + "lease.json"}
    assert (read_whole(folder), verify(folder, LESSON, deep=True)) == ("first", ())


def test_a_rejected_first_release_is_collected(folder: FolderStore) -> None:
    hold(folder, "first")
    reject(folder, LESSON, 1)
    assert collect(folder, LESSON, grace=NOW).releases == (1,)
    left = {info.name.removeprefix(FOLDER) for info in folder.list(FOLDER)}
    assert left == {"lease.json", "waiting.json"}
    assert hold(folder, "first").release == 2


def test_a_withdrawn_lesson_keeps_what_it_has(folder: FolderStore) -> None:
    hold(folder, "first")
    release(folder, 1)
    hide(folder, LESSON)
    assert collect(folder, LESSON, keep=1, grace=NOW).releases == ()
    release(folder, 1)
    assert read_whole(folder) == "first"


def test_the_playlists_of_releases_that_are_gone_go_too(store: Store) -> None:
    """Of three releases with three playlists, the last two are kept."""
    for version in ("first", "second", "third"):
        publish(store, LESSON, upload(store, version), take_fence(store, LESSON))
    collect(store, LESSON, grace=NOW)
    kept = [info.name for info in store.list(FOLDER + "master-")]
    assert len(kept) == 2
    assert read_whole(store) == "third"


def test_what_the_last_ten_catalogs_name_stays(folder: FolderStore) -> None:
    for number in range(1, 13):
        entry = hold(folder, f"version {number}").entry
        release(folder, number)
        list_in_catalog(folder, number, [entry])
    assert shown_releases(folder) == {LESSON: frozenset(range(3, 13))}
    assert collect(folder, LESSON, keep=1, grace=NOW).releases == (1, 2)
    assert releases(folder) == list(range(3, 13))
    release(folder, 3)
    assert read_whole(folder) == "version 3"


def test_discs_that_catalogs_name_stay(folder: FolderStore) -> None:
    course = CourseEntry(course_id("蔬菜"), 4, "蔬菜", ())
    list_in_catalog(folder, 1, [], [course])
    assert shown_releases(folder) == {f"courses/{course.id}": frozenset({4})}


def test_without_an_office_catalogs_keep_nothing(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    list_in_catalog(store, 1, [hold(store, "first").entry])
    assert shown_releases(store) == {}


@pytest.mark.parametrize("damage", ["catalog.json", "releases/1.json"])
def test_nothing_is_collected_where_a_catalog_does_not_read(
    folder: FolderStore, damage: str
) -> None:
    first = hold(folder, "first").entry
    list_in_catalog(folder, 1, [first])
    list_in_catalog(folder, 2, [first])
    folder.put(f"catalog/{damage}", b"{", type="application/json")
    before = [info.name for info in folder.list("lessons/")]
    with pytest.raises(StoreError, match=damage):
        collect(folder, LESSON, keep=1, grace=NOW)
    assert [info.name for info in folder.list("lessons/")] == before
