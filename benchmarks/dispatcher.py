"""What the dispatcher costs: calls that do nothing, of many jobs, through it and Ray."""

import itertools
import os
import resource
import threading
import time
from pathlib import Path

from benchmarks.results import Dispatch
from workers.dispatcher import Dispatcher
from workers.journal import NoJournal
from workers.model import Call, Done, Event, Failed, Report
from workers.ray_pool import RayPool
from workers.work import JobRef

SLOTS = 2
PARTIES = 5
JOB = 50
"""Calls of a job."""
AT_ONCE = 20
"""Jobs under way; another one is handed over when one is done."""
WARM = 0.2
"""Share of the calls after which memory is first looked at."""


def dispatch(calls: int, slots: int = SLOTS) -> Dispatch:
    """Wall time a call, and how much this process grew after the first fifth. Raises WorkerError
    where a call fails."""
    dispatcher = Dispatcher(lambda: RayPool(slots), NoJournal())
    try:
        _Load(dispatcher, 2 * slots).run()
        load = _Load(dispatcher, calls)
        began, cpu = time.perf_counter(), _cpu()
        load.run()
        wall = time.perf_counter() - began
        return Dispatch(calls, wall, _cpu() - cpu, load.memory[0], load.memory[-1])
    finally:
        dispatcher.close()


class _Load:
    """So many calls, a bounded number of jobs at once."""

    def __init__(self, dispatcher: Dispatcher, calls: int) -> None:
        self._dispatcher = dispatcher
        self._calls = calls
        self._left = iter(range(calls))
        self._jobs = itertools.count()
        self._ended = 0
        self._over = threading.Event()
        self._error: BaseException | None = None
        self.memory: list[int] = []
        """Bytes resident, every tenth of the calls from `WARM` on."""

    def run(self) -> None:
        for _ in range(AT_ONCE):
            self._next_job()
        self._over.wait()
        if self._error is not None:
            raise self._error

    def _next_job(self) -> None:
        number = next(self._jobs)
        todo = [Call(f"{one}", nothing, None) for one in itertools.islice(self._left, JOB)]
        if todo:
            job = JobRef(f"job {number}", f"party {number % PARTIES}")
            self._dispatcher.submit(job, todo, self._see)

    def _see(self, event: Event) -> None:
        if isinstance(event, Failed) and not event.retry:
            self._error = event.exception
            self._over.set()
        if not isinstance(event, Done):
            return
        self._ended += 1
        if self._ended % JOB == 0:
            self._next_job()
        if self._ended % max(1, self._calls // 10) == 0 and self._ended >= WARM * self._calls:
            self.memory.append(_resident())
        if self._ended == self._calls:
            self._over.set()


def nothing(_argument: None, _report: Report) -> None:
    """The work of a call."""


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
