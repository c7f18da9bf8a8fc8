"""What every store promises: a folder, a real S3 server, and that server over a bad network."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from farm.errors import Conflict, NotFound, StoreError, Unknown
from farm.store import Store
from farm.store.s3 import S3Store

WRITERS = 16
OCTETS = "application/octet-stream"
JSON = "application/json"
HLS = "application/vnd.apple.mpegurl"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def race(write: Callable[[int], object]) -> list[int]:
    """The writers that won, of many who wrote at the same moment."""
    ready = Barrier(WRITERS)

    def attempt(n: int) -> bool:
        ready.wait()
        try:
            write(n)
        except (Conflict, Unknown):
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as writers:
        return [n for n, won in enumerate(writers.map(attempt, range(WRITERS))) if won]


def test_a_fit_store_passes_its_probe_and_is_left_empty(store: Store) -> None:
    store.probe()
    assert list(store.list("")) == []


def test_what_was_put_is_got(store: Store) -> None:
    tag = store.put("lessons/a/media/0-0123456789ab.m4s", b"\x00segment", type="video/iso.segment")
    stored = store.get("lessons/a/media/0-0123456789ab.m4s")
    assert stored.data == b"\x00segment"
    assert stored.tag == tag


def test_a_put_replaces(store: Store) -> None:
    first = store.put("page.html", b"first", type="text/html")
    second = store.put("page.html", b"second", type="text/html")
    assert first != second
    assert store.get("page.html").data == b"second"


def test_a_file_is_put_and_fetched(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(300_000))
    store.put("cache/sources/x", source, type=OCTETS)
    copy = tmp_path / "copies" / "copy"
    copy.parent.mkdir()
    store.fetch("cache/sources/x", copy)
    assert copy.read_bytes() == source.read_bytes()
    assert list(copy.parent.iterdir()) == [copy]


def test_an_empty_object_is_an_object(store: Store, tmp_path: Path) -> None:
    store.put("cache/empty", b"", type=OCTETS)
    assert store.get("cache/empty").data == b""
    store.fetch("cache/empty", tmp_path / "empty")
    assert (tmp_path / "empty").read_bytes() == b""


def test_head_tells_size_hash_type_and_tag(store: Store) -> None:
    tag = store.put("a/b/c-0123456789ab.jpg", b"picture", type="image/jpeg")
    info = store.head("a/b/c-0123456789ab.jpg")
    assert info is not None
    assert (info.name, info.size, info.sha256) == ("a/b/c-0123456789ab.jpg", 7, sha256(b"picture"))
    assert (info.type, info.tag) == ("image/jpeg", tag)
    assert info.modified > 1_600_000_000


def test_what_is_not_there(store: Store, tmp_path: Path) -> None:
    store.put("a/there", b"x", type=OCTETS)
    for name in ("missing", "a/missing", "missing/too"):
        assert store.head(name) is None
        store.delete(name)
        with pytest.raises(NotFound, match=name):
            store.get(name)
        with pytest.raises(NotFound, match=name):
            store.fetch(name, tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    assert list(store.list("missing/")) == []


def test_a_list_is_in_order_and_of_a_prefix(store: Store) -> None:
    names = [
        "a/1.json",
        "a/10.json",
        "a/2.json",
        "a/b/c/d.json",
        "ab.json",
        "b/é.json",
        "b/农.json",
    ]
    for name in reversed(names):
        store.put(name, name.encode(), type=OCTETS)
    assert [info.name for info in store.list("")] == names
    assert [info.name for info in store.list("a/")] == names[:4]
    assert [info.name for info in store.list("a")] == names[:5]
    assert [info.name for info in store.list("a/1")] == names[:2]
    sizes = {info.name: info.size for info in store.list("b/")}
    assert sizes == {name: len(name.encode()) for name in names[5:]}


def test_a_deleted_object_is_gone(store: Store) -> None:
    store.put("a/b", b"x", type=OCTETS)
    store.delete("a/b")
    assert store.head("a/b") is None
    assert list(store.list("")) == []
    store.put("a/b", b"again", type=OCTETS, if_absent=True)


def test_text_comes_back_as_it_went(store: Store, tmp_path: Path) -> None:
    playlist = "#EXTM3U\n" + "#EXTINF:6.000,\n农-0123456789ab.m4s\n" * 500
    store.put("lessons/a/master.m3u8", playlist.encode(), type=HLS)
    assert store.get("lessons/a/master.m3u8").data.decode() == playlist
    store.fetch("lessons/a/master.m3u8", tmp_path / "copy")
    assert (tmp_path / "copy").read_text(encoding="utf-8") == playlist
    info = store.head("lessons/a/master.m3u8")
    assert info is not None
    assert info.type == HLS


@pytest.mark.parametrize("name", ["课件/第 1 课.json", "a+b/c d&e=f?g#h.json", "ö/%2e%2e/x.json"])
def test_names_are_what_they_look_like(store: Store, name: str) -> None:
    store.put(name, b"{}", type=JSON)
    assert store.get(name).data == b"{}"
    assert [info.name for info in store.list("")] == [name]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "/",
            "/etc/passwd",
            "a//b",
            "a/",
            "..",
            "../x",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a/./b",
        ),
        *(".store/locks/1", "a/.hidden", "a\0b", "a\nb", "a\\..\\b", "\udcff", "x" * 201),
        "/".join(["x" * 100] * 9),
    ],
)
def test_names_that_are_none_are_refused(store: Store, name: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be the name"):
        store.put(name, b"x", type=OCTETS)
    with pytest.raises(StoreError, match="cannot be the name"):
        store.get(name)
    with pytest.raises(StoreError, match="cannot be the name"):
        store.head(name)
    with pytest.raises(StoreError, match="cannot be the name"):
        store.delete(name)
    with pytest.raises(StoreError, match="cannot be the name"):
        store.fetch(name, tmp_path / "x")


def test_a_file_that_is_gone_is_not_put(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere") as caught:
        store.put("a", tmp_path / "nowhere", type=OCTETS)
    assert not isinstance(caught.value, NotFound)
    assert store.head("a") is None


def test_if_absent_writes_once(store: Store) -> None:
    store.put("releases/1.json", b"first", type=JSON, if_absent=True)
    with pytest.raises(Conflict):
        store.put("releases/1.json", b"second", type=JSON, if_absent=True)
    assert store.get("releases/1.json").data == b"first"


def test_the_same_bytes_again_are_a_conflict_too(store: Store) -> None:
    store.put("releases/1.json", b"same", type=JSON, if_absent=True)
    with pytest.raises(Conflict):
        store.put("releases/1.json", b"same", type=JSON, if_absent=True)


def test_if_match_writes_over_that_version_alone(store: Store) -> None:
    first = store.put("pointer.json", b"1", type=JSON)
    second = store.put("pointer.json", b"2", type=JSON, if_match=first)
    with pytest.raises(Conflict):
        store.put("pointer.json", b"3", type=JSON, if_match=first)
    store.put("pointer.json", b"4", type=JSON, if_match=second)
    assert store.get("pointer.json").data == b"4"


def test_if_match_does_not_create(store: Store) -> None:
    tag = store.put("pointer.json", b"1", type=JSON)
    store.delete("pointer.json")
    with pytest.raises(Conflict):
        store.put("pointer.json", b"2", type=JSON, if_match=tag)
    assert store.head("pointer.json") is None


def test_a_tag_from_a_listing_or_a_look_is_as_good(store: Store) -> None:
    store.put("pointer.json", b"1", type=JSON)
    (listed,) = store.list("")
    store.put("pointer.json", b"2", type=JSON, if_match=listed.tag)
    info = store.head("pointer.json")
    assert info is not None
    store.put("pointer.json", b"3", type=JSON, if_match=info.tag)


def test_a_race_to_create_has_one_winner(store: Store) -> None:
    def create(n: int) -> None:
        store.put("releases/1.json", b"writer %d" % n, type=JSON, if_absent=True)

    (winner,) = race(create)
    assert store.get("releases/1.json").data == b"writer %d" % winner


def test_a_race_of_equal_bytes_has_one_winner(store: Store) -> None:
    assert len(race(lambda _: store.put("r.json", b"same", type=JSON, if_absent=True))) == 1


def test_a_race_to_replace_has_one_winner(store: Store) -> None:
    tag = store.put("pointer.json", b"start", type=JSON)

    def replace(n: int) -> None:
        store.put("pointer.json", b"writer %d" % n, type=JSON, if_match=tag)

    (winner,) = race(replace)
    assert store.get("pointer.json").data == b"writer %d" % winner


def test_a_counter_loses_no_step(store: Store) -> None:
    """Where an answer is lost and others write on, a step may count twice, and says so."""
    store.put("counter.json", b"0", type=JSON)

    def step(_: int) -> int:
        unknown = 0
        while True:
            seen = store.get("counter.json")
            data = b"%d" % (int(seen.data) + 1)
            try:
                store.put("counter.json", data, type=JSON, if_match=seen.tag)
            except Conflict:
                continue
            except Unknown:
                unknown += 1
                continue
            return unknown

    with ThreadPoolExecutor(4) as steps:
        unknown = sum(steps.map(step, range(12)))
    assert 12 <= int(store.get("counter.json").data) <= 12 + unknown


def test_a_large_file_goes_whole(store: Store, tmp_path: Path) -> None:
    """Over the size from which an S3 store sends parts."""
    source = tmp_path / "source"
    with source.open("wb") as file:
        for n in range(37):
            file.write(hashlib.sha256(b"%d" % n).digest() * (1 << 15))
    store.put("cache/sources/big", source, type=OCTETS)
    info = store.head("cache/sources/big")
    assert info is not None
    assert info.size == source.stat().st_size
    assert info.sha256 == sha256(source.read_bytes())
    store.fetch("cache/sources/big", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_a_large_file_obeys_conditions(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(7 << 20))
    tag = store.put("disc.iso", source, type=OCTETS, if_absent=True)
    with pytest.raises(Conflict):
        store.put("disc.iso", source, type=OCTETS, if_absent=True)
    store.put("disc.iso", source, type=OCTETS, if_match=tag)


def test_the_url_opens_the_same_store(store: Store) -> None:
    from farm.store import open_store

    store.put("a.json", b"{}", type=JSON)
    again = open_store(store.url)
    assert again.url == store.url
    if not isinstance(again, S3Store):
        assert again.get("a.json").data == b"{}"
