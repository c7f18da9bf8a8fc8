"""One `encoders` task in a sandboxed child process, from the farm's side."""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import encoders
from encoders import wire
from encoders.envelope import dump_task
from encoders.product import Product
from encoders.tasks import (
    AudioTask,
    ChunkTask,
    InspectTask,
    SoundTask,
    StillsTask,
    SubtitleTask,
)
from farm.errors import EncodeFailed
from workers.child import Cause, ChildExit, ChildLimits, run_child
from workers.errors import Retryable, WorkerError

R = TypeVar("R")

log = logging.getLogger(__name__)

GLANCE = 120.0
"""Wall and CPU seconds of what a person waits for."""
PACKAGE = Path(encoders.__file__).parent
"""The child's own code, wherever it is installed."""
MIB = 1 << 20
BASE_MEMORY = 500 * MIB
"""Bytes an encoder child may hold besides what grows with the picture."""
PICTURES_HELD = 160
"""Pictures of every rendition an encoder holds at most: lookahead, references, in flight."""
DISC = 5 << 30
"""Bytes of the largest product: a full DVD, made of streams as large, one after another."""
QUIET = 600.0
"""Seconds a program that makes discs may be silent: it writes gigabytes between two words."""
LONGEST = 24 * 3600.0
"""Wall and CPU seconds of any one task: far beyond every honest one; a hung child is found by its
silence long before."""


def run_task(
    task: object,
    kind: type[R],
    readable: Sequence[Path],
    folder: Path,
    report: Callable[[float], None],
) -> R:
    """Run `task` in a child that may read `readable`, files or folders, and write `folder`.

    Raises Retryable where another attempt may help (killed, hung, out of disk), EncodeFailed where
    the child said what is wrong; both with the end of its `log`.
    """
    seen = Seen(report)
    judge(task, run_limited(task, limits_of(task), readable, folder, seen), seen.done)
    return wire.read(folder / "RESULT.json", kind)


def run_limited(
    task: object,
    limits: ChildLimits,
    readable: Sequence[Path],
    folder: Path,
    report: Callable[[float], None],
) -> ChildExit:
    """As `run_task`, but only tells how the child ended."""
    request = folder / "TASK.json"
    request.write_bytes(dump_task(task))
    return run_child(
        [sys.executable, "-m", "encoders", str(request)],
        limits=limits,
        readable=[PACKAGE, *readable],
        writable=folder,
        on_line=lambda line: _forward(line, report),
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )


def judge(task: object, ended: ChildExit, done: float) -> None:
    """Raises as `run_task` does, where the child did not finish. `done`: how far it was, 0 to 1."""
    try:
        _check(task, ended)
    except (WorkerError, EncodeFailed) as error:
        error.log = log_of(ended, done)
        log.info("%s", error.log)
        raise


def log_of(ended: ChildExit, done: float) -> str:
    """What is known of a child's end, then the last it said."""
    return (
        f"{ended.reason}; {done:.0%} done, {ended.cpu_seconds:.1f} CPU s, "
        f"{ended.peak_rss_bytes >> 20} MB at most\n{ended.stderr_tail}"
    )


def _check(task: object, ended: ChildExit) -> None:
    if ended.cause is not Cause.EXITED or ended.code == 0:
        ended.check(_name(task))
        return
    first = ended.stderr_tail.strip().partition("\n")[0]
    if first.startswith("OSError"):
        raise Retryable(f"{_name(task)}: {first}")
    raise EncodeFailed(f"The {_name(task)} task failed ({first}); please report the recording.")


class Seen:
    """Passes progress on, and remembers the last."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self.done = 0.0
        """0 to 1."""
        self._report = report

    def __call__(self, done: float) -> None:
        self.done = done
        self._report(done)


def _forward(line: str, report: Callable[[float], None]) -> None:
    """Progress lines only; a child that writes anything else is not believed."""
    try:
        done = json.loads(line)["done"]
    except (ValueError, KeyError, TypeError):
        return
    if isinstance(done, int | float):
        report(float(done))


def run_product(
    task: object, inputs: Path, folder: Path, report: Callable[[float], None]
) -> Product:
    """Run a product's task, whose pieces lie in `inputs`. Raises as `run_task` does."""
    return run_task(task, Product, [inputs], folder, report)


def limits_of(task: object) -> ChildLimits:
    """What the task's child may use."""
    usual = ChildLimits(memory=_memory(task), cpu=LONGEST, wall=LONGEST)
    if isinstance(task, ChunkTask | AudioTask | SoundTask | InspectTask | SubtitleTask):
        return usual
    if isinstance(task, StillsTask):
        return replace(usual, cpu=GLANCE, wall=GLANCE)
    return replace(usual, file=DISC, folder=4 * DISC, stall=QUIET)


def _memory(task: object) -> int:
    """Bytes: enough for the largest ladder's lookahead and references, and no bomb."""
    if not isinstance(task, ChunkTask):
        return 2 * BASE_MEMORY
    sizes = [(one.width, one.height) for one in task.renditions]
    sizes += [(one.width, one.height) for one in task.rasters]
    pixels = sum(width * height for width, height in sizes)
    return 2 * BASE_MEMORY + PICTURES_HELD * pixels * 3 // 2


def _name(task: object) -> str:
    match task:
        case InspectTask():
            return "inspection"
        case ChunkTask():
            return f"encode of pictures {task.first} to {task.last}"
        case AudioTask() | SoundTask():
            return "sound"
        case SubtitleTask():
            return "subtitles"
        case _:
            return type(task).__name__.removesuffix("Task").lower()
