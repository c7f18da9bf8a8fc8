"""Runs calls in threads of this process: for tests, for small work, and while Ray starts."""

import queue
import threading
import time
from collections.abc import Sequence

from workers.attempt import attempt, take
from workers.cancel import cancellable
from workers.errors import WorkerError
from workers.model import Call, Event

_EVERY = 0.1
"""Seconds between progress events of one call."""


class LocalPool:
    """The `Pool` protocol over `slots` threads. Calls run where they are; what needs confinement
    runs in a child of its own, by `run_child`, which a closing pool stops."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"local-{number}", daemon=True)
            for number in range(slots)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def slots(self) -> int:
        return self._slots

    def submit(self, call: Call) -> None:
        """Raises WorkerError after `close`."""
        if self._closing.is_set():
            raise WorkerError(f"{call.key} came after the pool was closed")
        self._calls.put(call)

    def wait(self, timeout: float) -> Sequence[Event]:
        return take(self._events, timeout)

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        for _ in self._threads:
            self._calls.put(None)
        deadline = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        with cancellable(self._closing):
            while (call := self._calls.get()) is not None and not self._closing.is_set():
                attempt(call, self._events.put, every=_EVERY)
