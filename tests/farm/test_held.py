"""Lessons that wait for the office: nothing of them is shown before it says so."""

from pathlib import Path

import pytest

from farm.catalog import enter, rebuild
from farm.errors import NotFound, Overtaken, Stale, StoreError
from farm.held import hide, reject, release_to, waiting_release
from farm.housekeeping import verify
from farm.pointers import folder_of, newest_release, read_pointers
from farm.publish import publish, settle, take_fence
from farm.store import Store
from farm.store.folder import FolderStore
from tests.farm.lessons import (
    LESSON,
    hold,
    make_lesson,
    media_of,
    read_held,
    read_whole,
    retitled,
    upload,
)
from tests.farm.recording_store import RecordingStore

FOLDER = folder_of(LESSON)


def publish_version(store: Store, version: str) -> int:
    return publish(store, LESSON, upload(store, version), take_fence(store, LESSON)).release


def release(store: Store, number: int) -> None:
    release_to(store, LESSON, number, take_fence(store, LESSON))


def public(store: Store) -> dict[str, bytes]:
    """What anybody who knows no hash is led by."""
    names = ("lesson.json", "master.m3u8", "index.html")
    return {
        info.name: store.get(info.name).data
        for info in store.list(FOLDER)
        if info.name.removeprefix(FOLDER) in names
    }


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "library")


def test_what_is_held_waits_and_shows_nothing(store: Store) -> None:
    done = hold(store, "first")
    assert (done.release, done.changed, waiting_release(store, LESSON)) == (1, True, 1)
    assert public(store) == {}
    assert (read_whole(store), read_held(store)) == (None, "first")
    assert verify(store, LESSON, deep=True) == ()


def test_what_is_published_stays_until_it_is_released(store: Store) -> None:
    publish_version(store, "first")
    before = public(store)
    assert hold(store, "second").release == 2
    assert public(store) == before
    assert (read_whole(store), read_held(store)) == ("first", "second")
    release(store, 2)
    assert (read_whole(store), read_held(store)) == ("second", None)
    assert "second" in store.get(FOLDER + "index.html").data.decode()
    assert verify(store, LESSON, deep=True) == ()


def test_held_and_published_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = FolderStore(tmp_path / "one"), FolderStore(tmp_path / "other")
    hold(one, "first")
    publish_version(other, "first")
    path = FOLDER + "releases/1.json"
    assert one.get(path).data == other.get(path).data
    assert publish_version(one, "first") == 1


def test_the_entry_of_a_held_release_names_its_own_playlist_and_hash(folder: FolderStore) -> None:
    first, second = hold(folder, "first").entry, hold(folder, "second").entry
    assert first.master != second.master
    assert first.sha256 != second.sha256
    release(folder, 2)
    assert first.master is not None
    assert second.master is not None
    assert folder.get(second.master).data == folder.get(FOLDER + "master.m3u8").data
    assert folder.get(first.master).data != folder.get(second.master).data


def test_numbers_are_never_given_twice(folder: FolderStore) -> None:
    assert hold(folder, "first").release == 1
    reject(folder, LESSON, 1)
    assert publish_version(folder, "second") == 2
    assert hold(folder, "third").release == 3
    reject(folder, LESSON, 3)
    assert hold(folder, "fourth").release == 4
    assert publish_version(folder, "fifth") == 5


def test_the_same_held_again_writes_nothing(folder: FolderStore) -> None:
    hold(folder, "first")
    recorder = RecordingStore(folder)
    fence = take_fence(folder, LESSON)
    done = publish(recorder, LESSON, make_lesson("first"), fence, held=True)
    assert (done.release, done.changed, recorder.written) == (1, False, [])


def test_what_is_published_already_does_not_wait(folder: FolderStore) -> None:
    publish_version(folder, "first")
    done = hold(folder, "first")
    assert (done.release, done.changed, waiting_release(folder, LESSON)) == (1, False, None)


def test_what_was_rejected_may_be_handed_in_again(folder: FolderStore) -> None:
    hold(folder, "first")
    reject(folder, LESSON, 1)
    assert (waiting_release(folder, LESSON), newest_release(folder, LESSON)) == (None, 0)
    assert (hold(folder, "first").release, read_held(folder)) == (2, "first")


def test_a_rejection_of_what_was_replaced_meanwhile_changes_nothing(folder: FolderStore) -> None:
    hold(folder, "first")
    hold(folder, "second")
    reject(folder, LESSON, 1)
    assert read_held(folder) == "second"


def test_a_release_leaves_what_came_after_it_waiting(folder: FolderStore) -> None:
    hold(folder, "first")
    hold(folder, "second")
    release(folder, 1)
    assert (read_whole(folder), read_held(folder)) == ("first", "second")


def test_a_step_back_does_not_make_what_was_released_wait_again(folder: FolderStore) -> None:
    for version in ("first", "second"):
        hold(folder, version)
    release(folder, 2)
    release(folder, 1)
    assert (read_whole(folder), read_held(folder)) == ("first", None)
    assert newest_release(folder, LESSON) == 1
    release(folder, 2)
    assert read_whole(folder) == "second"


