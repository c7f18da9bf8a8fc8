"""The promises of the main job: decoded once, the same bytes, nothing twice."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.farm_run import SMALL_PROFILE, command, farm_run, hashes, ran
from tests.media import lecture

SMALL = ("--profile-dir", str(SMALL_PROFILE), "--profile", "small")
SECONDS = 40


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "lecture.mp4"
    lecture(path, seconds=SECONDS, size=(320, 180), rate=25, gop=50)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Path:
    folder = tmp_path_factory.mktemp("library")
    done = farm_run(recording, folder, "--workers", "2", *SMALL, work=folder / "work")
    assert done.published["changed"]
    return folder


@pytest.mark.parametrize("gop", [50, 250])
def test_every_picture_is_decoded_once(tmp_path: Path, gop: int) -> None:
    path = tmp_path / "lecture.mp4"
    lecture(path, seconds=SECONDS, size=(320, 180), rate=25, gop=gop, b_frames=2)
    done = farm_run(path, tmp_path / "library", *SMALL, work=tmp_path / "work")
    assert done.published
    decoded = done.only("encoded")["decoded"]
    assert SECONDS * 25 <= decoded <= SECONDS * 25 * 1.05


def test_one_worker_or_two_give_the_same_bytes(
    tmp_path: Path, recording: Path, library: Path
) -> None:
    farm_run(recording, tmp_path, "--workers", "1", *SMALL, work=tmp_path / "work")
    assert hashes(tmp_path) == hashes(library)


def test_a_run_resumed_after_a_kill_gives_the_same_bytes(
    tmp_path: Path, recording: Path, library: Path
) -> None:
    arguments = command(recording, tmp_path, "--workers", "2", *SMALL, work=tmp_path / "work")
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if '"stage": "encode"' in line and '"done": 0.0,' not in line:
            break
    children = psutil.Process(running.pid).children(recursive=True)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert not list(tmp_path.glob("lessons/*/lesson.json"))
    assert farm_run(recording, tmp_path, *SMALL, work=tmp_path / "work").published
    assert hashes(tmp_path) == hashes(library)


def test_the_same_recording_again_encodes_nothing(
    tmp_path: Path, recording: Path, library: Path
) -> None:
    before = hashes(library)
    began = time.monotonic()
    done = farm_run(recording, library, *SMALL, work=tmp_path / "work")
    assert done.only("planned")["tasks"] == 0
    assert not done.published["changed"]
    assert hashes(library) == before
    assert time.monotonic() - began < 20


def test_a_changed_rung_encodes_that_rung_alone(
    tmp_path: Path, recording: Path, library: Path
) -> None:
    text = (SMALL_PROFILE / "small.toml").read_text(encoding="utf-8")
    (tmp_path / "small.toml").write_text(text.replace("maxrate = 100\n", "maxrate = 80\n"))
    before = hashes(library)
    options = ("--profile-dir", str(tmp_path), "--profile", "small")
    done = farm_run(recording, library, *options, work=tmp_path / "work")
    assert done.published["changed"]
    written = {name.split("/")[-1] for name in hashes(library).keys() - before.keys()}
    assert not [name for name in written if name.startswith(("180p-0", "audio-0", "thumb"))]
    assert [name for name in written if name.startswith("90p-0")]


def test_events_end_with_the_published_lesson(tmp_path: Path, recording: Path) -> None:
    done = farm_run(recording, tmp_path, *SMALL, "--base", "test", work=tmp_path / "work")
    last = done.events[-1]
    assert last["event"] == "published"
    assert last["lesson"].startswith("test-")
    assert (tmp_path / last["master"]).is_file()


def _stopped(process: psutil.Process) -> bool:
    """A zombie runs no more: only its parent, which is ending itself, has not looked yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_ctrl_c_stops_every_child_within_two_seconds(tmp_path: Path, recording: Path) -> None:
    arguments = command(recording, tmp_path, *SMALL, work=tmp_path / "work")
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if '"stage": "encode"' in line:
            break
    children = psutil.Process(running.pid).children(recursive=True)
    encoders = [one for one in children if "encoders" in " ".join(one.cmdline())]
    running.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(encoders, timeout=2)
    assert [one for one in alive if not _stopped(one)] == []
    stdout, stderr = running.communicate(timeout=10)
    assert ran(running.returncode, stdout, stderr).status == 130
    assert "again" in stderr
    assert "Traceback" not in stderr
    assert not list(tmp_path.glob("lessons/*/lesson.json"))
    assert not any((tmp_path / "work").glob("*/TASK.json"))
