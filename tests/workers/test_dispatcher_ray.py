"""A dispatcher over Ray, as a farm has it: every call ends right, and nothing is left behind."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import processes_named, wait_for
from tests.workers.many_nodes import Memory
from tests.workers.test_dispatcher import A, B, Ear, doubles
from workers.dispatcher import Dispatcher
from workers.errors import Cancelled, Exhausted
from workers.model import Call, Done, Failed, Report
from workers.ray_pool import RayPool
from workers.supervise import run
from workers.work import JobRef


@pytest.fixture(scope="module")
def journal() -> Memory:
    return Memory()


@pytest.fixture(scope="module")
def dispatcher(journal: Memory) -> Iterator[Dispatcher]:
    made = Dispatcher(lambda: RayPool(2), journal)
    yield made
    made.close()


def kill_worker(_argument: None, report: Report) -> None:
    os.kill(os.getpid(), 9)


def test_jobs_of_several_bases_are_done_at_once(dispatcher: Dispatcher) -> None:
    other = Ear()
    dispatcher.submit(B, doubles(40), other)
    done = {one.key: one.value for one in run(dispatcher.desk(A), doubles(40))}
    assert done == {f"{number}": 2 * number for number in range(40)}
    assert all(isinstance(end, Done) for end in other.wait(40).values())


def test_a_call_that_kills_its_worker_three_times_is_set_aside(
    dispatcher: Dispatcher, journal: Memory
) -> None:
    poison, other = Ear(), Ear()
    dispatcher.submit(JobRef("poison", "base c"), [Call("deadly", kill_worker, None)], poison)
    dispatcher.submit(JobRef("healthy", "base d"), doubles(20), other)
    end = poison.wait(1, within=60)["deadly"]
    assert isinstance(end, Failed)
    assert isinstance(end.exception, Exhausted)
    assert journal.outcomes("deadly") == ["lost"] * 3
    assert [aside.call.key for aside in journal.asides] == ["deadly"]
    assert all(isinstance(one, Done) for one in other.wait(20, within=30).values())


def test_cancelling_ends_encoders_within_two_seconds_and_spares_others(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    name, ear, other = f"ray-cancelled-{time.monotonic_ns()}", Ear(), Ear()
    job = JobRef("sleepers", "base e")
    sleeper = Call("sleeper", calls.sleeping_child, (str(tmp_path), name), weight=60)
    dispatcher.submit(job, [sleeper], ear)
    assert wait_for(lambda: len(processes_named(name)) >= 3, 30)
    (running,) = dispatcher.status().running
    assert (running.job, running.key, running.party) == ("sleepers", "sleeper", "base e")
    dispatcher.submit(JobRef("others", "base f"), [Call("count", calls.count, 3)], other)
    began = time.monotonic()
    dispatcher.cancel(job.id)
    end = ear.wait(1, within=2)["sleeper"]
    assert wait_for(lambda: not processes_named(name), 2 - (time.monotonic() - began))
    assert isinstance(end, Failed)
    assert isinstance(end.exception, Cancelled)
    assert other.wait(1) == {"count": Done("count", 3)}
