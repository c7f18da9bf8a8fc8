"""Peak memory of the farm's workers, looked at while it runs.

A worker is the process that does one task, the Ray worker, with the sandboxed child it started
(`python -m encoders TASK.json`). Every process counts with its own high-water mark, so that no
peak between two looks is missed; pages that processes share count in each of them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.processes import Process, everyone, high_water, tree

INTERVAL = 0.2
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Bytes; 0 where no such process was seen."""

    child: int
    """Of the largest sandboxed child with all below it."""
    own: int
    """Of the largest Ray worker process that started one, without it."""


class PeakWatch:
    """Looks at one process and all below it; `peak` afterwards.

    Looking costs CPU, so timed runs are not looked at.
    """

    def __init__(self) -> None:
        self._child = 0
        self._own = 0

    @property
    def peak(self) -> Peak:
        return Peak(child=self._child, own=self._own)

    @contextmanager
    def of(self, pid: int) -> Iterator[None]:
        stop = threading.Event()
        looking = threading.Thread(target=self._look_until, args=(stop, pid))
        looking.start()
        try:
            yield
        finally:
            stop.set()
            looking.join()

    def _look_until(self, stop: threading.Event, pid: int) -> None:
        while not stop.wait(INTERVAL):
            processes = everyone()
            self._look(processes, tree(processes, pid))

    def _look(self, processes: dict[int, Process], pids: list[int]) -> None:
        for pid in pids:
            if pid not in processes or not _is_child(processes[pid]):
                continue
            parent = processes.get(processes[pid].parent)
            if parent is None or _is_child(parent):
                continue
            size = sum(map(high_water, tree(processes, pid)))
            self._child = max(self._child, size)
            if parent.command[0].startswith("ray::"):
                self._own = max(self._own, high_water(processes[pid].parent))


def _is_child(process: Process) -> bool:
    """Whether this is a sandboxed child, or the sandbox around it."""
    return ("-m", "encoders") in zip(process.command, process.command[1:], strict=False)
