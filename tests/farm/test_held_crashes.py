"""Who holds, releases, rejects or hides may die at any step: readers never meet half of it."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from farm.errors import StoreError
from farm.held import hide, reject, release_to
from farm.housekeeping import collect, verify
from farm.publish import publish, take_fence
from farm.store import Store
from farm.store.folder import FolderStore
from tests.farm.lessons import LESSON, hold, make_lesson, read_held, read_whole, upload
from tests.farm.recording_store import SleepyStore
from tests.farm.test_publish_crashes import copy_of, deaths, objects_of

Act = Callable[[Store], object]


def publish_first(store: Store) -> None:
    for version in ("second", "third"):
        upload(store, version)
    publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON))


def hold_version(version: str) -> Act:
    def act(store: Store) -> None:
        fence = take_fence(store, LESSON)
        publish(store, LESSON, make_lesson(version), fence, held=True)

    return act


def release(number: int) -> Act:
    return lambda store: release_to(store, LESSON, number, take_fence(store, LESSON))


def both(store: Store) -> None:
    publish_first(store)
    hold(store, "second")


def released(store: Store) -> None:
    both(store)
    release(2)(store)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(
    ("prepare", "before"),
    [(lambda store: upload(store, "second"), (None, None)), (publish_first, ("first", None))],
)
def test_holding(
    tmp_path: Path, prepare: Act, before: tuple[str | None, str | None], done: bool
) -> None:
    clean = FolderStore(tmp_path / "clean")
    prepare(clean)
    hold_version("second")(clean)
    killed = deaths(tmp_path, prepare, hold_version("second"), done)
    assert len(killed) > 10
    for store in killed:
        assert read_whole(store) == before[0]
        assert read_held(store) in (before[1], "second")
        hold_version("second")(store)
        assert (read_whole(store), read_held(store)) == (before[0], "second")
        assert verify(store, LESSON, deep=True) == ()
        left, wanted = objects_of(store), objects_of(clean)
        assert {name: left[name] for name in wanted if not name.endswith("waiting.json")} == {
            name: data for name, data in wanted.items() if not name.endswith("waiting.json")
        }
        assert left.keys() == wanted.keys()


@pytest.mark.parametrize("done", [False, True])
def test_releasing(tmp_path: Path, done: bool) -> None:
    clean = FolderStore(tmp_path / "clean")
    released(clean)
    killed = deaths(tmp_path, both, release(2), done)
    assert {str(read_whole(store)) for store in killed} == {"first", "second"}
    for store in killed:
        assert read_held(store) in ("second", None)
        release(2)(store)
        assert (read_whole(store), read_held(store)) == ("second", None)
        assert verify(store, LESSON, deep=True) == ()
        assert objects_of(store) == objects_of(clean)


@pytest.mark.parametrize("done", [False, True])
def test_rejecting(tmp_path: Path, done: bool) -> None:
    for store in deaths(tmp_path, both, lambda s: reject(s, LESSON, 2), done):
        assert (read_whole(store), read_held(store)) in (("first", "second"), ("first", None))
        reject(store, LESSON, 2)
        assert (read_whole(store), read_held(store)) == ("first", None)


@pytest.mark.parametrize("done", [False, True])
def test_hiding_and_showing_again(tmp_path: Path, done: bool) -> None:
    for store in deaths(tmp_path / "hide", released, lambda s: hide(s, LESSON), done):
        assert read_whole(store) in ("second", None)
        hide(store, LESSON)
        assert read_whole(store) is None
        assert verify(store, LESSON, deep=True) == ()

    def hidden(store: Store) -> None:
        released(store)
        hide(store, LESSON)

    for store in deaths(tmp_path / "show", hidden, release(2), done):
        assert read_whole(store) in ("second", None)
        release(2)(store)
        assert read_whole(store) == "second"
        assert verify(store, LESSON, deep=True) == ()


@pytest.mark.parametrize("done", [False, True])
def test_collecting_beside_what_waits(tmp_path: Path, done: bool) -> None:
    killed = deaths(tmp_path, both, lambda s: collect(s, LESSON, keep=1, grace=-1), done)
    for store in killed:
        assert (read_whole(store), read_held(store)) == ("first", "second")
        collect(store, LESSON, keep=1, grace=-1)
        assert (read_whole(store), read_held(store)) == ("first", "second")
        assert verify(store, LESSON, deep=True) == ()


@pytest.mark.parametrize("prepare", [publish_first, both, released])
@pytest.mark.parametrize(
    "meanwhile",
    [
        hold_version("third"),
        lambda store: collect(store, LESSON, keep=1, grace=-1),
        lambda store: hide(store, LESSON),
    ],
)
def test_a_held_run_asleep_while_others_act(tmp_path: Path, prepare: Act, meanwhile: Act) -> None:
    """Right before each of its calls in turn. Where objects were collected it was sent back."""
    prepare(FolderStore(tmp_path / "before"))
    for step in count(1):
        store = copy_of(tmp_path / "before", tmp_path / f"library-{step}")
        fence = take_fence(store, LESSON)
        sleeper = SleepyStore(store, step, lambda store=store: meanwhile(store))
        with suppress(StoreError):
            publish(sleeper, LESSON, make_lesson("second"), fence, held=True)
        if not sleeper.slept:
            return
        assert read_held(store) in ("second", "third", None)
        read_whole(store)
        assert verify(store, LESSON, deep=True) == ()


def test_an_office_asleep_while_more_is_held(tmp_path: Path) -> None:
    """A newer one that came meanwhile still waits, whatever was decided of the one before."""
    both(FolderStore(tmp_path / "before"))
    for name, act in (("release", release(2)), ("reject", lambda s: reject(s, LESSON, 2))):
        for step in count(1):
            store = copy_of(tmp_path / "before", tmp_path / f"{name}-{step}")
            sleeper = SleepyStore(store, step, lambda store=store: hold_version("third")(store))
            act(sleeper)
            if not sleeper.slept:
                break
            assert read_held(store) == "third"
            assert read_whole(store) == ("second" if name == "release" else "first")
