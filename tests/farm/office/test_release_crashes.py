"""An office that dies at any step, or meets another, leaves the old catalog or the new whole."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from farm.errors import Overtaken
from farm.office.head import read_head
from farm.office.release import release_catalog, renew
from farm.office.settle import settle
from farm.signing import SigningKey
from farm.store import Store
from farm.store.folder import FolderStore
from tests.farm.office.library import (
    DAY,
    NOW,
    a_key,
    draft_back,
    draft_of,
    hold,
    lesson_id,
    links,
    office_store,
    release,
    seen_by_station,
    signing,
    titles,
)
from tests.farm.recording_store import Killed, MortalStore, SleepyStore

OLD = {lesson_id(0): "first", lesson_id(1): "first"}
NEW = {lesson_id(0): "second", lesson_id(2): "first"}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return a_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, key: SigningKey) -> Path:
    """Lessons 0 and 1 are shown; another release of 0 waits, and lesson 2."""
    folder = tmp_path_factory.mktemp("before") / "library"
    store = office_store(folder)
    for n in range(3):
        hold(store, n, "first")
    release(store, {0: 1, 1: 1}, signing(key))
    settle(store)
    hold(store, 0, "second")
    return folder


def copies(before: Path, folder: Path, every: int = 1) -> Iterator[tuple[int, FolderStore]]:
    for step in count(1, every):
        library = folder / f"library-{step}"
        shutil.copytree(before, library)
        yield step, FolderStore(library)


class MortalWriter(MortalStore):
    """Dies at its `last` write: what was only read leaves nothing behind."""

    def _note(self, what: str, name: str) -> None:
        if what in ("put", "delete"):
            super()._note(what, name)


def deaths(
    before: Path, folder: Path, act: Callable[[Store], object], *, done: bool
) -> list[FolderStore]:
    """A store for every write of `act` at which it was killed."""
    left: list[FolderStore] = []
    for step, store in copies(before, folder):
        try:
            act(MortalWriter(store, step, done=done))
        except Killed:
            left.append(store)
        else:
            assert step > 5
            return left
    raise AssertionError("never comes to an end")


def forth(store: Store, key: SigningKey) -> None:
    release(store, {0: 2, 2: 1}, signing(key))
    settle(store)


def once_more(store: Store, key: SigningKey) -> None:
    """What an office does that starts again: it looks whether its release is there."""
    if read_head(store, (key.public,)).number == 1:
        forth(store, key)
    settle(store)


def catalog_of(store: Store) -> dict[str, bytes]:
    return {one.name: store.get(one.name).data for one in store.list("catalog/")}


@pytest.mark.parametrize("done", [False, True])
def test_a_release_that_is_killed_at_any_step(
    before: Path, tmp_path: Path, key: SigningKey, done: bool
) -> None:
    _, clean = next(copies(before, tmp_path / "clean"))
    forth(clean, key)
    left = deaths(before, tmp_path, lambda store: forth(store, key), done=done)
    seen = [titles(seen_by_station(store, key)) for store in left]
    assert all(one in (OLD, NEW) for one in seen)
    assert seen.count(OLD) >= 2
    assert seen.count(NEW) > 10
    for store in left:
        once_more(store, key)
        assert titles(seen_by_station(store, key)) == NEW
        assert links(store, 3) == {lesson_id(0): 2, lesson_id(2): 1}
        assert catalog_of(store) == catalog_of(clean)


def test_a_step_back_over_a_release_that_was_followed_half(
    before: Path, tmp_path: Path, key: SigningKey
) -> None:
    """In sum nothing has changed since the last one that was followed: lessons must follow all the
    same."""
    for store in deaths(before, tmp_path, lambda store: forth(store, key), done=True):
        if read_head(store, None).number == 2:
            release_catalog(store, draft_back(store, 1), signing(key))
        settle(store)
        assert titles(seen_by_station(store, key)) == OLD
        assert links(store, 3) == {lesson_id(0): 1, lesson_id(1): 1}


@pytest.mark.parametrize("done", [False, True])
def test_a_renewal_that_is_killed_at_any_step(
    before: Path, tmp_path: Path, key: SigningKey, done: bool
) -> None:
    later = signing(key, now=NOW + 5 * DAY)
    for step, store in copies(before, tmp_path):
        mortal = MortalStore(store, step, done=done)
        with suppress(Killed):
            renew(mortal, later)
        assert titles(seen_by_station(store, key, NOW + 5 * DAY)) == OLD
        if len(mortal.calls) < step:
            return


# --- two at once ---------------------------------------------------------------------------------


def test_of_two_offices_one_wins_and_the_other_is_told(
    before: Path, tmp_path: Path, key: SigningKey
) -> None:
    """The other one releases whole before each call of this one in turn."""
    told = won = 0
    for step, store in copies(before, tmp_path):
        draft = draft_of(store, {0: 2, 2: 1})
        other = draft_of(store, {2: 1})
        sleepy = SleepyStore(
            store, step, lambda s=store, o=other: release_catalog(s, o, signing(key))
        )
        try:
            release_catalog(sleepy, draft, signing(key))
        except Overtaken:
            told += 1
            assert titles(seen_by_station(store, key)) == {lesson_id(2): "first"}
        else:
            won += 1
            assert titles(seen_by_station(store, key)) == NEW
        if not sleepy.slept:
            break
    assert told > 5
    assert won == 1  # the last time, when nobody came between


def test_a_renewal_between_does_not_stop_a_release(
    before: Path, tmp_path: Path, key: SigningKey
) -> None:
    for step, store in copies(before, tmp_path):
        later = signing(key, now=NOW + DAY)
        sleepy = SleepyStore(store, step, lambda s=store, how=later: renew(s, how))
        made = release(sleepy, {0: 2, 2: 1}, signing(key))
        assert titles(seen_by_station(store, key)) == NEW
        assert made.version == (3 if sleepy.slept else 2)
        if not sleepy.slept:
            return


def test_who_follows_a_catalog_asleep_through_the_next_one_undoes_nothing(
    before: Path, tmp_path: Path, key: SigningKey
) -> None:
    def next_one(store: Store) -> None:
        release_catalog(store, draft_back(store, 1), signing(key))
        settle(store)

    for step, store in copies(before, tmp_path, 5):
        release(store, {0: 2, 2: 1}, signing(key))
        sleepy = SleepyStore(store, step, lambda s=store: next_one(s))
        settle(sleepy)
        if not sleepy.slept:
            return
        assert titles(seen_by_station(store, key)) == OLD
        assert links(store, 3) == {lesson_id(0): 1, lesson_id(1): 1}
        assert "first" in store.get("catalog/feed.xml").data.decode()
        assert "second" not in store.get("catalog/feed.xml").data.decode()
