"""Work goes on while Ray is starting."""

import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from workers.attempt import elsewhere, stopped
from workers.errors import WorkerError
from workers.local_pool import HERE, LocalPool
from workers.model import Call, Done, Event, Failed, Node, Pool, Progress
from workers.ray_pool import RayPool

_LOOK = 0.1
"""Seconds between looks at whether Ray is up."""


class BridgedPool:
    """The `Pool` protocol over two: calls run on threads here until Ray is up, on Ray from then on.

    The same function runs the same child in either, so results are the same. Both together never
    run more than `slots` calls; a Ray that starts on a busy machine comes up later, and is not
    needed before one of the first calls is done. To whoever uses it, it is one node all the time.
    """

    def __init__(self, ray_pool: Callable[[], RayPool], slots: int) -> None:
        self._slots = slots
        self._far = ray_pool()
        self._near = LocalPool(slots)
        self._waiting: deque[Call] = deque()
        self._at: dict[str, Pool] = {}
        self._ended: list[Event] = []
        self._closed = False

    @property
    def slots(self) -> int:
        return self._slots

    def nodes(self) -> tuple[Node, ...]:
        return (Node(HERE, socket.gethostname(), self._slots, alive=True),)

    def submit(self, call: Call, node: str | None = None) -> None:
        """Raises WorkerError after `close`."""
        if self._closed:
            raise WorkerError(f"{call.key} came after the pool was closed")
        if node is not None and node != HERE:
            self._ended.append(elsewhere(call.key, node))
            return
        self._waiting.append(call)
        self._hand_out()

    def wait(self, timeout: float) -> Sequence[Event]:
        deadline = time.monotonic() + timeout
        while True:
            self._hand_out()
            events, self._ended = self._ended, []
            pause = 0.0 if events else min(_LOOK, max(0.0, deadline - time.monotonic()))
            near = self._near in self._at.values()
            events += self._near.wait(pause if near else 0)
            events += map(_here, self._far.wait(0 if near else pause))
            for event in events:
                if isinstance(event, Done | Failed):
                    self._at.pop(event.key, None)
            if events or time.monotonic() >= deadline:
                return events

    def cancel(self, key: str) -> None:
        if key in self._at:
            self._at[key].cancel(key)
        for call in [call for call in self._waiting if call.key == key]:
            self._waiting.remove(call)
            self._ended.append(stopped(key))

    def scale(self, slots: int) -> None:
        """Raises WorkerError: there is this machine alone."""
        self._near.scale(slots)

    def close(self) -> None:
        self._closed = True
        with ExitStack() as stack:
            stack.callback(self._far.close)
            stack.callback(self._near.close)

    def _hand_out(self) -> None:
        """Ray gets one call more than it can run, to have it at hand, once none is left here."""
        while self._waiting:
            near = sum(pool is self._near for pool in self._at.values())
            if self._far.ready:
                pool: Pool = self._far
                room = self._slots + (near == 0)
            else:
                pool, room = self._near, self._near.slots
            if len(self._at) >= room:
                return
            call = self._waiting.popleft()
            self._at[call.key] = pool
            pool.submit(call)


def _here(event: Event) -> Event:
    """What Ray tells, of the node by the name it has here."""
    return event if isinstance(event, Progress) else replace(event, node=HERE)
