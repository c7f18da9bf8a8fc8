"""What a publisher does to a store, and what it refuses to do."""

import hashlib
import json
import re
from collections import Counter

import pytest

from farm.errors import NotFound, Stale, StoreError
from farm.housekeeping import collect, verify
from farm.pointers import folder_of, read_current, read_numbered
from farm.publish import office_entry, point_to, publish, settle, take_fence
from farm.store import Store
from farm.store.folder import FolderStore
from farm.store.names import cache_of, type_of
from tests.farm.lessons import LESSON, make_lesson, media_of, read_whole, retitled, upload
from tests.farm.recording_store import RecordingStore

FOLDER = folder_of(LESSON)


def publish_version(store: Store, version: str) -> int:
    fence = take_fence(store, LESSON)
    return publish(store, LESSON, upload(store, version), fence).release


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore(tmp_path_factory.mktemp("library"))


def test_a_published_lesson_is_whole(store: Store) -> None:
    done = publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON))
    assert (done.release, done.changed) == (1, True)
    assert (done.entry.release, done.entry.title) == (1, "first")
    assert read_whole(store) == "first"
    assert verify(store, LESSON, deep=True) == ()


def test_releases_are_counted_and_the_old_one_stays(store: Store) -> None:
    assert publish_version(store, "first") == 1
    old = store.get(FOLDER + "releases/1.json").data
    assert publish_version(store, "second") == 2
    assert read_whole(store) == "second"
    assert store.get(FOLDER + "releases/1.json").data == old
    assert verify(store, LESSON, deep=False) == ()


def test_fences_rise(store: Store) -> None:
    assert [take_fence(store, LESSON) for _ in range(3)] == [1, 2, 3]


def test_the_same_lesson_again_writes_nothing(folder: FolderStore) -> None:
    made = upload(folder, "first")
    publish(folder, LESSON, made, take_fence(folder, LESSON))
    recorder = RecordingStore(folder)
    done = publish(recorder, LESSON, made, take_fence(folder, LESSON))
    assert (done.release, done.changed, done.entry.release) == (1, False, 1)
    assert recorder.written == []


def test_a_new_title_alone_is_a_new_release(folder: FolderStore) -> None:
    made = upload(folder, "first")
    publish(folder, LESSON, made, take_fence(folder, LESSON))
    done = publish(folder, LESSON, retitled(made, "better"), take_fence(folder, LESSON))
    assert (done.release, done.changed) == (2, True)
    assert read_whole(folder) == "better"


def test_pointers_are_written_after_all_they_point_to(folder: FolderStore) -> None:
    made = upload(folder, "first")
    recorder = RecordingStore(folder)
    publish(recorder, LESSON, made, 1)
    *texts, release, pointer, master = recorder.written
    kept = [name for name in texts if name.startswith(f"{FOLDER}master-")]
    assert len(kept) == 1
    assert all(name.startswith(f"{FOLDER}media/") for name in texts if name not in kept)
    assert (release, pointer) == (f"{FOLDER}releases/1.json", f"{FOLDER}lesson.json")
    assert master == f"{FOLDER}master.m3u8"


def test_every_object_is_looked_at_once(folder: FolderStore) -> None:
    made = upload(folder, "first")
    recorder = RecordingStore(folder)
    publish(recorder, LESSON, made, 1)
    heads = Counter(name for what, name in recorder.calls if what == "head")
    assert heads == {FOLDER + path: 1 for path in media_of("first")}


def test_a_missing_object_stops_the_release(store: Store) -> None:
    publish_version(store, "first")
    made = upload(store, "second")
    missing = FOLDER + made.objects[1].path
    store.delete(missing)
    with pytest.raises(StoreError, match=f"{missing} is missing") as caught:
        publish(store, LESSON, made, take_fence(store, LESSON))
    assert "run the same command again" in str(caught.value)
    assert read_whole(store) == "first"
    with pytest.raises(NotFound):
        store.get(FOLDER + "releases/2.json")


@pytest.mark.parametrize(("other", "fault"), [(b"x" * 600, "damaged"), (b"short", "5 bytes")])
def test_a_damaged_object_stops_the_release(store: Store, other: bytes, fault: str) -> None:
    made = upload(store, "second")
    assert made.objects[1].size == 600
    store.put(FOLDER + made.objects[1].path, other, type="video/iso.segment")
    with pytest.raises(StoreError, match=fault):
        publish(store, LESSON, made, take_fence(store, LESSON))
    assert read_whole(store) is None


def test_a_stale_run_changes_nothing(store: Store) -> None:
    asleep = take_fence(store, LESSON)
    late = upload(store, "late")
    publish_version(store, "newer")
    with pytest.raises(Stale, match="newer run"):
        publish(store, LESSON, late, asleep)
    assert read_whole(store) == "newer"
    assert verify(store, LESSON, deep=False) == ()