def test_releasing_again_writes_nothing(folder: FolderStore) -> None:
    hold(folder, "first")
    release(folder, 1)
    recorder = RecordingStore(folder)
    release_to(recorder, LESSON, 1, take_fence(folder, LESSON))
    assert recorder.written == []


def test_releasing_brings_back_what_was_lost(folder: FolderStore) -> None:
    hold(folder, "first")
    release(folder, 1)
    before = public(folder)
    for name in before.keys() - {FOLDER + "lesson.json"}:
        folder.delete(name)
    release(folder, 1)
    assert public(folder) == before


def test_what_is_not_whole_is_not_released(folder: FolderStore) -> None:
    hold(folder, "first")
    folder.delete(FOLDER + next(iter(media_of("first"))))
    with pytest.raises(StoreError, match="not whole"):
        release(folder, 1)
    with pytest.raises(NotFound):
        release(folder, 7)
    assert public(folder) == {}


def test_a_stale_run_holds_nothing(store: Store) -> None:
    asleep = take_fence(store, LESSON)
    late = upload(store, "late")
    hold(store, "newer")
    with pytest.raises(Stale, match="newer run"):
        publish(store, LESSON, late, asleep, held=True)
    assert read_held(store) == "newer"


def test_a_run_that_was_overtaken_while_it_made_something_is_told(folder: FolderStore) -> None:
    hold(folder, "first")
    fence = take_fence(folder, LESSON)
    made = upload(folder, "second")
    with pytest.raises(Overtaken):
        publish(folder, LESSON, made, fence, since=0, held=True)
    assert publish(folder, LESSON, made, fence, since=1, held=True).release == 2


# --- withdrawn -----------------------------------------------------------------------------------


def withdrawn(store: Store) -> None:
    hold(store, "first")
    release(store, 1)
    hide(store, LESSON)


def test_nothing_leads_to_a_withdrawn_lesson(store: Store) -> None:
    withdrawn(store)
    assert read_whole(store) is None
    left = public(store)
    assert "media" not in left[FOLDER + "master.m3u8"].decode()
    page = left[FOLDER + "index.html"].decode()
    assert "撤回" in page
    assert "first" not in page
    assert rebuild(store).lessons == ()


def test_a_withdrawn_lesson_is_shown_again_as_it_was(store: Store) -> None:
    hold(store, "first")
    release(store, 1)
    before = public(store)
    hide(store, LESSON)
    hide(store, LESSON)
    assert verify(store, LESSON, deep=True) == ()
    release(store, 1)
    after = public(store)
    for name in (FOLDER + "master.m3u8", FOLDER + "index.html"):
        assert after[name] == before[name]
    assert read_whole(store) == "first"


def test_nobody_puts_the_player_back_while_it_is_withdrawn(folder: FolderStore) -> None:
    withdrawn(folder)
    settle(folder, LESSON)
    assert read_whole(folder) is None
    assert "media" not in folder.get(FOLDER + "master.m3u8").data.decode()


def test_a_withdrawn_lesson_may_be_handed_in_again(folder: FolderStore) -> None:
    withdrawn(folder)
    assert (hold(folder, "first").release, read_held(folder)) == (2, "first")
    release(folder, 2)
    assert read_whole(folder) == "first"


def test_without_an_office_a_new_run_shows_it_again(folder: FolderStore) -> None:
    entry = publish(folder, LESSON, upload(folder, "first"), take_fence(folder, LESSON)).entry
    enter(folder, entry)
    hide(folder, LESSON)
    publish_version(folder, "first")
    assert read_whole(folder) == "first"


def test_hiding_keeps_the_fence(folder: FolderStore) -> None:
    hold(folder, "first")
    asleep = take_fence(folder, LESSON)
    release(folder, 1)
    hide(folder, LESSON)
    with pytest.raises(Stale):
        release_to(folder, LESSON, 1, asleep)
    assert read_whole(folder) is None


def test_hiding_what_was_never_published_does_nothing(folder: FolderStore) -> None:
    hold(folder, "first")
    hide(folder, LESSON)
    assert (public(folder), read_held(folder)) == ({}, "first")


@pytest.mark.parametrize("name", ["lesson.json", "waiting.json"])
def test_a_damaged_pointer_is_named(folder: FolderStore, name: str) -> None:
    hold(folder, "first")
    folder.put(FOLDER + name, b"{", type="application/json")
    with pytest.raises(StoreError, match=f"{name} is damaged"):
        hold(folder, "second")


def test_a_new_title_is_held_as_a_release_of_its_own(folder: FolderStore) -> None:
    made = upload(folder, "first")
    publish(folder, LESSON, made, take_fence(folder, LESSON))
    fence = take_fence(folder, LESSON)
    publish(folder, LESSON, retitled(made, "better"), fence, held=True)
    assert (read_whole(folder), read_held(folder)) == ("first", "better")
    held = read_pointers(folder, LESSON).held
    assert held is not None
    assert held.pointer.fence == fence
