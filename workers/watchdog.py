"""Ends what a dead process leaves behind: `python -m workers.watchdog MARK`.

Reads standard input until it closes, which it does when whoever holds its other end closes it or
dies, however it dies. Then every process whose environment carries `MARK_NAME=MARK` is killed.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK_NAME = "WORKERS_MARK"
WITHIN = 4.0
"""Seconds for which it looks for more."""


@contextmanager
def watched() -> Iterator[str]:
    """A process beside this one that outlives it, or the end of the block, just long enough to end
    every process that carries the mark given: what whom it belongs to would leave behind."""
    mark = secrets.token_hex(16)
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.watchdog", mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env={name: value for name, value in os.environ.items() if name != MARK_NAME},
        start_new_session=True,
    )
    try:
        yield mark
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


def marked(mark: str) -> Iterator[int]:
    """Process ids that carry the mark."""
    wanted = f"{MARK_NAME}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name)


def main(mark: str) -> None:
    sys.stdin.buffer.read()
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        found = list(marked(mark))
        if not found:
            return
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