def test_a_step_back_and_forth(store: Store) -> None:
    publish_version(store, "first")
    publish_version(store, "second")
    point_to(store, LESSON, 1, take_fence(store, LESSON))
    assert read_whole(store) == "first"
    assert verify(store, LESSON, deep=False) == ()
    point_to(store, LESSON, 2, take_fence(store, LESSON))
    assert read_whole(store) == "second"


def test_after_a_step_back_the_same_lesson_takes_its_release_up_again(folder: FolderStore) -> None:
    publish_version(folder, "first")
    publish_version(folder, "second")
    point_to(folder, LESSON, 1, take_fence(folder, LESSON))
    assert publish_version(folder, "second") == 2
    assert publish_version(folder, "third") == 3


def test_a_step_to_nowhere_is_refused(folder: FolderStore) -> None:
    publish_version(folder, "first")
    with pytest.raises(NotFound):
        point_to(folder, LESSON, 7, take_fence(folder, LESSON))
    folder.delete(FOLDER + next(iter(media_of("first"))))
    with pytest.raises(StoreError, match="not whole"):
        point_to(folder, LESSON, 1, take_fence(folder, LESSON))


def test_a_wrong_master_playlist_is_put_right(store: Store) -> None:
    publish_version(store, "first")
    right = store.get(FOLDER + "master.m3u8").data
    store.put(FOLDER + "master.m3u8", b"#EXTM3U\n", type="application/vnd.apple.mpegurl")
    assert verify(store, LESSON, deep=False)
    settle(store, LESSON)
    assert store.get(FOLDER + "master.m3u8").data == right
    store.delete(FOLDER + "master.m3u8")
    publish(store, LESSON, make_lesson("first"), take_fence(store, LESSON))
    assert store.get(FOLDER + "master.m3u8").data == right


def test_the_pointer_carries_the_fence(folder: FolderStore) -> None:
    take_fence(folder, LESSON)
    publish_version(folder, "first")
    current = read_current(folder, LESSON)
    assert current is not None
    assert current.pointer.fence == 2
    assert json.loads(folder.get(FOLDER + "lease.json").data)["fence"] == 2


@pytest.mark.parametrize("name", ["lesson.json", "lease.json"])
def test_a_damaged_pointer_or_lease_is_named(folder: FolderStore, name: str) -> None:
    publish_version(folder, "first")
    folder.put(FOLDER + name, b"{", type="application/json")
    with pytest.raises(StoreError, match=f"{name} is damaged"):
        publish_version(folder, "second")


def test_progress_ends_at_one(folder: FolderStore) -> None:
    seen: list[float] = []
    publish(folder, LESSON, upload(folder, "first"), 1, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


# --- releases of before --------------------------------------------------------------------------


def as_before(store: Store, number: int) -> None:
    """Version 0.2 kept a release's playlist in `media/`, where its addresses lead nowhere."""
    (kept,) = store.list(FOLDER + "master-")
    name = kept.name.removeprefix(FOLDER)
    data = store.get(kept.name).data
    store.put(f"{FOLDER}media/{name}", data, type="application/vnd.apple.mpegurl")
    store.delete(kept.name)
    release = store.get(f"{FOLDER}releases/{number}.json").data
    older = release.replace(f'"path":"{name}"'.encode(), f'"path":"media/{name}"'.encode())
    assert older != release
    store.put(f"{FOLDER}releases/{number}.json", older, type="application/json")
    pointer = json.loads(store.get(FOLDER + "lesson.json").data)
    pointer["sha256"] = hashlib.sha256(older).hexdigest()
    store.put(FOLDER + "lesson.json", json.dumps(pointer).encode(), type="application/json")


def test_releases_of_before_stay_whole_and_can_be_stepped_back_to(folder: FolderStore) -> None:
    publish_version(folder, "first")
    as_before(folder, 1)
    right = folder.get(FOLDER + "master.m3u8").data
    assert verify(folder, LESSON, deep=True) == ()
    folder.delete(FOLDER + "master.m3u8")
    settle(folder, LESSON)
    assert folder.get(FOLDER + "master.m3u8").data == right
    assert publish_version(folder, "second") == 2
    collect(folder, LESSON, grace=-1)
    point_to(folder, LESSON, 1, take_fence(folder, LESSON))
    assert folder.get(FOLDER + "master.m3u8").data == right
    assert verify(folder, LESSON, deep=True) == ()


def test_an_offices_entry_names_a_playlist_that_plays(folder: FolderStore) -> None:
    publish_version(folder, "first")
    release, sha256 = read_numbered(folder, LESSON, 1)
    entry = office_entry(release, sha256)
    assert entry.sha256 == sha256
    assert entry.master is not None
    assert re.fullmatch(FOLDER + r"master-[0-9a-f]{12}\.m3u8", entry.master)
    assert type_of(entry.master) == "application/vnd.apple.mpegurl"
    assert "immutable" in cache_of(entry.master)
    assert cache_of(f"{FOLDER}waiting.json") == cache_of(f"{FOLDER}lesson.json") == "no-cache"
    as_before(folder, 1)
    release, sha256 = read_numbered(folder, LESSON, 1)
    assert office_entry(release, sha256).master == FOLDER + "master.m3u8"
