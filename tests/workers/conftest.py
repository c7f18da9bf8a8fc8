import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from workers.bridge import BridgedPool
from workers.local_pool import LocalPool
from workers.model import Call, Done, Event, Failed, Placed, Pool
from workers.ray_pool import RayPool

# Ray's workers find the functions of the tests by the driver's path
REPOSITORY = str(Path(__file__).resolve().parents[2])
if REPOSITORY not in sys.path:
    sys.path.insert(0, REPOSITORY)


@pytest.fixture(scope="module", params=["local", "ray", "bridged"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """Every pool there is, one after the other, each once for the whole module."""
    made = POOLS[request.param]()
    yield made
    made.close()


POOLS: dict[str, Callable[[], Pool]] = {
    "local": lambda: LocalPool(2),
    "ray": lambda: RayPool(2),
    "bridged": lambda: BridgedPool(lambda: RayPool(2), 2),
}


def finish(pool: Pool, *calls: Call, within: float = 30) -> list[Event]:
    """Submit, and collect events until every call has ended; where they ran is left out."""
    for call in calls:
        pool.submit(call)
    events: list[Event] = []
    deadline = time.monotonic() + within
    while sum(isinstance(event, Done | Failed) for event in events) < len(calls):
        assert time.monotonic() < deadline, f"only {events} within {within} s"
        events += [event for event in pool.wait(0.5) if not isinstance(event, Placed)]
    return events


def processes_named(name: str) -> list[psutil.Process]:
    """Living processes with the name among their arguments, this one left out."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.pid != os.getpid()
        and any(name in part for part in process.info["cmdline"] or [])
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], object], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
