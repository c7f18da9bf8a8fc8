"""Workers, driver and Ray die; disks fill; stores fail: the job still ends right."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.farm_run import SMALL_PROFILE, Ran, command, farm_run, hashes, ran
from tests.media import lecture, tone

SMALL = ("--profile-dir", str(SMALL_PROFILE), "--profile", "small", "--workers", "2")
WITHIN = 5.0
"""Seconds after which nothing may be left of a killed run."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "lecture.mp4"
    return lecture(path, seconds=120, size=(640, 360), gop=50, sound=tone())


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> dict[str, str]:
    """What an undisturbed run publishes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert farm_run(recording, folder / "library", *SMALL, work=folder / "work").published
    return hashes(folder / "library")


@contextmanager
def running(recording: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    arguments = command(recording, folder / "library", *SMALL, work=folder / "work")
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def busy_ray_worker(process: subprocess.Popen[str]) -> psutil.Process:
    """A Ray worker of the run that has an encoding child."""

    def find() -> psutil.Process | None:
        for one in psutil.Process(process.pid).children(recursive=True):
            if "ray::" in one.name() + " ".join(one.cmdline()[:1]) and one.children():
                return one
        return None

    return until(find)


def process_named(process: subprocess.Popen[str], name: str) -> psutil.Process:
    def find() -> psutil.Process | None:
        for one in psutil.Process(process.pid).children(recursive=True):
            if one.name() == name:
                return one
        return None

    return until(find)


def until(find: Callable[[], psutil.Process | None], seconds: float = 60) -> psutil.Process:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = find()
        except psutil.NoSuchProcess:
            continue
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("the run ended, or never came so far")


def finish(process: subprocess.Popen[str]) -> Ran:
    stdout, stderr = process.communicate(timeout=240)
    return ran(process.returncode, stdout, stderr)


def test_a_killed_worker_costs_one_attempt(
    tmp_path: Path, recording: Path, expected: dict[str, str]
) -> None:
    with running(recording, tmp_path) as process:
        worker = busy_ray_worker(process)
        children = worker.children(recursive=True)
        worker.kill()
        _, alive = psutil.wait_procs(children, timeout=WITHIN)
        assert not alive
        done = finish(process)
    assert done.published
    assert [event for event in done.events if event["event"] == "retried"]
    assert hashes(tmp_path / "library") == expected


def test_a_killed_encoder_costs_one_attempt(
    tmp_path: Path, recording: Path, expected: dict[str, str]
) -> None:
    with running(recording, tmp_path) as process:
        child = until(lambda: _encoder(process))
        child.kill()
        assert finish(process).published
    assert hashes(tmp_path / "library") == expected


def _encoder(process: subprocess.Popen[str]) -> psutil.Process | None:
    for one in psutil.Process(process.pid).children(recursive=True):
        line = one.cmdline()
        if line[1:3] == ["-m", "encoders"] and "TASK.json" in line[-1] and one.cpu_times().user > 1:
            return one
    return None


@pytest.mark.parametrize("victim", ["raylet", "gcs_server"])
def test_ray_dies(tmp_path: Path, recording: Path, expected: dict[str, str], victim: str) -> None:
    """The run ends with a plain reason, and the next one goes on."""
    with running(recording, tmp_path) as process:
        busy_ray_worker(process)
        family = psutil.Process(process.pid).children(recursive=True)
        process_named(process, victim).kill()
        done = finish(process)
    _, alive = psutil.wait_procs(family, timeout=WITHIN)
    assert not alive
    assert done.status == 4
    assert "Traceback" not in done.errors
    assert not list(tmp_path.glob("library/lessons/*/lesson.json"))
    assert farm_run(recording, tmp_path / "library", *SMALL, work=tmp_path / "work").published
    assert hashes(tmp_path / "library") == expected


@pytest.mark.parametrize("after", [0.5, 3.0, 8.0, 14.0])
def test_the_driver_dies_at_any_time(
    tmp_path: Path, recording: Path, expected: dict[str, str], after: float
) -> None:
    with running(recording, tmp_path) as process:
        time.sleep(after)
        family = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        _, alive = psutil.wait_procs(family, timeout=WITHIN)
        assert not alive
    done = farm_run(recording, tmp_path / "library", *SMALL, work=tmp_path / "work")
    assert done.published
    assert hashes(tmp_path / "library") == expected


def test_a_polite_stop_is_told_in_one_line(tmp_path: Path, recording: Path) -> None:
    with running(recording, tmp_path) as process:
        busy_ray_worker(process)
        process.terminate()
        done = finish(process)
    assert done.status == 130
    assert done.errors.strip() == "Stopped. Run the same command again to go on."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_store_publishes_nothing(
    tmp_path: Path, recording: Path, small_disk: Path, expected: dict[str, str]
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 3_000_000)
    done = farm_run(recording, small_disk / "library", *SMALL, work=tmp_path / "work")
    assert done.status == 5, done.errors
    assert "Traceback" not in done.errors
    assert not list(small_disk.glob("library/lessons/*/lesson.json"))
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert farm_run(recording, small_disk / "library", *SMALL, work=tmp_path / "work").published
    assert hashes(small_disk / "library") == expected


def test_a_full_work_disk_ends_in_one_sentence(
    tmp_path: Path, recording: Path, small_disk: Path
) -> None:
    (small_disk / "ballast").write_bytes(b"\0" * 4_100_000)
    done = farm_run(recording, tmp_path / "library", *SMALL, work=small_disk / "work")
    assert done.status == 4, done.errors
    assert "Traceback" not in done.errors
    assert not list(tmp_path.glob("library/lessons/*/lesson.json"))
