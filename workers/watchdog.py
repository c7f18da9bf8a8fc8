"""Ends what a dead process leaves behind: `python -m workers.watchdog MARK`.

Reads standard input until it closes, which it does when whoever holds its other end closes it or
dies, however it dies. Then every process whose environment carries `MARK_NAME=MARK` is killed.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK_NAME = "WORKERS_MARK"
WITHIN = 4.0
"""Seconds for which it looks for more."""


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
