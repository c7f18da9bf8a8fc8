"""Recordings on machines they were not handed in on: the right file, fetched once, not for ever."""

import fcntl
import hashlib
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from fractions import Fraction
from pathlib import Path

import pytest

from encoders.tasks import SubtitleTask
from farm import sources
from farm.errand import Errand
from farm.errors import EncodeFailed
from farm.model import Metadata, Recording
from farm.plan import Material
from farm.sources import OLD, SPARE, local_source, share, this_machine
from farm.store.folder import FolderStore
from workers.errors import Retryable

REPOSITORY = Path(__file__).resolve().parents[2]
ELSEWHERE = "another machine"


class CountingStore(FolderStore):
    """Counts what is fetched, which takes a while."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.fetched: list[str] = []

    def fetch(self, name: str, path: Path) -> None:
        self.fetched.append(name)
        time.sleep(0.05)
        super().fetch(name, path)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path / "library")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def hand_in(store: FolderStore, folder: Path, content: bytes, name: str = "00001.MTS") -> Recording:
    """A recording on the submitting machine, shared."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    metadata = Metadata(title="番茄", base="test")
    recording = Recording(path, len(content), sha256, "2024-05-01", metadata)
    share(store, Material(str(path), sha256, len(content)))
    return recording


def found(
    store: FolderStore, recording: Recording, work: Path, machine: str = ELSEWHERE
) -> AbstractContextManager[Path]:
    path, sha256, size = str(recording.path), recording.sha256, recording.size
    return local_source(store, path, sha256, size, work, machine)


def several(store: FolderStore, folder: Path, count: int) -> list[Recording]:
    """Recordings that are nowhere but in the store."""
    made = [hand_in(store, folder, bytes([65 + n]) * 1000, f"{n}.mts") for n in range(count)]
    for recording in made:
        recording.path.unlink()
    return made


def fetch(store: FolderStore, work: Path, *recordings: Recording) -> None:
    for recording in recordings:
        with found(store, recording, work) as path:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == recording.sha256


def copies(work: Path) -> set[str]:
    return {path.name for path in (work / "sources").iterdir() if len(path.name) == 64}


def names(*recordings: Recording) -> set[str]:
    return {recording.sha256 for recording in recordings}


def everything(work: Path) -> set[str]:
    """Files but for the one lock that always stays."""
    files = {path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file()}
    return files - {"sources/fetching"}


def last_used(work: Path, recording: Recording, ago: float) -> None:
    when = time.time() - ago
    os.utime(work / "sources" / recording.sha256, (when, when))


# --- which file -----------------------------------------------------------------------------------


