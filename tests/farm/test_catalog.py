"""The catalog lists every lesson, whoever else writes it at the same moment."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from farm.catalog import POINTER, enter, rebuild
from farm.errors import StoreError
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.catalog import read_catalog
from manifests.model import CatalogEntry
from tests.farm.lessons import LESSON, make_lesson, upload
from tests.farm.recording_store import SleepyStore

OTHER = "yanan-ba9876543210"


def published(store: Store) -> CatalogEntry:
    return publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON)).entry


def another() -> CatalogEntry:
    entry = make_lesson("other").draft.entry
    return replace(entry, lesson=OTHER, release=1, master=f"lessons/{OTHER}/master.m3u8")


def publish_another(store: Store) -> None:
    """A second lesson, as another run publishes and enters it."""
    for info in list(store.list(folder_of(LESSON))):
        data = store.get(info.name).data
        store.put(
            info.name.replace(LESSON, OTHER),
            data.replace(LESSON.encode(), OTHER.encode()),
            type=info.type,
        )
    enter(store, another())


def listed(store: Store) -> list[str]:
    pointer = json.loads(store.get(POINTER).data)
    catalog = read_catalog(store.get(f"catalog/{pointer['path']}").data)
    return sorted(entry.lesson for entry in catalog.lessons)


def shown(store: Store, page: str) -> list[str]:
    text = store.get(f"catalog/{page}").data.decode()
    return [lesson for lesson in (LESSON, OTHER) if lesson in text]


def test_lessons_are_entered_one_by_one(store: Store) -> None:
    enter(store, published(store))
    enter(store, another())
    assert (
        listed(store) == shown(store, "index.html") == shown(store, "feed.xml") == [LESSON, OTHER]
    )


@pytest.mark.parametrize("act", ["enter", "rebuild"])
def test_a_lesson_entered_meanwhile_is_not_lost(tmp_path: Path, act: str) -> None:
    """Right before every single call in turn."""
    for step in count(1):
        store = FolderStore(tmp_path / str(step))
        entry = published(store)
        sleepy = SleepyStore(store, step, lambda store=store: publish_another(store))
        enter(sleepy, entry) if act == "enter" else rebuild(sleepy)
        if not sleepy.slept:
            assert step > 10
            return
        assert OTHER in listed(store)
        assert shown(store, "index.html") == shown(store, "feed.xml") == listed(store)


@pytest.mark.parametrize("damage", ["pointer", "release", "missing"])
def test_a_catalog_that_does_not_read_is_written_again(tmp_path: Path, damage: str) -> None:
    store = FolderStore(tmp_path)
    entry = published(store)
    number = enter(store, entry).number
    match damage:
        case "pointer":
            store.put(POINTER, b"{", type="application/json")
        case "release":
            store.put(f"catalog/releases/{number}.json", b"{}", type="application/json")
        case "missing":
            store.delete(f"catalog/releases/{number}.json")
    with pytest.raises(StoreError, match="farm catalog"):
        enter(store, another())
    assert rebuild(store).number >= number
    assert listed(store) == [LESSON]
