"""Pools that end, by themselves or by force: no child process is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.workers import calls
from tests.workers.conftest import POOLS, REPOSITORY, finish, lives, processes_named, wait_for
from workers.errors import WorkerError
from workers.model import Call, Done, Failed
from workers.ray_pool import RayPool


def test_a_lost_worker_is_worth_another_attempt_on_ray(tmp_path: Path) -> None:
    pool = RayPool(2)
    try:
        call = Call("dies", calls.kill_worker, str(tmp_path))
        (event,) = finish(pool, call)
        assert isinstance(event, Failed)
        assert (event.retry, event.exception) == (True, None)
        assert finish(pool, call) == [Done("dies", "second attempt")]
    finally:
        pool.close()


@pytest.mark.parametrize("kind", POOLS)
def test_closing_ends_calls_and_their_children_within_two_seconds(
    kind: str, tmp_path: Path
) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    name = f"sleeper-{kind}-{os.getpid()}-{time.monotonic_ns()}"
    pool = POOLS[kind]()
    finish(pool, Call("up", calls.double, 1))
    for number in range(3):
        pool.submit(Call(f"{number}", calls.sleeping_child, (str(tmp_path), name)))
    assert wait_for(lambda: len(processes_named(name)) >= 4, 20)
    began = time.monotonic()
    pool.close()
    assert not processes_named(name)
    assert time.monotonic() - began < 2.5
    with pytest.raises(WorkerError):
        pool.submit(Call("late", calls.double, 1))

    def left() -> set[int]:
        return {process.pid for process in psutil.Process().children(recursive=True)} - before

    assert wait_for(lambda: not left(), 20), [psutil.Process(pid).cmdline() for pid in left()]


def test_ray_listens_on_loopback_with_a_token_and_leaves_nothing(tmp_path: Path) -> None:
    pool = RayPool(1)
    try:
        finish(pool, Call("up", calls.double, 1))
        assert os.environ["RAY_AUTH_MODE"] == "token"
        token = os.environ["RAY_AUTH_TOKEN"]
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = {
            link.laddr.ip
            for process in family
            for link in process.net_connections("inet")
            if link.status == psutil.CONN_LISTEN
        }
        assert listening <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}, listening
        command = next(" ".join(p.cmdline()) for p in family if "gcs_server" in p.name())
        (folder,) = {path for path in _ray_folders() if str(path) in command}
        assert folder.parent.stat().st_mode & 0o077 == 0
        assert not any(
            token.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file()
        )
    finally:
        pool.close()
    assert "RAY_AUTH_TOKEN" not in os.environ
    assert folder not in _ray_folders()


def test_a_pool_may_be_closed_while_ray_is_still_starting() -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    pool = RayPool(2)
    pool.submit(Call("never", calls.double, 1))
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 2.5

    def left() -> set[int]:
        return {process.pid for process in psutil.Process().children(recursive=True)} - before

    # it comes up first, however busy the machine is
    assert wait_for(lambda: not left(), 60)
    with pytest.raises(WorkerError):
        pool.submit(Call("late", calls.double, 1))


def test_a_cluster_that_is_not_there_is_told_plainly() -> None:
    pool = RayPool(2, address="127.0.0.1:1")
    try:
        assert wait_for(lambda: pool.ready, 60)
        with pytest.raises(
            WorkerError, match=r"Ray did not start: nobody answers at 127\.0\.0\.1:1"
        ):
            pool.wait(0)
    finally:
        pool.close()


DRIVER = """
import sys, threading, time
from pathlib import Path
from tests.workers import calls
from tests.workers.conftest import POOLS
from workers.model import Call, Placed
pool = POOLS[sys.argv[1]]()
for number in range(4):
    pool.submit(Call(str(number), calls.sleeping_child, (sys.argv[2], sys.argv[3])))
try:
    while True:
        for event in pool.wait(0.2):
            if not isinstance(event, Placed): print(event, flush=True)
