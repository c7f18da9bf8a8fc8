"""What runs in a worker process of Ray: one call, watched over. Knows nothing of Ray itself."""

import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.attempt import attempt, portable, take
from workers.cancel import cancellable
from workers.model import Call, Done, Event, Failed, Placed
from workers.tree import Tree, started

_EVERY = 0.25
"""Seconds between progress events of one call."""
_LISTEN = 0.2
"""Seconds within which an interruption is heard."""
_SOON = 0.02
"""Seconds within which a call that ends has begun and ended in one message."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Names the process a worker works for."""

    boot: str
    pid: int
    started: int | None


def work(call: Call, driver: Driver, node: str) -> Iterator[tuple[Event, ...]]:
    """The Ray task: the events of one call, the last one Done or Failed, as they come: several at
    once where they come together, for each costs a message.

    The function runs in a thread of its own, so that this one can pass progress on, and hear of a
    cancellation.
    """
    _watch(driver)
    flag = threading.Event()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def run() -> None:
        with cancellable(flag):
            tell = events.put
            attempt(call, lambda event: tell(portable(event)), every=_EVERY, node=node)

    thread = threading.Thread(target=run, name=call.key, daemon=True)
    thread.start()
    try:
        placed = Placed(call.key, node, os.getpid())
        told: list[Event] = [placed, *take(events, _SOON)]
        while True:
            if told:
                yield tuple(told)
            if told and isinstance(told[-1], Done | Failed):
                return
            told = take(events, _LISTEN)
    finally:
        flag.set()
        thread.join(2)


_watching = threading.Lock()


def _watch(driver: Driver) -> None:
    """From the first call on: exits at once, and with it all children, when raylet or driver is
    gone. Ray itself takes seconds to notice, or does not; its agents would go on for a minute to
    tell a dead server, so they are ended too."""
    if not _watching.acquire(blocking=False):
        return
    raylet = os.getppid()
    kin = {pid: started(pid) for pid in Tree(raylet).pids() if pid not in (raylet, os.getpid())}
    here = driver.boot == boot()

    def watch() -> None:
        while os.getppid() == raylet:
            if here and started(driver.pid) != driver.started:
                os._exit(1)
            time.sleep(0.25)
        for pid, began in kin.items():
            if began is not None and started(pid) == began:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def boot() -> str:
    """The machine, and the process ids valid on it: containers of one machine do not share them."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115 - not a path
