"""What is not what the office signed is refused, in both languages, and changes nothing."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from farm.errors import Distrusted, Doubt
from farm.station import Options, sync
from farm.store.folder import FolderStore
from tests.farm.station.libraries import NOW, Library, library, titles, tree, whole
from tests.farm.station.server import serving

POINTER = "catalog/catalog.json"


def flipped(data: bytes) -> bytes:
    """One bit in the middle is another one."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def in_envelope(change: Callable[[dict[str, object]], None]) -> Callable[[bytes], bytes]:
    def spoil(data: bytes) -> bytes:
        pointer = json.loads(data)
        change(pointer["signed"])
        return json.dumps(pointer).encode()

    return spoil


def flip_payload(signed: dict[str, object]) -> None:
    payload = base64.b64decode(str(signed["payload"])).replace(b'"version":2', b'"version":9')
    signed["payload"] = base64.b64encode(payload).decode()


def flip_signature(signed: dict[str, object]) -> None:
    (one,) = json.loads(json.dumps(signed["signatures"]))
    sig = base64.b64encode(flipped(base64.b64decode(one["sig"]))).decode()
    signed["signatures"] = [{**one, "sig": sig}]


def other_number(data: bytes) -> bytes:
    return json.dumps({**json.loads(data), "release": 1, "path": "releases/1.json"}).encode()


SPOILT: dict[str, tuple[str, Callable[[bytes], bytes], Doubt]] = {
    "payload": (POINTER, in_envelope(flip_payload), Doubt.SIGNATURE),
    "signature": (POINTER, in_envelope(flip_signature), Doubt.SIGNATURE),
    "no signature": (POINTER, in_envelope(lambda one: one.update(signatures=[])), Doubt.KEY),
    "another release beside it": (POINTER, other_number, Doubt.MIXED),
    "pointer cut short": (POINTER, lambda data: data[:-40], Doubt.UNREADABLE),
    "delta": ("catalog/deltas/1-2.json", flipped, Doubt.MIXED),
    "delta too long": ("catalog/deltas/1-2.json", lambda data: data + b" " * 99, Doubt.MIXED),
    "delta cut short": ("catalog/deltas/1-2.json", lambda data: data[:-1], Doubt.MIXED),
    "release": ("lessons/changsha-000000000001/releases/2.json", flipped, Doubt.MIXED),
    "older release": (
        "lessons/changsha-000000000001/releases/2.json",
        lambda data: data.replace(b'"number":2', b'"number":1'),
        Doubt.MIXED,
    ),
}


def refused(options: Options, moment: datetime = NOW) -> Distrusted:
    with pytest.raises(Distrusted) as error:
        sync(options, now=lambda: moment)
    told = str(error.value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told)
    assert "was not used" in told or "set the clock" in told
    assert error.value.status == 6
    return error.value


def change(office: Library) -> None:
    office.publish(1, "第 1 课，改")
    office.release()


@pytest.mark.parametrize("what", SPOILT)
def test_spoilt_on_the_way_to_a_station_that_has_lessons(
    what: str, office: Library, folder: Path
) -> None:
    path, spoil, doubt = SPOILT[what]
    with serving(Path(office.store.url)) as (url, server):
        options = office.options(folder, url)
        sync(options, now=lambda: NOW)
        before = tree(folder)
        change(office)
        server.spoil = lambda name, data: spoil(data) if name == path else data
        assert refused(options).doubt is doubt
        assert tree(folder) == before
        server.spoil = lambda _, data: data
        sync(options, now=lambda: NOW)
    assert titles(folder)["changsha-000000000001"] == "第 1 课，改"


def test_a_snapshot_spoilt_on_the_way_to_a_new_station(office: Library, folder: Path) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.spoil = lambda name, data: flipped(data) if "releases/1.json" in name else data
        assert refused(office.options(folder, url)).doubt is Doubt.MIXED
    assert tree(folder) == {}


