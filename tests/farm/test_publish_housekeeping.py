"""What verify finds, and what collect removes and leaves."""

from pathlib import Path

import pytest

from farm.errors import Stale, StoreError
from farm.housekeeping import collect, lessons_of, verify
from farm.pointers import Lease, change_lease, folder_of
from farm.publish import point_to, publish, take_fence
from farm.store import Store
from farm.store.folder import FolderStore
from tests.farm.lessons import LESSON, make_lesson, media_of, read_whole, upload

FOLDER = folder_of(LESSON)
NOW = -1.0
"""A grace that everything has outlived."""


def publish_all(store: Store, *versions: str) -> None:
    for version in versions:
        publish(store, LESSON, upload(store, version), take_fence(store, LESSON))


def names(store: Store) -> set[str]:
    return {info.name.removeprefix(FOLDER) for info in store.list(FOLDER)}


def test_published_lessons_are_listed(store: Store) -> None:
    publish_all(store, "first")
    store.put("lessons/other-1/media/0-0123456789ab.m4s", b"x", type="video/iso.segment")
    assert lessons_of(store) == (LESSON,)


def test_a_lesson_that_is_not_published(store: Store) -> None:
    (fault,) = verify(store, LESSON, deep=False)
    assert "not published" in fault


@pytest.mark.parametrize("deep", [False, True])
def test_verify_names_every_fault(store: Store, deep: bool) -> None:
    publish_all(store, "first")
    shared, first, second = (FOLDER + path for path in media_of("first"))
    store.delete(shared)
    store.put(first, b"x" * 500, type="video/iso.segment")
    store.put(second, b"cut", type="video/iso.segment")
    faults = verify(store, LESSON, deep=deep)
    assert [fault.split()[0] for fault in faults] == [shared, first, second]
    assert "missing" in faults[0]
    assert "damaged" in faults[1]


def test_a_bit_that_rots_on_the_disk_is_found(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path)
    publish_all(folder, "first")
    path = tmp_path / FOLDER / next(iter(media_of("first")))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    for deep in (False, True):
        (fault,) = verify(folder, LESSON, deep=deep)
        assert "damaged" in fault


@pytest.mark.parametrize("name", ["releases/1.json", "lesson.json"])
def test_verify_of_a_damaged_manifest(store: Store, name: str) -> None:
    publish_all(store, "first")
    store.put(FOLDER + name, b"{}", type="application/json")
    (fault,) = verify(store, LESSON, deep=False)
    assert FOLDER + name in fault


def test_verify_of_another_release_under_the_same_number(store: Store) -> None:
    publish_all(store, "first")
    data = store.get(FOLDER + "releases/1.json").data
    store.put(FOLDER + "releases/1.json", data.replace(b"first", b"fIrst"), type="application/json")
    (fault,) = verify(store, LESSON, deep=False)
    assert "not what lesson.json points to" in fault


def test_collect_keeps_the_current_release_and_the_one_before(store: Store) -> None:
    publish_all(store, "first", "second", "third")
    before = names(store)
    done = collect(store, LESSON, grace=NOW)
    assert done.releases == (1,)
    own = set(media_of("first")) - set(media_of("third"))
    gone = before - names(store)
    assert gone > own | {"releases/1.json"}
    assert done.objects == len(gone) - 1
    assert done.bytes > 0
    assert read_whole(store) == "third"
    assert verify(store, LESSON, deep=True) == ()
    point_to(store, LESSON, 2, take_fence(store, LESSON))
    assert read_whole(store) == "second"


def test_collect_keeps_what_is_new(store: Store) -> None:
    publish_all(store, "first", "second", "third")
    upload(store, "fourth")
    before = names(store)
    done = collect(store, LESSON, keep=1)
    assert (done.releases, done.objects) == ((), 0)
    assert names(store) == before


def test_collect_removes_what_nobody_named(store: Store) -> None:
    publish_all(store, "first")
    before = names(store)
    upload(store, "never published")
    assert collect(store, LESSON, grace=NOW).objects == 2
    assert names(store) == before


def test_collect_after_a_step_back_keeps_the_current_one(store: Store) -> None:
    publish_all(store, "first", "second", "third")
    point_to(store, LESSON, 1, take_fence(store, LESSON))
    assert collect(store, LESSON, keep=2, grace=NOW).releases == (2,)
    assert read_whole(store) == "first"


def test_collect_of_an_unpublished_lesson_touches_nothing(store: Store) -> None:
    upload(store, "first")
    before = names(store)
    assert collect(store, LESSON, grace=NOW).objects == 0
    assert names(store) == before | {"lease.json"}


def test_a_run_that_began_before_a_collection_is_sent_back(store: Store) -> None:
    publish_all(store, "first")
    fence = take_fence(store, LESSON)
    made = upload(store, "second")
    collect(store, LESSON)
    with pytest.raises(Stale):
        publish(store, LESSON, made, fence)
    assert read_whole(store) == "first"


def test_no_run_begins_during_a_collection_and_the_next_one_clears_up(store: Store) -> None:
    publish_all(store, "first")
    change_lease(store, LESSON, lambda lease: Lease(lease.fence + 1, collecting=lease.fence + 1))
    with pytest.raises(StoreError, match="farm collect"):
        take_fence(store, LESSON)
    collect(store, LESSON)
    publish(store, LESSON, make_lesson("first"), take_fence(store, LESSON))


def test_the_same_run_puts_back_what_is_missing_of_its_texts(store: Store) -> None:
    publish_all(store, "first")
    for name in names(store):
        if name.endswith(".m3u8"):
            store.delete(FOLDER + name)
    assert verify(store, LESSON, deep=False)
    publish_all(store, "first")
    assert verify(store, LESSON, deep=False) == ()
    assert read_whole(store) == "first"


def test_the_same_run_says_what_has_rotted(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path)
    publish_all(folder, "first")
    path = tmp_path / FOLDER / next(iter(media_of("first")))
    path.write_bytes(b"!" + path.read_bytes()[1:])
    with pytest.raises(StoreError, match=rf"{path.name} is damaged.*Remove what is damaged"):
        publish(folder, LESSON, make_lesson("first"), take_fence(folder, LESSON))
