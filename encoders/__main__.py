"""`python -m encoders TASK.json`: do one task, write `RESULT.json` beside it.

Standard output holds progress only, one line `{"done": 0.37}` at a time. On failure: exit status 1
and one plain line on standard error, then the traceback where nobody expected the error.
"""

import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from encoders import wire
from encoders.envelope import load_task
from encoders.kinds import KINDS

REPORT_EVERY = 0.2
"""Seconds between two lines of progress, at least."""


def reporter() -> Callable[[float], None]:
    """Writes progress to standard output, a line at a time, not too often."""
    last = -REPORT_EVERY

    def report(done: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_EVERY:
            last = now
            sys.stdout.write(f'{{"done": {min(1.0, done):.4f}}}\n')
            sys.stdout.flush()

    return report


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m encoders TASK.json", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        task = load_task(path.read_bytes())
        result = KINDS[type(task).__name__]().perform(task, reporter())
        wire.write(path.with_name("RESULT.json"), result)
    except Exception as error:
        print(_plain(error), file=sys.stderr)
        if not isinstance(error, OSError):
            traceback.print_exc()
        return 1
    return 0


def _plain(error: Exception) -> str:
    """One line, whatever the error holds."""
    return " ".join(f"{type(error).__name__}: {error}".split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