@pytest.mark.parametrize("kind", [".m4s", ".m3u8", ".jpg"])
def test_a_spoilt_object_keeps_its_lesson_away_and_no_other(
    office: Library, folder: Path, kind: str
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.spoil = lambda name, data: (
            flipped(data) if "000000000001" in name and name.endswith(kind) else data
        )
        assert refused(office.options(folder, url)).doubt is Doubt.MIXED
        assert set(titles(folder)) == {"changsha-000000000000", "changsha-000000000002"}
        server.spoil = lambda _, data: data
        sync(office.options(folder, url), now=lambda: NOW)
    assert len(whole(folder)) == len(titles(folder)) == 3


def test_a_changed_lesson_that_is_spoilt_stays_as_it_was(office: Library, folder: Path) -> None:
    with serving(Path(office.store.url)) as (url, server):
        options = office.options(folder, url)
        sync(options, now=lambda: NOW)
        before = titles(folder)
        change(office)
        server.spoil = lambda name, data: flipped(data) if name.endswith(".m4s") else data
        refused(options)
    assert titles(folder) == before


def test_a_bomb_in_place_of_a_playlist_is_not_unfolded(office: Library, folder: Path) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    with serving(Path(office.store.url)) as (url, server):
        server.spoil = lambda name, data: bomb if name.endswith("m3u8") else data
        assert refused(office.options(folder, url)).doubt is Doubt.MIXED
        assert server.sent < 1_000_000
    assert titles(folder) == {}


# --- replayed, of another library, expired -------------------------------------------------------


def test_an_old_pointer_is_refused(office: Library, folder: Path) -> None:
    options = office.options(folder)
    old = office.store.get(POINTER).data
    change(office)
    sync(options, now=lambda: NOW)
    before = tree(folder)
    office.store.put(POINTER, old, type="application/json")
    assert refused(options).doubt is Doubt.OLDER
    assert tree(folder) == before


def test_another_librarys_pointer_is_refused(office: Library, folder: Path, tmp_path: Path) -> None:
    options = office.options(folder)
    sync(options, now=lambda: NOW)
    before = tree(folder)
    other = library(tmp_path / "other")
    other.key = office.key
    for number in range(3):
        other.publish(number, f"别处 {number}", size=200)
    other.release()
    other.renew(NOW)
    assert refused(replace(options, url=other.store.url)).doubt is Doubt.LIBRARY
    assert tree(folder) == before


@pytest.mark.parametrize("tagged", [True, False])
def test_an_expired_catalog_is_refused_though_nothing_changed(
    office: Library, folder: Path, tagged: bool
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.tags = tagged
        options = office.options(folder, url)
        sync(options, now=lambda: NOW)
        before = tree(folder)
        assert refused(options, NOW + timedelta(days=31)).doubt is Doubt.EXPIRED
    assert tree(folder) == before


def test_a_clock_far_behind_is_told(office: Library, folder: Path) -> None:
    assert refused(office.options(folder), NOW - timedelta(days=2)).doubt is Doubt.CLOCK
    sync(office.options(folder), now=lambda: NOW - timedelta(hours=20))


def test_a_release_that_leads_out_of_its_folder_is_refused(
    office: Library, folder: Path, tmp_path: Path
) -> None:
    """Signed, so by an office that was broken into: still nothing lands elsewhere."""
    lesson = "changsha-000000000001"
    store = FolderStore(Path(office.store.url))
    name = f"lessons/{lesson}/releases/1.json"
    release = json.loads(store.get(name).data)
    release["objects"][0]["path"] = "lesson.json"
    text = json.dumps(release, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    (Path(store.url) / name).write_text(text + "\n", encoding="utf-8")
    office.lessons[lesson] = 1
    rebuilt = Library(store, office.key, {lesson: 1})
    rebuilt.lessons = {}
    rebuilt.release()
    rebuilt.lessons = dict(office.lessons)
    rebuilt.release()
    assert refused(office.options(folder)).doubt is Doubt.MIXED
    assert set(titles(folder)) == {"changsha-000000000000", "changsha-000000000002"}
