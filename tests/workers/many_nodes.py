"""Several nodes in this process, and a journal in memory: what a dispatcher works with in tests."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from typing import Any

from tests.workers.conftest import wait_for
from workers.attempt import elsewhere, take
from workers.dispatcher import Dispatcher
from workers.errors import JournalLost, WorkerError
from workers.journal import Aside, Claim, Ended
from workers.local_pool import LocalPool
from workers.model import Call, Done, Event, Failed, Node, Placed, Pool, Report

node_here: ContextVar[str] = ContextVar("node_here")
"""The node a function runs on."""


class ManyNodes:
    """The `Pool` protocol over a local pool for each node. `break_down` ends it as a dead Ray
    does; `lose` takes one node away, as a machine that is switched off."""

    def __init__(self, **slots: int) -> None:
        self._pools = {node: LocalPool(count) for node, count in slots.items()}
        self._gone: set[str] = set()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._at: dict[str, str] = {}
        self._lock = threading.Lock()
        self._broken = False
        self.most = 0
        """Calls it ever held at once."""

    @property
    def slots(self) -> int:
        return sum(pool.slots for pool in self._pools.values())

    def nodes(self) -> tuple[Node, ...]:
        return tuple(
            Node(node, f"{node}.test", pool.slots, alive=node not in self._gone)
            for node, pool in self._pools.items()
        )

    def submit(self, call: Call, node: str | None = None) -> None:
        assert node is not None, "the dispatcher chooses the node"
        if self._broken:
            raise WorkerError("it broke down")
        with self._lock:
            if node in self._gone:
                self._events.put(elsewhere(call.key, node))
                return
            self._at[call.key] = node
            self.most = max(self.most, len(self._at))
        self._pools[node].submit(replace(call, function=partial(_on, node, call.function)))

    def wait(self, timeout: float) -> Sequence[Event]:
        if self._broken:
            raise WorkerError("it broke down")
        deadline = time.monotonic() + timeout
        while not (events := [*take(self._events, 0), *self._collect()]):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.002)
        return events

    def cancel(self, key: str) -> None:
        if key in self._at:
            self._pools[self._at[key]].cancel(key)

    def scale(self, slots: int) -> None:
        self._pools |= {f"new{number}": LocalPool(1) for number in range(slots - self.slots)}

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def break_down(self) -> None:
        self._broken = True

    def lose(self, node: str) -> None:
        with self._lock:
            self._gone.add(node)
            lost = [key for key, at in self._at.items() if at == node]
            for key in lost:
                del self._at[key]
                self._events.put(Failed(key, "its node died", retry=True, node=node))
        self._pools[node].close()

    def _collect(self) -> Iterator[Event]:
        for node, pool in self._pools.items():
            if node in self._gone:
                continue
            for event in pool.wait(0):
                with self._lock:
                    if isinstance(event, Done | Failed) and self._at.pop(event.key, None) is None:
                        continue
                yield replace(event, node=node) if isinstance(event, Placed) else event


def _on(node: str, function: Callable[[Any, Report], Any], argument: Any, report: Report) -> Any:
    node_here.set(node)
    return function(argument, report)


@dataclass
class Memory:
    """A journal that keeps everything, and can be told to refuse."""

    claims: list[Claim] = field(default_factory=list)
    endings: list[Ended] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    """Keys that a newer dispatcher has."""
    lost: bool = False
    """Whether it can be reached."""
    deposed: bool = False

    def claimed(self, claims: Sequence[Claim]) -> Sequence[bool]:
        self._reach()
        self.claims += claims
        self.batches.append(len(claims))
        return [claim.key not in self.stale for claim in claims]

    def ended(self, endings: Sequence[Ended]) -> None:
        self._reach()
        self.endings += endings

    def set_aside(self, aside: Aside) -> None:
        self._reach()
        self.asides.append(aside)

    def alive(self) -> bool:
        self._reach()
        return not self.deposed

    def outcomes(self, key: str) -> list[str]:
        return [end.outcome.value for end in self.endings if end.claim.key == key]

    def _reach(self) -> None:
        if self.lost:
            raise JournalLost("the journal is away")


@contextmanager
def dispatching(pool: Pool, journal: Memory | None = None, **options: Any) -> Iterator[Dispatcher]:
    """A dispatcher over that pool, which is known and idle when this begins."""
    made = Dispatcher(lambda: pool, journal or Memory(), **options)
    try:
        assert wait_for(made.nodes, 5)
        yield made
    finally:
        made.close()
        assert made.error is not None
