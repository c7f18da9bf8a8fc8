"""One job's place at a dispatcher: the `Pool` protocol, so that `supervise.run` works on it."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from queue import SimpleQueue
from typing import Protocol

from workers.attempt import take
from workers.errors import WorkerError
from workers.model import Call, Event, Failed, Node, Placed, Progress
from workers.work import JobRef, OnEvent

EVERYTHING = 1 << 30
"""Slots: whoever asks hands over all of its calls, for only what the dispatcher knows of is fair
and can be foreseen."""
_CLOSE = 2.5
"""Seconds for which a closing desk waits for its calls to end."""


class Hub(Protocol):
    """What a desk needs of its dispatcher."""

    def submit(self, job: JobRef, calls: Iterable[Call], on_event: OnEvent) -> None: ...

    def cancel(self, job: str, keys: Collection[str] | None = None) -> None: ...

    def nodes(self) -> tuple[Node, ...]: ...

    def scale(self, slots: int) -> None: ...


class Desk:
    """Further attempts are the dispatcher's: `wait` gives only ends that are final, progress
    besides. `on_retry` gets the failures that are tried again, from within `wait`. One thread uses
    a desk; anybody may cancel its job."""

    def __init__(
        self, hub: Hub, job: JobRef, on_retry: Callable[[Failed], None] = lambda _: None
    ) -> None:
        self.job = job
        self._hub = hub
        self._on_retry = on_retry
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._open: set[str] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()
        self._refusal: WorkerError | None = None

    @property
    def slots(self) -> int:
        return EVERYTHING

    def nodes(self) -> tuple[Node, ...]:
        return self._hub.nodes()

    def submit(self, call: Call, node: str | None = None) -> None:  # noqa: ARG002
        """`node` is the dispatcher's to choose. Raises Cancelled after the job was cancelled,
        Stopped after the dispatcher has ended, WorkerError after `close`."""
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            self._open.add(call.key)
            self._over.clear()
        try:
            self._hub.submit(self.job, (call,), self._see)
        except BaseException:
            self._ended(call.key)
            raise
        with self._lock:
            late = self._refusal is not None
        if late:
            self.cancel(call.key)

    def wait(self, timeout: float) -> Sequence[Event]:
        kept: list[Event] = []
        for event in take(self._events, timeout):
            if isinstance(event, Failed) and event.retry:
                self._on_retry(event)
            else:
                kept.append(event)
        return kept

    def cancel(self, key: str) -> None:
        self._hub.cancel(self.job.id, (key,))

    def scale(self, slots: int) -> None:
        self._hub.scale(slots)

    def refuse(self, error: WorkerError) -> None:
        """No further call is taken."""
        with self._lock:
            self._refusal = self._refusal or error

    def close(self) -> None:
        """Stops what it has handed over, and that alone."""
        self.refuse(WorkerError(f"the desk of {self.job.id} is closed; open another one"))
        with self._lock:
            left = tuple(self._open)
        if left:
            self._hub.cancel(self.job.id, left)
            self._over.wait(_CLOSE)

    def _see(self, event: Event) -> None:
        if isinstance(event, Placed):
            return
        self._events.put(event)
        if not isinstance(event, Progress) and not (isinstance(event, Failed) and event.retry):
            self._ended(event.key)

    def _ended(self, key: str) -> None:
        with self._lock:
            self._open.discard(key)
            if not self._open:
                self._over.set()
