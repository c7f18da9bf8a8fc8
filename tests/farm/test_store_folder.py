"""A folder as a store: disks that fill, processes that die, permissions, and what lies about."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from farm.errors import Conflict, StoreError
from farm.store import open_store
from farm.store.folder import ABANDONED, FolderStore

OCTETS = "application/octet-stream"


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "library")


def files(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "locks" not in path.parts
    )


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_urls(tmp_path: Path, form: str) -> None:
    library = tmp_path / "课件 1%"
    quoted = str(library) if form == "{}" else str(library).replace("%", "%25")
    store = open_store(form.format(quoted))
    assert store.url == str(library)
    store.put("a.json", b"{}", type="application/json")
    assert (library / "a.json").read_bytes() == b"{}"


def test_a_relative_path_stays_where_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store("./library").url == str(tmp_path / "library")


@pytest.mark.parametrize("url", ["http://host/x", "file://host/x", "ftp://x", "s3://", "s3:///x"])
def test_urls_that_are_no_store(url: str) -> None:
    with pytest.raises(StoreError, match=r"no .*store"):
        open_store(url)


def test_everything_is_plain_and_readable_by_a_web_server(folder: FolderStore) -> None:
    before = os.umask(0o077)
    try:
        folder.put("lessons/a/master.m3u8", b"#EXTM3U\n", type="application/vnd.apple.mpegurl")
    finally:
        os.umask(before)
    root = Path(folder.url)
    assert (root / "lessons/a/master.m3u8").read_bytes() == b"#EXTM3U\n"
    assert stat.S_IMODE((root / "lessons/a/master.m3u8").stat().st_mode) == 0o644
    for path in (root, root / "lessons", root / "lessons/a"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_nothing_lies_about_after_a_write(folder: FolderStore, tmp_path: Path) -> None:
    folder.probe()
    tag = folder.put("a/b.json", b"{}", type="application/json")
    with pytest.raises(Conflict):
        folder.put("a/b.json", b"{}", type="application/json", if_absent=True)
    folder.put("a/b.json", b"[]", type="application/json", if_match=tag)
    assert files(tmp_path / "library") == ["a/b.json"]


def test_what_others_put_beside_is_left_alone(folder: FolderStore, tmp_path: Path) -> None:
    folder.put("a.json", b"{}", type="application/json")
    (tmp_path / "library/.DS_Store").write_bytes(b"x")
    (tmp_path / "library/.git").mkdir()
    (tmp_path / "library/.git/config").write_bytes(b"x")
    assert [info.name for info in folder.list("")] == ["a.json"]


def test_a_file_where_a_folder_should_be(tmp_path: Path, folder: FolderStore) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(StoreError, match="should be a folder"):
        FolderStore(tmp_path / "file").probe()
    folder.put("a", b"x", type=OCTETS)
    with pytest.raises(StoreError, match="should be a folder"):
        folder.put("a/b", b"x", type=OCTETS)


def _count(arguments: tuple[str, int]) -> int:
    url, steps = arguments
    store, done = open_store(url), 0
    while done < steps:
        seen = store.get("counter")
        try:
            store.put("counter", b"%d" % (int(seen.data) + 1), type=OCTETS, if_match=seen.tag)
        except Conflict:
            continue
        done += 1
    return done


def test_processes_lose_no_step(folder: FolderStore) -> None:
    folder.put("counter", b"0", type=OCTETS)
    with get_context("spawn").Pool(4) as pool:
        assert sum(pool.map(_count, [(folder.url, 20)] * 4)) == 80
    assert folder.get("counter").data == b"80"


def test_a_reader_sees_whole_versions_alone(folder: FolderStore) -> None:
    versions = [bytes([n]) * 100_000 for n in range(40)]
    folder.put("page", versions[0], type=OCTETS)

    def read(_: int) -> bool:
        data = folder.get("page").data
        return data in versions

    with ThreadPoolExecutor(4) as pool:
        reads = pool.map(read, range(400))
        for version in versions[1:]:
            folder.put("page", version, type=OCTETS)
        assert all(reads)


WRITE_FOREVER = """
import sys
from pathlib import Path
from farm.store import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
while True:
    store.put("big", Path(sys.argv[2]), type="application/octet-stream")
"""


def test_a_killed_writer_leaves_nothing_visible(tmp_path: Path, folder: FolderStore) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(30 << 20))
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOREVER, folder.url, str(source)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    parts = tmp_path / "library/.store/parts"
    deadline = time.monotonic() + 30
    while not any(parts.glob("*.part")):
        assert time.monotonic() < deadline
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert folder.head("big") is None or folder.get("big").data == source.read_bytes()
    left = list(parts.glob("*.part"))
    for part in left:
        os.utime(part, (0, 0))
    folder.probe()
    assert not any(parts.glob("*.part"))


def test_a_part_in_use_is_not_swept(tmp_path: Path, folder: FolderStore) -> None:
    """However long a large recording takes."""
    folder.probe()
    parts = tmp_path / "library/.store/parts"
    source = tmp_path / "source"
    source.write_bytes(b"x" * (8 << 20))
    with folder._part(source):
        (part,) = parts.glob("*.part")
        os.utime(part, (0, time.time() - 10 * ABANDONED))
        folder.probe()
        assert part.exists()
    assert not part.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk to fill")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    store = FolderStore(small_disk / "library")
    store.put("old", b"old" * 100, type=OCTETS)
    for condition in ({}, {"if_absent": True}):
        with pytest.raises(StoreError, match="is full; free some space") as caught:
            store.put("big", bytes(2 << 20), type=OCTETS, **condition)
        assert caught.value.status == 5
    assert store.head("big") is None
    assert files(small_disk) == ["library/old"]
    assert store.get("old").data == b"old" * 100
    store.put("big", bytes(200_000), type=OCTETS)


def test_a_full_disk_keeps_the_old_version(small_disk: Path) -> None:
    store = FolderStore(small_disk / "library")
    tag = store.put("page", b"old", type=OCTETS)
    with pytest.raises(StoreError, match="full"):
        store.put("page", bytes(2 << 20), type=OCTETS, if_match=tag)
    assert (store.get("page").data, store.get("page").tag) == (b"old", tag)


def test_a_disk_that_may_not_be_written(small_disk: Path) -> None:
    store = FolderStore(small_disk / "library")
    store.put("page", b"old", type=OCTETS)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError, match="check the owner and permissions"):
        store.put("page", b"new", type=OCTETS)
    with pytest.raises(StoreError, match="check the owner and permissions"):
        store.probe()
    assert store.get("page").data == b"old"


def test_a_store_across_disks_is_explained(small_disk: Path, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with pytest.raises(StoreError, match="several file systems"):
        store.put("disk/page", b"x", type=OCTETS)
    assert files(small_disk) == []
