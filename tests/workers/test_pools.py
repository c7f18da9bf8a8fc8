"""The contract every pool keeps."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import finish, processes_named, wait_for
from workers.errors import Cancelled, Retryable, WorkerError
from workers.model import Call, Done, Event, Failed, Placed, Pool, Progress


def test_results_come_back_by_key(pool: Pool) -> None:
    events = finish(pool, *(Call(f"call {number}", calls.double, number) for number in range(10)))
    done = {event.key: event.value for event in events if isinstance(event, Done)}
    assert done == {f"call {number}": 2 * number for number in range(10)}


def test_progress_moves_within_a_call_and_the_result_comes_last(pool: Pool) -> None:
    began = time.monotonic()
    pool.submit(Call("slow", calls.count, 4))
    seen: list[tuple[float, object]] = []
    while not seen or not isinstance(seen[-1][1], Done):
        assert time.monotonic() - began < 30
        seen += [(time.monotonic(), event) for event in pool.wait(0.5)]
    assert isinstance(seen[0][1], Placed)
    assert [event for _, event in seen[1:]] == [
        Progress("slow", 0.25),
        Progress("slow", 0.5),
        Progress("slow", 0.75),
        Progress("slow", 1.0),
        Done("slow", 4),
    ]
    assert seen[-1][0] - seen[0][0] > 1, "progress must come while the call runs"


def test_wait_returns_in_time_with_nothing_to_tell(pool: Pool) -> None:
    began = time.monotonic()
    assert not pool.wait(0.3)
    assert 0.2 < time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("error", "retry"),
    [(Retryable("disk full"), True), (ValueError("bad rung"), False), (WorkerError("no"), False)],
)
def test_what_a_function_raises_comes_back(pool: Pool, error: Exception, retry: bool) -> None:
    (event,) = finish(pool, Call("bad", calls.raise_error, error))
    assert isinstance(event, Failed)
    assert (event.key, event.error, event.retry) == ("bad", str(error), retry)
    assert type(event.exception) is type(error)


def test_an_exception_that_cannot_travel_is_still_told(pool: Pool) -> None:
    (event,) = finish(pool, Call("bad", calls.raise_unportable, None))
    assert isinstance(event, Failed)
    assert "onetwo" in event.error
    assert not event.retry


def test_a_function_that_exits_fails_and_the_pool_lives_on(pool: Pool) -> None:
    (event,) = finish(pool, Call("exit", calls.leave, 3))
    assert isinstance(event, Failed)
    assert not event.retry
    assert finish(pool, Call("next", calls.double, 1)) == [Done("next", 2)]


def test_a_killed_child_is_worth_another_attempt(pool: Pool, tmp_path: Path) -> None:
    call = Call("dies", calls.kill_child, str(tmp_path))
    (event,) = finish(pool, call)
    assert isinstance(event, Failed)
    assert event.retry
    assert "SIGKILL" in event.error
    assert finish(pool, call) == [Done("dies", "second attempt")]


def test_never_more_than_its_slots_at_once(pool: Pool, tmp_path: Path) -> None:
    events = finish(
        pool, *(Call(f"{number}", calls.crowd, str(tmp_path)) for number in range(6)), within=60
    )
    crowds = [event.value for event in events if isinstance(event, Done)]
    assert len(crowds) == 6
    assert max(crowds) <= pool.slots == 2


def test_a_call_may_be_meant_for_a_node(pool: Pool) -> None:
    finish(pool, Call("up", calls.double, 1))
    (node,) = pool.nodes()
    assert (node.slots, node.alive) == (2, True)
    pool.submit(Call("mine", calls.double, 1), node.id)
    pool.submit(Call("nobody's", calls.double, 1), "0" * 56)
    told: list[Event] = []
    assert wait_for(lambda: told.extend(pool.wait(0.2)) or len(_ends(told)) == 2, 20)
    ends = _ends(told)
    assert ends["mine"] == Done("mine", 2)
    assert isinstance(failed := ends["nobody's"], Failed)
    assert failed.retry


def test_a_worker_that_begins_is_told_with_its_node_and_process(pool: Pool) -> None:
    pool.submit(Call("here", calls.where, None))
    told: list[Event] = []
    assert wait_for(lambda: told.extend(pool.wait(0.5)) or len(told) == 2, 30)
    placed, done = told
    assert isinstance(placed, Placed)
    assert isinstance(done, Done)
    assert (placed.key, placed.node, placed.pid) == ("here", done.node, done.value)
    assert placed.node in {node.id for node in pool.nodes()}


def test_a_cancelled_call_and_its_children_end_and_no_other(pool: Pool, tmp_path: Path) -> None:
    name = f"cancelled-{os.getpid()}-{time.monotonic_ns()}"
    pool.submit(Call("runs", calls.sleeping_child, (str(tmp_path), name)))
    pool.submit(Call("other", calls.nap, 3.0))
    assert wait_for(lambda: processes_named(name), 20)
    pool.submit(Call("waits", calls.nap, 60.0))
    pool.submit(Call("waits too", calls.nap, 60.0))
    for key in ("runs", "waits", "waits too", "unknown"):
        pool.cancel(key)
    assert wait_for(lambda: not processes_named(name), 2)
    told: list[Event] = []
    assert wait_for(lambda: told.extend(pool.wait(0.2)) or len(_ends(told)) == 4, 20)
    ends = _ends(told)
    assert ends.pop("other") == Done("other", 3.0)
    for end in ends.values():
        assert isinstance(end, Failed)
        assert (end.error, end.retry) == ("it was cancelled", False)
        assert isinstance(end.exception, Cancelled)
    assert finish(pool, Call("next", calls.double, 1)) == [Done("next", 2)]


def test_a_cancelled_function_hears_of_it_when_it_reports(pool: Pool) -> None:
    pool.submit(Call("counts", calls.count, 60))
    told: list[Event] = []
    assert wait_for(lambda: told.extend(pool.wait(0.2)) or told, 20)
    pool.cancel("counts")
    assert wait_for(lambda: told.extend(pool.wait(0.2)) or "counts" in _ends(told), 3)


def test_what_cannot_grow_says_so(pool: Pool) -> None:
    with pytest.raises(WorkerError, match=r"cannot be scaled|no autoscaler"):
        pool.scale(5)


def _ends(events: Sequence[Event]) -> dict[str, Event]:
    return {event.key: event for event in events if isinstance(event, Done | Failed)}