except KeyboardInterrupt:
    pool.close()
    print("interrupted", flush=True)
except Exception as error:
    pool.close()
    print(f"{type(error).__name__}: {error}", flush=True)
"""


class Running:
    """A process that runs sleeping children on a pool, in a session of its own."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.name = f"victim-{kind}-{os.getpid()}-{time.monotonic_ns()}"
        self.log = folder / "driver.log"
        with self.log.open("wb") as log:
            self.driver = subprocess.Popen(
                [sys.executable, "-c", DRIVER, kind, str(folder), self.name],
                cwd=REPOSITORY,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert wait_for(lambda: len(self.sleepers()) >= 2, 30), self.log.read_text()
        self.family = psutil.Process(self.driver.pid).children(recursive=True)

    def sleepers(self) -> list[psutil.Process]:
        """The grandchildren: what would be an encoder's own helper."""
        # one that is just becoming its program has no arguments yet
        return [
            process
            for process in processes_named(self.name)
            if process.info["cmdline"][2:3] == ["import time; time.sleep(60)"]  # type: ignore[attr-defined]
        ]

    def named(self, part: str) -> psutil.Process:
        return next(process for process in self.family if part in process.name())

    def left(self) -> list[psutil.Process]:
        return [process for process in self.family if lives(process)]

    def end(self) -> None:
        with self.driver:
            self.driver.kill()
        for process in self.left():
            process.kill()


@pytest.mark.parametrize("kind", ["ray", "bridged", "local"])
def test_a_sigkill_of_the_driver_leaves_no_process(kind: str, tmp_path: Path) -> None:
    running = Running(kind, tmp_path)
    try:
        running.driver.kill()
        running.driver.wait()
        assert wait_for(lambda: not processes_named(running.name), 5)
        assert wait_for(lambda: not running.left(), 5), running.left()
    finally:
        running.end()


def test_a_sigkill_of_the_raylet_leaves_no_child_and_is_told(tmp_path: Path) -> None:
    running = Running("ray", tmp_path)
    try:
        running.named("raylet").kill()
        assert wait_for(lambda: not running.sleepers(), 5)
        assert wait_for(lambda: not running.left(), 5), running.left()
        assert running.driver.wait(timeout=20) == 0
        assert "WorkerError: Ray's own processes died" in running.log.read_text()
    finally:
        running.end()


def test_a_sigkill_of_a_worker_leaves_no_child_and_the_call_may_be_tried_again(
    tmp_path: Path,
) -> None:
    running = Running("ray", tmp_path)
    try:
        victim = next(p for p in running.family if p.name().startswith("ray::") and _has_child(p))
        children = victim.children(recursive=True)
        victim.kill()
        assert wait_for(lambda: not any(lives(child) for child in children), 5)
        assert wait_for(lambda: "was lost" in running.log.read_text(), 10)
        assert "retry=True" in running.log.read_text()
    finally:
        running.end()


@pytest.mark.parametrize("kind", ["ray", "bridged", "local"])
def test_ctrl_c_ends_everything_within_two_seconds_and_quietly(kind: str, tmp_path: Path) -> None:
    running = Running(kind, tmp_path)
    try:
        os.killpg(running.driver.pid, signal.SIGINT)
        children = [p for p in processes_named(running.name) if p.pid != running.driver.pid]
        assert wait_for(lambda: not any(map(lives, children)), 2)
        assert running.driver.wait(timeout=60) == 0  # a Ray that is starting comes up first
        assert wait_for(lambda: not running.left(), 2), running.left()
        assert running.log.read_text() == "interrupted\n"
    finally:
        running.end()


def _has_child(process: psutil.Process) -> bool:
    return bool(process.children())


def _ray_folders() -> set[Path]:
    return set(Path(f"/tmp/farm-{os.getuid()}").glob("ray-*[!k]"))
