"""A publisher that dies at any step leaves the old release whole, and the next one converges."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from farm.errors import Stale
from farm.housekeeping import collect, verify
from farm.pointers import folder_of
from farm.publish import point_to, publish, take_fence
from farm.store import Store
from farm.store.folder import FolderStore
from tests.farm.lessons import LESSON, make_lesson, read_whole, upload
from tests.farm.recording_store import Killed, MortalStore, SleepyStore


def deaths(
    folder: Path, prepare: Callable[[Store], object], act: Callable[[Store], object], done: bool
) -> list[FolderStore]:
    """A store for every step of `act` at which it was killed."""
    left: list[FolderStore] = []
    prepare(FolderStore(folder / "before"))
    for last in count(1):
        store = copy_of(folder / "before", folder / f"library-{last}")
        mortal = MortalStore(store, last, done=done)
        try:
            act(mortal)
        except Killed:
            left.append(store)
        else:
            return left
    raise AssertionError("never comes to an end")


def copy_of(before: Path, library: Path) -> FolderStore:
    shutil.copytree(before, library)
    return FolderStore(library)


def run(store: Store, version: str) -> None:
    publish(store, LESSON, make_lesson(version), take_fence(store, LESSON))


def first_published(store: Store) -> None:
    upload(store, "first")
    upload(store, "second")
    run(store, "first")


def objects_of(store: Store) -> dict[str, bytes]:
    """All that is the same whoever made it, and however often it was tried."""
    own = ("lease.json", "lesson.json")
    return {
        info.name: store.get(info.name).data
        for info in store.list(folder_of(LESSON))
        if not info.name.endswith(own)
    }


@pytest.mark.parametrize("done", [False, True])
def test_the_first_release(tmp_path: Path, done: bool) -> None:
    clean = FolderStore(tmp_path / "clean")
    upload(clean, "first")
    run(clean, "first")
    killed = deaths(tmp_path, lambda s: upload(s, "first"), lambda s: run(s, "first"), done)
    assert len(killed) > 10
    for store in killed:
        assert read_whole(store) in (None, "first")
        run(store, "first")
        assert verify(store, LESSON, deep=True) == ()
        assert objects_of(store) == objects_of(clean)


@pytest.mark.parametrize("done", [False, True])
def test_a_new_release_over_an_old_one(tmp_path: Path, done: bool) -> None:
    clean = FolderStore(tmp_path / "clean")
    first_published(clean)
    run(clean, "second")
    killed = deaths(tmp_path, first_published, lambda s: run(s, "second"), done)
    seen = [read_whole(store) for store in killed]
    assert sorted(set(map(str, seen))) == ["first", "second"]
    for store in killed:
        run(store, "second")
        assert read_whole(store) == "second"
        assert verify(store, LESSON, deep=True) == ()
        assert objects_of(store) == objects_of(clean)


def test_another_recording_after_a_death_passes_over_what_was_left(tmp_path: Path) -> None:
    for store in deaths(tmp_path, first_published, lambda s: run(s, "second"), True):
        upload(store, "third")
        run(store, "third")
        assert read_whole(store) == "third"
        assert verify(store, LESSON, deep=True) == ()


@pytest.mark.parametrize("done", [False, True])
def test_a_step_back(tmp_path: Path, done: bool) -> None:
    def both(store: Store) -> None:
        first_published(store)
        run(store, "second")

    def back(store: Store) -> None:
        point_to(store, LESSON, 1, take_fence(store, LESSON))

    for store in deaths(tmp_path, both, back, done):
        assert read_whole(store) in ("first", "second")
        back(store)
        assert read_whole(store) == "first"
        assert verify(store, LESSON, deep=True) == ()


@pytest.mark.parametrize("done", [False, True])
def test_a_collection(tmp_path: Path, done: bool) -> None:
    def three(store: Store) -> None:
        first_published(store)
        run(store, "second")
        upload(store, "third")
        run(store, "third")

    for store in deaths(tmp_path, three, lambda s: collect(s, LESSON, keep=2, grace=-1), done):
        assert read_whole(store) == "third"
        collect(store, LESSON, keep=2, grace=-1)
        assert verify(store, LESSON, deep=True) == ()
        run(store, "second")
        assert read_whole(store) == "second"


def test_a_collection_after_a_publisher_died(tmp_path: Path) -> None:
    """Between its two pointers too: players are then with the release before."""

    def two(store: Store) -> None:
        first_published(store)
        run(store, "second")
        upload(store, "third")

    for store in deaths(tmp_path, two, lambda s: run(s, "third"), True):
        collect(store, LESSON, keep=1, grace=-1)
        assert read_whole(store) in ("second", "third")
        assert verify(store, LESSON, deep=True) == ()


def test_a_run_asleep_through_a_newer_one_wakes_up_to_nothing(tmp_path: Path) -> None:
    """The old run sleeps before each of its calls in turn; the new one runs whole meanwhile."""
    before = FolderStore(tmp_path / "before")
    first_published(before)
    upload(before, "third")
    for step in count(1):
        store = copy_of(tmp_path / "before", tmp_path / f"library-{step}")
        sleeper = SleepyStore(store, step, lambda store=store: run(store, "third"))
        with suppress(Stale):
            publish(sleeper, LESSON, make_lesson("second"), take_fence(store, LESSON))
        if not sleeper.slept:
            return
        assert read_whole(store) == "third"
        assert verify(store, LESSON, deep=True) == ()
