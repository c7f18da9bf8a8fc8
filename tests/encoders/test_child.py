"""`python -m encoders TASK.json`, as the farm starts it."""

import json
import resource
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from encoders import wire
from encoders.chunk import encode_chunk
from encoders.envelope import dump_task, load_task
from encoders.tasks import ChunkResult, ChunkTask, InspectTask, Limits, Poster
from tests.encoders.chunking import encoded, tasks
from tests.media import lecture


@pytest.fixture
def task(tmp_path: Path) -> ChunkTask:
    path = lecture(tmp_path / "a.mp4", seconds=2, size=(192, 108))
    (task,) = tasks(path, rate=25, slots=50)
    folder = tmp_path / "out"
    folder.mkdir()
    return replace(task, folder=str(folder), poster=Poster("poster", 7, 96, 54), checks=True)


def child(task_file: Path, largest: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run to its end; no file may grow beyond `largest` bytes, as if the disk were full."""

    def limit() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    return subprocess.run(
        [sys.executable, "-m", "encoders", str(task_file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limit,
    )


def request(task: ChunkTask | InspectTask, folder: Path) -> Path:
    path = folder / "TASK.json"
    path.write_bytes(dump_task(task))
    return path


def test_a_task_becomes_a_result(task: ChunkTask, tmp_path: Path) -> None:
    ended = child(request(task, tmp_path))
    assert (ended.returncode, ended.stderr) == (0, "")
    result = wire.read(tmp_path / "RESULT.json", ChunkResult)
    here = encoded(replace(task, folder=str(tmp_path / "here")), tmp_path / "here")
    assert replace(result, cpu={}) == replace(here, cpu={})
    assert set(result.cpu) == {"decode", "scale", "encode", "pictures", "other"}
    made = {path.name for path in Path(task.folder).iterdir()}
    assert made == {path.name for path in (tmp_path / "here").iterdir()}
    assert not any(name.endswith(".part") for name in made)


def test_standard_output_is_progress_and_nothing_else(task: ChunkTask, tmp_path: Path) -> None:
    ended = child(request(task, tmp_path))
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert lines
    done = [line.pop("done") for line in lines]
    assert lines == [{}] * len(lines)
    assert done == sorted(done)
    assert all(0 <= one <= 1 for one in done)


def test_one_picture_for_a_long_time_is_still_progress(tmp_path: Path) -> None:
    """Nothing comes from the decoder while a still is encoded, and the child is not hung."""
    path = lecture(tmp_path / "a.mkv", size=(192, 108), times=[Fraction(0), Fraction(60)])
    (task,) = tasks(path, rate=25, slots=1500)
    told: list[float] = []
    (tmp_path / "out").mkdir()
    encode_chunk(replace(task, folder=str(tmp_path / "out")), told.append)
    assert len(told) >= 1500
    assert told == sorted(told)


@pytest.mark.parametrize("largest", [0, 500, 3_000])
def test_a_full_disk_is_a_failure_and_never_a_result(
    task: ChunkTask, largest: int, tmp_path: Path
) -> None:
    ended = child(request(task, tmp_path), largest)
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "RESULT.json").exists()


def test_a_source_that_cannot_be_read_is_said_in_one_line(task: ChunkTask, tmp_path: Path) -> None:
    gone = replace(task, source=replace(task.source, path=str(tmp_path / "gone.mp4")))
    ended = child(request(gone, tmp_path))
    assert ended.returncode == 1
    assert "gone.mp4" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_an_unexpected_error_shows_its_traceback_after_the_plain_line(
    task: ChunkTask, tmp_path: Path
) -> None:
    ended = child(request(replace(task, poster=Poster("poster", 99, 96, 54)), tmp_path))
    assert ended.returncode == 1
    first, *rest = ended.stderr.splitlines()
    assert "slot 99" in first
    assert rest[0].startswith("Traceback")
    assert not (tmp_path / "RESULT.json").exists()


def test_a_wrong_command_line_is_a_usage_error() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "encoders"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "usage" in ended.stderr


def test_tasks_travel_unchanged(task: ChunkTask) -> None:
    for one in (task, InspectTask("a.mp4", Limits())):
        assert load_task(dump_task(one)) == one


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b'{"kind":"other","task":{}}', b'{"kind":"chunk","task":{"first":"x"}}']
)
def test_what_is_not_a_task_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        load_task(data)
