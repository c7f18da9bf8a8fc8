"""Runs calls in threads of this process: for tests, for small work, and while Ray starts."""

import os
import queue
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from workers.attempt import attempt, elsewhere, stopped, take
from workers.cancel import cancellable
from workers.errors import WorkerError
from workers.model import Call, Done, Event, Failed, Node, Placed

HERE = "local"
"""The id of the one node: this machine."""
_EVERY = 0.1
"""Seconds between progress events of one call."""


@dataclass(eq=False, slots=True)
class _Held:
    """A call that has not ended."""

    call: Call
    flag: threading.Event = field(default_factory=threading.Event)
    begun: bool = False
    cancelled: bool = False


class LocalPool:
    """The `Pool` protocol over `slots` threads. Calls run where they are; what needs confinement
    runs in a child of its own, by `run_child`, which a closing pool stops. A cancelled call whose
    function neither runs a child nor reports ends when it ends: nothing can stop a thread."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._calls: queue.SimpleQueue[_Held | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"local-{number}", daemon=True)
            for number in range(slots)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def slots(self) -> int:
        return self._slots

    def nodes(self) -> tuple[Node, ...]:
        return (Node(HERE, socket.gethostname(), self._slots, alive=True),)

    def submit(self, call: Call, node: str | None = None) -> None:
        """Raises WorkerError after `close`."""
        with self._lock:
            if self._closing:
                raise WorkerError(f"{call.key} came after the pool was closed")
            if node is not None and node != HERE:
                self._events.put(elsewhere(call.key, node))
                return
            held = self._held[call.key] = _Held(call)
        self._calls.put(held)

    def wait(self, timeout: float) -> Sequence[Event]:
        return take(self._events, timeout)

    def cancel(self, key: str) -> None:
        with self._lock:
            held = self._held.get(key)
            if held is None or held.cancelled:
                return
            held.cancelled = True
            held.flag.set()
            if not held.begun:
                del self._held[key]
                self._events.put(stopped(key))

    def scale(self, slots: int) -> None:
        """Raises WorkerError: there is this machine alone."""
        raise WorkerError(f"this pool is one machine, which cannot be scaled to {slots} slots")

    def close(self) -> None:
        with self._lock:
            if self._closing:
                return
            self._closing = True
            for held in self._held.values():
                held.flag.set()
        for _ in self._threads:
            self._calls.put(None)
        deadline = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while (held := self._calls.get()) is not None:
            with self._lock:
                if self._closing:
                    return
                if held.cancelled:
                    continue
                held.begun = True
            self._events.put(Placed(held.call.key, HERE, os.getpid()))
            tell = partial(self._tell, held)
            with cancellable(held.flag):
                attempt(held.call, tell, every=_EVERY, node=HERE)

    def _tell(self, held: _Held, event: Event) -> None:
        with self._lock:
            if isinstance(event, Failed) and held.cancelled:
                event = stopped(event.key, HERE)
            if isinstance(event, Done | Failed):
                self._held.pop(event.key, None)
        self._events.put(event)
