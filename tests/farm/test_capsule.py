"""Work that failed for good can be run again from its capsule; nothing is written to the store."""

import hashlib
import json
import pickle
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from encoders.product import Tags
from encoders.tagged.task import TagTask
from encoders.tasks import Artifact, ChunkTask, SoundResult
from farm import child
from farm.capsule import (
    BadCapsule,
    Capsule,
    Tried,
    capsule_of,
    errand_of,
    read_capsule,
    write_capsule,
)
from farm.errand import Errand, perform
from farm.keys import parts_of, product_part
from farm.places import pieces
from farm.plan import Material
from farm.products.model import Input
from farm.products.order import ProductErrand
from farm.sources import share
from farm.store.folder import FolderStore
from tests.encoders.chunking import SMALL, tasks
from tests.farm_run import FARM
from tests.media import lecture
from workers.errors import Retryable
from workers.local_pool import LocalPool
from workers.model import Call, Done, Failed

TOO_LITTLE = 8 << 20
"""Bytes: no interpreter starts in that."""
ENOUGH = 600
"""MB."""
TAGS = Tags("番茄", "某市基地", "", None, "2026-03-09", "语音节目", "", "")


@dataclass(frozen=True, slots=True)
class Broken:
    """A chunk that was killed on every attempt, and what is left of it."""

    store: FolderStore
    recording: Path
    material: Material
    errand: Errand
    failures: tuple[Failed, ...]
    capsule: Path


def chunk_errand(store: FolderStore, recording: Path, work: Path) -> Errand:
    data = recording.read_bytes()
    material = Material(str(recording), hashlib.sha256(data).hexdigest(), len(data))
    (task,) = tasks(recording, rate=25, slots=50)
    return Errand(
        name="chunk 1",
        store=store.url,
        lesson="test-0123456789ab",
        materials=(material,),
        task=task,
        parts=parts_of(task, [material.sha256]),
        kept=frozenset(),
        work=str(work),
    )


def failures_of(errand: Errand) -> tuple[Failed, ...]:
    """Three attempts of it on a pool, all of which fail."""
    pool = LocalPool(1)
    for attempt in range(3):
        pool.submit(Call(f"attempt {attempt}", perform, errand))
    ends: list[Failed] = []
    while len(ends) < 3:
        for event in pool.wait(30):
            assert not isinstance(event, Done)
            ends += [event] if isinstance(event, Failed) else []
    pool.close()
    assert all(event.retry for event in ends)
    return tuple(ends)


