"""The contract every pool keeps."""

import time
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import finish
from workers.errors import Retryable, WorkerError
from workers.model import Call, Done, Failed, Pool, Progress


def test_results_come_back_by_key(pool: Pool) -> None:
    events = finish(pool, *(Call(f"call {number}", calls.double, number) for number in range(10)))
    done = {event.key: event.value for event in events if isinstance(event, Done)}
    assert done == {f"call {number}": 2 * number for number in range(10)}


def test_progress_moves_within_a_call_and_the_result_comes_last(pool: Pool) -> None:
    began = time.monotonic()
    pool.submit(Call("slow", calls.count, 4))
    seen: list[tuple[float, object]] = []
    while not seen or isinstance(seen[-1][1], Progress):
        assert time.monotonic() - began < 30
        seen += [(time.monotonic(), event) for event in pool.wait(0.5)]
    assert [event for _, event in seen] == [
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
