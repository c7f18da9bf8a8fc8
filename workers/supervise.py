"""Sees a set of calls through: order, a bounded number at once, further attempts."""

import heapq
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from workers.errors import Cancelled, Exhausted, WorkerError
from workers.model import Call, Done, Event, Failed, Placed, Pool, Progress

_LOOK = 0.2
"""Seconds between looks at whether the run was cancelled."""
_BACKOFF = 0.5
"""Seconds before the second attempt, doubled for each further one."""


class Queue(Protocol):
    """Which call is next."""

    def push(self, call: Call) -> None: ...

    def pop(self) -> Call: ...

    def __len__(self) -> int: ...


class HeaviestFirst:
    """The heaviest call first, so that no long one is left for the end; of equals, the oldest."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Call]] = []
        self._count = itertools.count()

    def push(self, call: Call) -> None:
        heapq.heappush(self._heap, (-call.weight, next(self._count), call))

    def pop(self) -> Call:
        return heapq.heappop(self._heap)[2]

    def __len__(self) -> int:
        return len(self._heap)


class Supervisor:
    """Feeds a pool from a queue, one call more than it has slots, and tries again what may succeed
    another time. `step` it until it is no longer `busy`; calls may be added at any time."""

    def __init__(self, pool: Pool, *, attempts: int = 3, queue: Queue | None = None) -> None:
        self._pool = pool
        self._attempts = attempts
        self._queue = HeaviestFirst() if queue is None else queue
        self._calls: dict[str, Call] = {}
        self._failures: dict[str, int] = {}
        self._at_pool: set[str] = set()
        self._later: list[tuple[float, str]] = []

    @property
    def busy(self) -> bool:
        return bool(self._calls)

    def add(self, call: Call) -> None:
        """Raises ValueError where a call of that key is not done yet."""
        if call.key in self._calls:
            raise ValueError(f"call {call.key!r} is already under way")
        self._calls[call.key] = call
        self._queue.push(call)

    def step(self, timeout: float) -> list[Event]:
        """Submit what there is room for, and wait for events, up to `timeout` seconds.

        Failed events are those that will be tried again. Raises what a call raised where that
        cannot be, and Exhausted, which names the call and the last reason, after the last attempt.
        """
        self._submit()
        if self._later:
            timeout = min(timeout, max(0.0, self._later[0][0] - time.monotonic()))
        kept: list[Event] = []
        for event in self._pool.wait(timeout):
            if event.key not in self._at_pool or isinstance(event, Placed):
                continue
            if not isinstance(event, Progress):
                self._at_pool.discard(event.key)
            if isinstance(event, Done):
                del self._calls[event.key]
                self._failures.pop(event.key, None)
            elif isinstance(event, Failed):
                self._failed(event)
            kept.append(event)
        return kept

    def _submit(self) -> None:
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._queue.push(self._calls[heapq.heappop(self._later)[1]])
        while len(self._queue) and len(self._at_pool) <= self._pool.slots:
            call = self._queue.pop()
            self._at_pool.add(call.key)
            self._pool.submit(call)

    def _failed(self, event: Failed) -> None:
        failures = self._failures[event.key] = self._failures.get(event.key, 0) + 1
        if not event.retry:
            raise event.exception or WorkerError(f"{event.key}: {event.error}")
        if failures >= self._attempts:
            raise Exhausted(
                f"{event.key} failed {failures} times, the last time: {event.error}"
            ) from event.exception
        due = time.monotonic() + _BACKOFF * 2 ** (failures - 1)
        heapq.heappush(self._later, (due, event.key))


def run(
    pool: Pool,
    calls: Iterable[Call] | Sequence[Call],
    *,
    attempts: int = 3,
    on_event: Callable[[Event], None] = lambda _event: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Done]:
    """The result of every call, as they come. `on_event` sees all events first.

    Where a call fails for good, the run is cancelled, or its consumer stops, the pool is closed,
    which stops all others, before the error goes on. Raises what a call raised, Exhausted, or
    Cancelled.
    """
    supervisor = Supervisor(pool, attempts=attempts)
    for call in calls:
        supervisor.add(call)
    try:
        while supervisor.busy:
            if cancelled():
                raise Cancelled("the run was stopped")
            for event in supervisor.step(_LOOK):
                on_event(event)
                if isinstance(event, Done):
                    yield event
    except BaseException:
        pool.close()
        raise