def encapsuled(errand: Errand | ProductErrand, failures: Sequence[Failed]) -> Capsule:
    last = failures[-1]
    return capsule_of(
        errand,
        job="job-1",
        key="chunk 1",
        at=time.time(),
        node="node-a",
        attempts=tuple(
            Tried(number, "node-a", 1000.0 * number, 1000.0 * number + 9, "failed", one.error)
            for number, one in enumerate(failures, 1)
        ),
        error=last.error,
        log=getattr(last.exception, "log", ""),
    )


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    folder = tmp_path_factory.mktemp("broken")
    recording = lecture(folder / "lecture.mp4", seconds=2, size=(192, 108))
    store = FolderStore(folder / "library")
    store.put("lessons/kept.txt", b"as it was", type="text/plain")
    errand = chunk_errand(store, recording, folder / "work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "BASE_MEMORY", TOO_LITTLE // 2)
        patch.setattr(child, "PICTURES_HELD", 0)
        failures = failures_of(errand)
        capsule = encapsuled(errand, failures)
    path = write_capsule(folder / "capsules", capsule)
    return Broken(store, recording, errand.materials[0], errand, failures, path)


def replayed(capsule: Path, work: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(FARM), "replay", str(capsule), "--work", str(work), *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def everything(store: FolderStore) -> dict[str, bytes]:
    root = Path(store.url.removeprefix("file://"))
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def unknown_recording(capsule: Path, folder: Path) -> Path:
    """The same capsule on a machine that has no such file."""
    text = capsule.read_text(encoding="utf-8")
    known = read_capsule(capsule)
    (material,) = known.inputs
    moved = folder / "moved.json"
    moved.write_text(text.replace(material.name, "/nowhere/lecture.mp4"), encoding="utf-8")
    return moved


# --- what a capsule holds -------------------------------------------------------------------------


def test_it_says_all_that_is_known(broken: Broken) -> None:
    written = json.loads(broken.capsule.read_text(encoding="utf-8"))
    assert written["format"] == "courseware-capsule-1"
    assert (written["job"], written["key"], written["node"]) == ("job-1", "chunk 1", "node-a")
    assert written["kind"] == "chunk hls 160x90 1"
    assert [one["sha256"] for one in written["inputs"]] == [broken.material.sha256]
    assert len(written["attempts"]) == 3
    assert all("memory" in one["error"] for one in written["attempts"])
    assert written["limits"]["memory"] == TOO_LITTLE
    assert written["log"].startswith("used more than 8 MB of memory; 0% done")
    assert all(written["versions"][name] for name in ("farm", "build", "ffmpeg", "python"))


def test_only_its_owner_may_read_it(broken: Broken) -> None:
    assert broken.capsule.stat().st_mode & 0o077 == 0
    assert [path.name for path in broken.capsule.parent.iterdir()] == [broken.capsule.name]


def test_the_task_comes_back_as_it_was(broken: Broken) -> None:
    back = errand_of(read_capsule(broken.capsule))
    assert isinstance(back, Errand)
    assert replace(back, work=broken.errand.work, machine=broken.errand.machine) == broken.errand


@pytest.mark.parametrize("log", ["", "x" * 40_000 + "the last words"])
def test_the_log_travels_with_the_exception_and_is_cut_at_its_start(
    broken: Broken, log: str
) -> None:
    error = Retryable("killed")
    error.log = log
    back = pickle.loads(pickle.dumps(error))
    assert back.log == log
    capsule = capsule_of(
        broken.errand, job="j", key="k", at=0.0, attempts=(), error="e", log=back.log
    )
    assert len(capsule.log) == min(len(log), 16384)
    assert log.endswith(capsule.log)


def test_what_a_child_says_is_in_the_log(tmp_path: Path) -> None:
    """A recording that stops being one after it was planned: the child exits by itself."""
    recording = lecture(tmp_path / "lecture.mp4", seconds=2, size=(192, 108))
    (task,) = tasks(recording, rate=25, slots=50)
    recording.write_bytes(b"<html>404</html>" * 99)
    folder = tmp_path / "made"
    folder.mkdir()
    with pytest.raises(child.EncodeFailed) as caught:
        child.run_task(
            replace(task, folder=str(folder)), object, [recording], folder, lambda _: None
        )
    assert "exited with status 1" in caught.value.log
    assert "Traceback" in caught.value.log


@pytest.mark.parametrize(
    ("text", "why"),
    [("{}", "no failure capsule"), ("not JSON", "no failure capsule"), (None, "cannot be read")],
)
def test_what_is_no_capsule_is_refused(tmp_path: Path, text: str | None, why: str) -> None:
    path = tmp_path / "capsule.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadCapsule, match=why):
        read_capsule(path)


def test_another_format_and_an_unknown_task_are_refused(broken: Broken, tmp_path: Path) -> None:
    text = broken.capsule.read_text(encoding="utf-8")
    later = tmp_path / "later.json"
    later.write_text(text.replace("courseware-capsule-1", "courseware-capsule-9"))
    with pytest.raises(BadCapsule, match="courseware-capsule-9"):
        read_capsule(later)
    later.write_text(text.replace("ChunkTask", "HologramTask"))
    with pytest.raises(BadCapsule, match="HologramTask"):
        errand_of(read_capsule(later))


# --- farm replay ----------------------------------------------------------------------------------


def test_it_fails_again_as_it_failed_and_says_how(broken: Broken, tmp_path: Path) -> None:
    before = everything(broken.store)
    done = replayed(broken.capsule, tmp_path / "work")
    assert done.returncode == 4, done.stderr
    assert "It fails again: encode of pictures 0 to 50: used more than 8 MB" in done.stdout
    assert "of 8 MB allowed" in done.stdout
    assert "attempt 3 on node-a" in done.stderr
    assert everything(broken.store) == before


def test_with_more_memory_it_succeeds_and_stores_nothing(broken: Broken, tmp_path: Path) -> None:
    before = everything(broken.store)
    done = replayed(broken.capsule, tmp_path / "work", "--memory", str(ENOUGH))
    assert done.returncode == 0, done.stderr
    assert "It succeeds here." in done.stdout
    assert "exit status 0; peak memory" in done.stdout
    assert everything(broken.store) == before
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]


def test_without_its_recording_it_says_what_is_missing(broken: Broken, tmp_path: Path) -> None:
    moved = unknown_recording(broken.capsule, tmp_path)
    done = replayed(moved, tmp_path / "work")
    assert done.returncode == 2
    assert "--recording" in done.stderr
    assert broken.material.sha256[:12] in done.stderr
    assert "Traceback" not in done.stderr


def test_another_file_of_that_size_is_not_taken_for_it(broken: Broken, tmp_path: Path) -> None:
    moved = unknown_recording(broken.capsule, tmp_path)
    other = tmp_path / "other.mp4"
    other.write_bytes(bytes(broken.material.size))
    done = replayed(moved, tmp_path / "work", "--recording", str(other))
    assert done.returncode == 2


def test_a_given_recording_is_known_by_its_hash(broken: Broken, tmp_path: Path) -> None:
    moved = unknown_recording(broken.capsule, tmp_path)
    renamed = tmp_path / "from the base.bin"
    renamed.write_bytes(broken.recording.read_bytes())
    options = ("--recording", str(renamed), "--memory", str(ENOUGH))
    assert replayed(moved, tmp_path / "work", *options).returncode == 0


def test_the_store_lends_what_was_shared_with_workers(broken: Broken, tmp_path: Path) -> None:
    moved = unknown_recording(broken.capsule, tmp_path)
    store = FolderStore(tmp_path / "library")
    share(store, broken.material)
    options = ("--store", store.url, "--memory", str(ENOUGH))
    assert replayed(moved, tmp_path / "work", *options).returncode == 0


def test_a_product_is_made_of_the_pieces_in_the_store(tmp_path: Path) -> None:
    """The sound is no sound, so that the product fails wherever it is made."""
    store = FolderStore(tmp_path / "library")
    data = b"no sound at all" * 50
    file = Artifact("sound-0.mp3", len(data), hashlib.sha256(data).hexdigest(), "audio/mpeg")
    name = f"{pieces('test-0')}{file.name}"
    store.put(name, data, type=file.type)
    sound = SoundResult(file, "mp3", 48000, 48000, 0, Fraction(0), None, None, 0, {})
    task = TagTask("audio", "mp3", sound, (), None, TAGS, inputs="", folder="")
    errand = ProductErrand(
        store.url, "test-0", task, (Input(name, file),), product_part(task, ()), str(tmp_path / "w")
    )
    capsule = capsule_of(
        errand, job="j", key="audio", at=time.time(), attempts=(), error="it failed", log=""
    )
    path = write_capsule(tmp_path / "capsules", capsule)
    assert capsule.kind == "product tag"
    assert replace(errand_of(read_capsule(path)), work=errand.work) == errand
    before = everything(store)
    done = replayed(path, tmp_path / "work")
    assert done.returncode == 4, done.stderr
    assert "It fails again: The tag task failed" in done.stdout
    assert everything(store) == before


def test_kinds_tell_ways_sizes_and_counts(broken: Broken) -> None:
    assert isinstance(broken.errand.task, ChunkTask)
    larger = replace(SMALL, name="large", width=1280, height=720)
    task = replace(broken.errand.task, renditions=(SMALL, larger))
    errand = replace(broken.errand, task=task)
    capsule = capsule_of(errand, job="j", key="k", at=0.0, attempts=(), error="e", log="")
    assert capsule.kind == "chunk hls 1280x720 2"
