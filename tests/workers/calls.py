"""Functions for pools to run."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from workers.child import ChildLimits, run_child
from workers.errors import Retryable
from workers.model import Report


class Refusal(Exception):
    """Cannot be unpickled: its constructor wants more than it keeps."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def double(number: int, report: Report) -> int:
    return 2 * number


def count(number: int, report: Report) -> int:
    """Reports every step, half a second apart."""
    for step in range(number):
        time.sleep(0.5)
        report((step + 1) / number)
    return number


def where(_argument: object, report: Report) -> int:
    return os.getpid()


def raise_error(error: Exception, report: Report) -> None:
    raise error


def raise_unportable(_argument: object, report: Report) -> None:
    raise Refusal("one", "two")


def leave(status: int, report: Report) -> None:
    sys.exit(status)


def kill_worker(folder: str, report: Report) -> str:
    """Dies with its process the first time; the second time it finds its own trace."""
    trace = Path(folder) / "died"
    if not trace.exists():
        trace.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "second attempt"


def kill_child(folder: str, report: Report) -> str:
    """The same, but it is the child that dies."""
    trace = Path(folder) / "died"
    if trace.exists():
        return "second attempt"
    trace.touch()
    code = "import os; os.kill(os.getpid(), 9)"
    _child(folder, code, "").check("the child")
    raise AssertionError("a killed child must not pass for a finished one")


def sleeping_child(argument: tuple[str, str], report: Report) -> None:
    """A child, found by its name in the process list, that would sleep for a minute."""
    folder, name = argument
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; "
    code += "time.sleep(60)', sys.argv[1]])"
    ended = _child(folder, code, name)
    raise Retryable(ended.reason)


def _child(folder: str, code: str, name: str) -> Any:
    return run_child(
        [sys.executable, "-c", code, name],
        limits=ChildLimits(wall=60),
        readable=[],
        writable=Path(folder),
        on_line=print,
    )


def crowd(folder: str, report: Report) -> int:
    """How many calls were in here at the worst moment."""
    me = Path(folder) / f"in-{os.getpid()}-{time.monotonic_ns()}"
    me.touch()
    most = 0
    for _ in range(10):
        most = max(most, sum(path.name.startswith("in-") for path in Path(folder).iterdir()))
        time.sleep(0.05)
    me.unlink()
    return most


def nap(seconds: float, report: Report) -> float:
    time.sleep(seconds)
    return seconds
