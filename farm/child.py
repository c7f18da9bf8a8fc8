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
from encoders.tasks import AudioTask, ChunkTask, InspectTask, SoundTask, SubtitleTask
from farm.errors import EncodeFailed
from workers.child import Cause, ChildLimits, run_child
from workers.errors import Retryable

R = TypeVar("R")

log = logging.getLogger(__name__)

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
    the child said what is wrong.
    """
    request = folder / "TASK.json"
    request.write_bytes(dump_task(task))
    ended = run_child(
        [sys.executable, "-m", "encoders", str(request)],
        limits=_limits(task),
        readable=[PACKAGE, *readable],
        writable=folder,
        on_line=lambda line: _forward(line, report),
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    if ended.cause is Cause.EXITED and ended.code != 0:
        first, _, trace = ended.stderr_tail.strip().partition("\n")
        log.info("%s", trace)
        if first.startswith("OSError"):
            raise Retryable(f"{_name(task)}: {first}")
        raise EncodeFailed(f"The {_name(task)} task failed ({first}); please report the recording.")
    ended.check(_name(task))
    return wire.read(folder / "RESULT.json", kind)


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


def _limits(task: object) -> ChildLimits:
    usual = ChildLimits(memory=_memory(task), cpu=LONGEST, wall=LONGEST)
    if isinstance(task, ChunkTask | AudioTask | SoundTask | InspectTask | SubtitleTask):
        return usual
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
