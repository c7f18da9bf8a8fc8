"""The catalog lists every lesson, whoever else writes it at the same moment."""

import hashlib
import json
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from farm.catalog import POINTER, enter, rebuild
from farm.errors import StoreError
from farm.model import Category, Metadata
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.recording import identify
from farm.settings import read_settings
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.catalog import read_catalog
from manifests.errors import ManifestError
from manifests.feed import course_slug
from manifests.model import CatalogEntry
from tests.farm.lessons import LESSON, make_lesson, upload
from tests.farm.recording_store import SleepyStore
from tests.farm.whole_files import publish_whole

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
def test_every_entry_has_the_hash_of_its_release(store: Store, act: str) -> None:
    entry = published(store)
    catalog = enter(store, entry) if act == "enter" else rebuild(store)
    (found,) = catalog.lessons
    data = store.get(f"{folder_of(LESSON)}releases/{found.release}.json").data
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found == entry


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


# --- lessons' pages, feeds of courses, the address from outside ----------------------------------

URL = "https://lessons.example.org/kj/"


def make(store: Store, folder: Path, n: int, course: str = "蔬菜", title: str = "番茄") -> str:
    path = folder / f"{n}.mp3"
    path.write_bytes(b"sound %d" % n)
    metadata = Metadata(f"{title} {n}", "changsha", Category.AUDIO, course, number=n)
    recording = identify(path, metadata)
    publish_whole(store, recording)
    return recording.lesson


def page_of(store: Store, lesson: str) -> str:
    return store.get(folder_of(lesson) + "index.html").data.decode()


def feeds(store: Store) -> dict[str, str]:
    return {info.name: store.get(info.name).data.decode() for info in store.list("catalog/feeds/")}


def test_every_lesson_has_a_page_in_line_with_its_release(store: Store, tmp_path: Path) -> None:
    lesson = make(store, tmp_path, 1)
    assert "番茄 1" in page_of(store, lesson)
    make(store, tmp_path, 1, title="黄瓜")
    assert "黄瓜 1" in page_of(store, lesson)
    assert f"../lessons/{lesson}/index.html" in store.get("catalog/index.html").data.decode()


def test_every_course_has_a_feed_and_none_is_left_over(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    first = make(store, tmp_path, 1)
    make(store, tmp_path, 2, "水果")
    assert set(feeds(store)) == {
        f"catalog/feeds/{course_slug(course)}.xml" for course in ("蔬菜", "水果")
    }
    make(store, tmp_path, 1, "水果")
    ((name, text),) = feeds(store).items()
    assert name.endswith(f"{course_slug('水果')}.xml")
    assert first in text
    assert text.count("<enclosure") == 2


def test_the_address_from_outside_is_remembered_and_used_everywhere(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    first = make(store, tmp_path, 1)
    assert URL not in page_of(store, first)
    rebuild(store, URL.rstrip("/"))
    second = make(store, tmp_path, 2)
    assert read_settings(store).public_url == URL
    for text in (page_of(store, first), page_of(store, second), *feeds(store).values()):
        assert f"{URL}catalog/watch.html?lesson=" in text
    assert f"{URL}lessons/" in store.get("catalog/feed.xml").data.decode()
    rebuild(store, "")
    assert read_settings(store).public_url is None
    assert URL not in page_of(store, first) + page_of(store, second)


def test_an_address_that_is_none_changes_nothing(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    make(store, tmp_path, 1)
    with pytest.raises(ManifestError, match="https://"):
        rebuild(store, "lessons")
    assert read_settings(store).public_url is None


def test_schemas_are_published_beside_what_they_describe(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    make(store, tmp_path, 1)
    path = json.loads(store.get(POINTER).data)["path"]
    release = json.loads(store.get(f"catalog/{path}").data)
    assert release["$schema"] == "../schema/catalog-2.json"
    for name in ("catalog-2", "release-2"):
        assert json.loads(store.get(f"catalog/schema/{name}.json").data)["$schema"]


def test_pages_of_before_are_written_when_the_first_lesson_is_entered(tmp_path: Path) -> None:
    """A library of version 0.1 has none."""
    store = FolderStore(tmp_path / "library")
    old = make(store, tmp_path, 1)
    store.delete(folder_of(old) + "index.html")
    store.delete("catalog/settings.json")
    make(store, tmp_path, 2)
    assert "番茄 1" in page_of(store, old)


def test_another_lessons_damage_does_not_stop_one_from_being_entered(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    bad = make(store, tmp_path, 1)
    store.put(folder_of(bad) + "lesson.json", b"{", type="application/json")
    store.delete("catalog/settings.json")
    assert "番茄 2" in page_of(store, make(store, tmp_path, 2))


def test_damaged_settings_are_said_with_the_way_out(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    make(store, tmp_path, 1)
    for data in (b"{", b"[]", b'{"format": "x"}', b"[" * 100_000):
        store.put("catalog/settings.json", data, type="application/json")
        with pytest.raises(StoreError, match="--public-url"):
            rebuild(store)
