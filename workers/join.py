"""A member of a cluster of workers: a machine that joins, or the head they meet at.

Both are `ray start` in the foreground, with a token, ended with everything below it.
https://docs.ray.io/en/latest/ray-security/token-auth.html
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from workers.errors import WorkerError
from workers.tree import Tree
from workers.watchdog import MARK_NAME, watched

_STORE = 80 << 20
"""Bytes of Ray's object store: results are paths and numbers."""
_LONGEST = 36
"""Bytes of a folder's name: Ray makes sockets deep in it, whose paths have 107 at most."""
_WITHIN = 1.5
"""Seconds within which everything is gone once it has to be."""
_TICK = 0.1
_HEALTH = {
    "health_check_period_ms": 2000,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 4,
}
"""When the head takes a machine for dead: 8 s after it was killed, half a minute after it froze."""


def join(
    address: str, slots: int, folder: Path, *, host: str | None = None, grace: float = 0
) -> int:
    """Run up to `slots` calls of the cluster whose head is at `address` (HOST:PORT), until SIGTERM
    or Ctrl-C, or until the cluster is gone. Call it in the main thread.

    `folder` gets Ray's logs and sockets; several members on a machine need one each. `host` is the
    address the others reach this machine at; None: the one that leads to the head. Ray listens on
    all of them, on ports of its choice, and asks for the token: keep the network private. For up
    to `grace` seconds after the first signal running calls are finished, and no new ones begun;
    after the second one, or without grace, all are gone within 2 s.

    Returns 0 where it was asked to end, otherwise the status of `ray start`. Raises WorkerError
    where there is no token in the environment, or the folder will not do.
    """
    options = ["--address", address, "--num-cpus", str(slots)]
    return _member(options, folder, host, grace)


def head(host: str, port: int, folder: Path) -> int:
    """Be the head of a cluster at HOST:PORT, which runs no calls itself, until SIGTERM or Ctrl-C.
    The farm's own process must be on the same machine. Returns and raises what `join` does."""
    options = ["--head", "--port", str(port), "--num-cpus", "0", "--no-monitor"]
    options += ["--include-dashboard", "false", "--include-log-monitor", "false"]
    options += ["--disable-usage-stats", "--system-config", json.dumps(_HEALTH)]
    return _member(options, folder, host, grace=0)


def _member(options: Sequence[str], folder: Path, host: str | None, grace: float) -> int:
    _need_token(os.environ)
    where = ["--node-ip-address", host] if host else []
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *options, *where]
    command += ["--num-gpus", "0", "--object-store-memory", str(_STORE)]
    command += ["--temp-dir", str(_private(folder))]
    with watched() as mark, _signals() as asked:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={
                **os.environ,
                "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
                "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": str(grace),
                MARK_NAME: mark,
                # without it Ray's processes, which rename themselves, would write over the mark
                "SPT_NOENV": "1",
            },
            start_new_session=True,  # so that Ctrl-C comes to this process alone
        )
        try:
            while process.poll() is None and not asked:
                time.sleep(_TICK)
            if asked and grace > 0:
                _drain(process, asked, grace)
            return 0 if asked else process.wait()
        finally:
            Tree(process.pid).kill(within=_WITHIN, spare_root=False)
            process.wait()


def _drain(process: "subprocess.Popen[bytes]", asked: Sequence[int], grace: float) -> None:
    """Ray itself finishes what runs: it was told for how long at the start."""
    process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + grace + 1
    while process.poll() is None and len(asked) < 2 and time.monotonic() < deadline:
        time.sleep(_TICK)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """What of SIGTERM and Ctrl-C came."""
    asked: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {
        number: signal.signal(number, lambda number, _frame: asked.append(number))
        for number in numbers
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _need_token(environment: Mapping[str, str]) -> None:
    named = environment.get("RAY_AUTH_TOKEN") or environment.get("RAY_AUTH_TOKEN_PATH")
    if environment.get("RAY_AUTH_MODE") != "token" or not named:
        raise WorkerError(
            "a cluster without a token runs anybody's code; set RAY_AUTH_MODE=token, and "
            "RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to the same token on every machine"
        )


def _private(folder: Path) -> Path:
    """Ray opens the folder it is given to everyone, so the one above is closed."""
    folder = folder.absolute()
    if len(os.fsencode(folder)) > _LONGEST:
        raise WorkerError(
            f"{folder} has too long a name for sockets in it; choose one of {_LONGEST} bytes"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder / "ray"