def test_where_it_was_handed_in_it_is_used_as_it_is(
    store: CountingStore, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = hand_in(store, tmp_path / "card", b"a lecture")
    monkeypatch.setattr(sources, "_sha256", lambda path: pytest.fail(f"{path} is hashed again"))
    with found(store, recording, work, this_machine()) as path:
        assert path == recording.path
    assert not work.exists()


def test_another_machines_file_of_the_same_name_and_size_is_not_taken(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    recording = hand_in(store, tmp_path / "card", b"a lecture")
    recording.path.write_bytes(b"b LECTURE")
    for _ in range(2):
        with found(store, recording, work) as path:
            assert path.read_bytes() == b"a lecture"
    assert recording.path.read_bytes() == b"b LECTURE"


@pytest.mark.parametrize("content", [b"a lecture", b"b LECTURE"], ids=["same", "other"])
def test_a_file_on_a_shared_disk_is_hashed_once_for_all_tasks(
    store: CountingStore,
    tmp_path: Path,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
) -> None:
    recording = hand_in(store, tmp_path / "disk", b"a lecture")
    recording.path.write_bytes(content)
    hashed: list[Path] = []
    real = sources._sha256

    def slow(path: Path) -> str:
        hashed.append(path)
        time.sleep(0.05)
        return real(path)

    monkeypatch.setattr(sources, "_sha256", slow)
    with ThreadPoolExecutor(4) as slots:
        list(slots.map(lambda _: fetch(store, work, recording), range(8)))
    assert hashed.count(recording.path) == 1
    assert len(store.fetched) == (content != b"a lecture")


def test_a_file_that_was_replaced_is_noticed_though_it_keeps_its_date(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    recording = hand_in(store, tmp_path / "disk", b"a lecture")
    with found(store, recording, work) as path:
        assert path == recording.path
    date = recording.path.stat().st_mtime_ns
    time.sleep(0.02)  # the kernel's clock for change times is coarse
    recording.path.write_bytes(b"b LECTURE")
    os.utime(recording.path, ns=(date, date))
    with found(store, recording, work) as path:
        assert path.read_bytes() == b"a lecture"


def test_a_note_that_a_killed_process_left_empty_is_not_believed(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    recording = hand_in(store, tmp_path / "disk", b"a lecture")
    fetch(store, work, recording)
    [note] = (work / "sources").glob("*.hash")
    note.write_text("")
    with found(store, recording, work) as path:
        assert path == recording.path
    assert note.read_text() == recording.sha256


def test_an_errand_says_where_it_comes_from_wherever_it_goes() -> None:
    task = SubtitleTask("x", 0, (), Fraction(0), Fraction(1), "x", Fraction(1), "x")
    errand = Errand("x", "library", "lesson", (), task, (), frozenset(), "/tmp/work")
    assert errand.machine == this_machine()
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).machine, end='')"
    for sent in (errand, Errand("x", "library", "l", (), task, (), frozenset(), "/w", ELSEWHERE)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=pickle.dumps(sent),
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode() == sent.machine


def test_a_machine_is_the_same_to_all_its_processes() -> None:
    code = "from farm.sources import this_machine; print(this_machine(), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == this_machine()


# --- fetched once ---------------------------------------------------------------------------------


def test_slots_that_ask_at_once_share_one_copy(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    recordings = several(store, tmp_path / "card", 5)
    together = threading.Barrier(4)

    def slot(recording: Recording) -> None:
        with found(store, recording, work) as path:
            together.wait(10)
            assert path.stat().st_size == recording.size

    with ThreadPoolExecutor(4) as slots:
        for recording in recordings:
            list(slots.map(slot, [recording] * 4))
    assert len(store.fetched) == 5
    fetch(store, work, recordings[-1])
    assert len(store.fetched) == 5


def test_a_recording_that_is_nowhere(store: CountingStore, tmp_path: Path, work: Path) -> None:
    [recording] = several(store, tmp_path / "card", 1)
    store.delete(f"cache/sources/{recording.sha256}")
    with pytest.raises(EncodeFailed, match="hand it in again"), found(store, recording, work):
        pytest.fail("there is nothing to work on")


@pytest.mark.parametrize("damaged", [b"B" * 1000, b"A" * 999, b""])
def test_a_damaged_copy_in_the_store_is_not_kept(
    store: CountingStore, tmp_path: Path, work: Path, damaged: bytes
) -> None:
    [recording] = several(store, tmp_path / "card", 1)
    store.put(f"cache/sources/{recording.sha256}", damaged, type="application/octet-stream")
    with pytest.raises(EncodeFailed, match="damaged"), found(store, recording, work):
        pytest.fail("that is another recording")
    assert everything(work) <= {f"sources/{recording.sha256}.lock"}


def test_a_copy_that_a_power_cut_shortened_is_fetched_again(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    [recording] = several(store, tmp_path / "card", 1)
    fetch(store, work, recording)
    os.truncate(work / "sources" / recording.sha256, 10)
    fetch(store, work, recording)


# --- and removed ----------------------------------------------------------------------------------


def test_the_last_used_copies_are_kept(store: CountingStore, tmp_path: Path, work: Path) -> None:
    first, second, *others, last = several(store, tmp_path / "card", SPARE + 2)
    fetch(store, work, first, second, *others)
    for n, recording in enumerate((first, second, *others)):
        last_used(work, recording, 1000 - n)
    fetch(store, work, first)
    fetch(store, work, last)
    assert copies(work) == names(first, *others, last)
    assert len(everything(work)) == 2 * len(copies(work)), "locks go with their copies"


def test_what_nobody_used_for_a_day_is_removed(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    old, recent, new = several(store, tmp_path / "card", 3)
    local = hand_in(store, tmp_path / "disk", b"a lecture")
    fetch(store, work, old, recent, local)
    last_used(work, old, OLD + 60)
    last_used(work, recent, OLD - 60)
    [note] = (work / "sources").glob("*.hash")
    os.utime(note, (time.time() - OLD - 60,) * 2)
    fetch(store, work, new)
    assert copies(work) == names(recent, new)
    assert not note.exists()


def test_a_copy_in_use_stays_however_old_it_is(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    used, *others, last = several(store, tmp_path / "card", SPARE + 2)
    with found(store, used, work) as path:
        last_used(work, used, 2 * OLD)
        fetch(store, work, *others, last)
        assert path.read_bytes() == b"A" * 1000
    assert copies(work) == names(used, *others, last)


def test_where_room_is_short_no_spare_copy_stays(
    store: CountingStore, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare, used, wanted = several(store, tmp_path / "card", 3)
    fetch(store, work, spare)
    with found(store, used, work):
        usage = shutil.disk_usage(work)._replace(free=wanted.size - 1)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        with pytest.raises(Retryable, match="MB free"), found(store, wanted, work):
            pytest.fail("there is no room")
        assert copies(work) == names(used)


def test_nothing_is_swept_from_under_anybody(
    tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three slots, six recordings, and every fetch removes all copies it may."""
    store = FolderStore(tmp_path / "library")
    recordings = several(store, tmp_path / "card", 6)
    monkeypatch.setattr(sources, "SPARE", 0)

    def slot(seed: int) -> None:
        for recording in random.Random(seed).choices(recordings, k=20):
            with found(store, recording, work) as path:
                time.sleep(0.002)
                assert path.read_bytes()[:1] == bytes([65 + recordings.index(recording)])

    with ThreadPoolExecutor(3) as slots:
        list(slots.map(slot, range(3)))
    assert copies(work) < names(*recordings)


def test_a_lock_that_is_swept_before_it_is_taken_is_not_trusted(
    store: CountingStore, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, other = several(store, tmp_path / "card", 2)
    fetch(store, work, recording)
    real = fcntl.flock

    def late(file: int, operation: int) -> None:
        """A sweep, and a new fetch, just before."""
        monkeypatch.setattr(fcntl, "flock", real)
        lock = work / "sources" / f"{recording.sha256}.lock"
        lock.unlink()
        lock.touch()
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with found(store, recording, work) as path:
        last_used(work, recording, 2 * OLD)
        fetch(store, work, other)
        assert path.exists()


# --- when a process is killed ---------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from farm.sources import local_source
from farm.store import open_store
library, path, sha256, size, work = sys.argv[1:]
with local_source(open_store(library), path, sha256, int(size), Path(work), "another machine"):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(store: FolderStore, recording: Recording, work: Path) -> subprocess.Popen[str]:
    """A process that keeps the recording in use."""
    arguments = (store.url, recording.path, recording.sha256, recording.size, work)
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_copy_of_a_killed_process_is_not_in_use(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    first, second, third = several(store, tmp_path / "card", 3)
    with holder(store, first, work) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            last_used(work, first, 2 * OLD)
            fetch(store, work, second)
            assert copies(work) == names(first, second)
        finally:
            process.send_signal(signal.SIGKILL)
    fetch(store, work, third)
    assert copies(work) == names(second, third)


def test_a_killed_fetch_leaves_nothing_and_holds_up_nobody(
    store: CountingStore, tmp_path: Path, work: Path
) -> None:
    [recording] = several(store, tmp_path / "card", 1)
    stored = tmp_path / "library" / "cache" / "sources" / recording.sha256
    stored.rename(tmp_path / "aside")
    os.mkfifo(stored)  # a store that stops in the middle
    with holder(store, recording, work) as process, stored.open("wb", buffering=0) as pipe:
        pipe.write(b"A" * 500)
        deadline = time.monotonic() + 20
        while not any(name.endswith(".part") for name in everything(work)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with suppress(BrokenPipeError):
            pipe.close()
    (tmp_path / "aside").replace(stored)
    fetch(store, work, recording)
    assert everything(work) == {f"sources/{recording.sha256}{end}" for end in ("", ".lock")}
