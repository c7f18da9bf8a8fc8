"""A cluster that was there before, joined with a token: `ray start`, as an operator does it."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.workers.conftest import REPOSITORY, processes_named, wait_for

JOIN = """
import sys
from tests.workers import calls
from workers.model import Call, Done, Placed
from workers.ray_pool import RayPool
pool = RayPool(address=sys.argv[1])
print("slots", pool.slots, flush=True)
pool.submit(Call("answer", calls.double, 21))
while True:
    for event in pool.wait(0.5):
        if isinstance(event, Placed):
            continue
        print(event, flush=True)
        if event == Done("answer", 42) and len(sys.argv) == 2:
            pool.close()
            sys.exit(0)
        pool.submit(Call("sleep", calls.sleeping_child, (sys.argv[2], sys.argv[3])))
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, dict[str, str]]]:
    """The address, and the environment a member needs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }
    with tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as folder:
        head = subprocess.Popen(
            [
                *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
                *(f"--port={port}", "--num-cpus=2", "--object-store-memory=80000000"),
                *("--include-dashboard=false", "--disable-usage-stats"),
                *("--include-log-monitor=false", f"--temp-dir={folder}"),
            ],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        family: list[psutil.Process] = []
        try:
            assert wait_for(lambda: _listens(port), 60)
            yield f"127.0.0.1:{port}", environment
        finally:
            family = psutil.Process(head.pid).children(recursive=True)
            head.send_signal(signal.SIGTERM)
            head.wait(timeout=30)
            for process in family:
                if process.is_running():
                    process.kill()


def test_a_member_runs_calls_on_the_clusters_slots(
    cluster: tuple[str, dict[str, str]],
) -> None:
    address, environment = cluster
    joined = subprocess.run(
        [sys.executable, "-c", JOIN, address],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert re.fullmatch(
        r"slots 2\nDone\(key='answer', value=42, node='[0-9a-f]{56}'\)\n", joined.stdout
    ), joined.stderr
    assert joined.returncode == 0


def test_nobody_joins_without_the_token(cluster: tuple[str, dict[str, str]]) -> None:
    address, environment = cluster
    joined = subprocess.run(
        [sys.executable, "-c", JOIN, address],
        cwd=REPOSITORY,
        env={**environment, "RAY_AUTH_TOKEN": secrets.token_hex(32)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert joined.returncode != 0
    assert "42" not in joined.stdout


def test_a_sigkill_of_the_member_leaves_no_child_on_the_cluster(
    cluster: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    address, environment = cluster
    name = f"member-{os.getpid()}-{time.monotonic_ns()}"
    with subprocess.Popen(
        [sys.executable, "-c", JOIN, address, str(tmp_path), name],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as member:
        assert wait_for(lambda: len(processes_named(name)) >= 3, 60)
        member.kill()
    assert wait_for(lambda: not processes_named(name), 5)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
