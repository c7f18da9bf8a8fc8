"""Order, further attempts, and how a run ends."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import processes_named
from workers.errors import Cancelled, Exhausted, Retryable
from workers.local_pool import LocalPool
from workers.model import Call, Done, Event, Failed, Report
from workers.supervise import HeaviestFirst, Supervisor, run


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    made = LocalPool(1)
    yield made
    made.close()


def note(argument: tuple[str, str], report: Report) -> str:
    """Appends its name to a file: the order in which calls ran."""
    path, name = argument
    with Path(path).open("a") as file:
        file.write(name + "\n")
    return name


def fail_times(argument: tuple[str, int], report: Report) -> int:
    """Fails until it was called often enough; returns how often."""
    folder, wanted = argument
    attempts = len(list(Path(folder).iterdir())) + 1
    (Path(folder) / str(attempts)).touch()
    if attempts < wanted:
        raise Retryable(f"attempt {attempts} was unlucky")
    return attempts


def test_the_heaviest_call_runs_first_and_equals_in_order(pool: LocalPool, tmp_path: Path) -> None:
    order = tmp_path / "order"
    weights = {"light": 1.0, "heavy": 9.0, "middle": 5.0, "middle too": 5.0}
    todo = [Call(name, note, (str(order), name), weight) for name, weight in weights.items()]
    assert {done.key for done in run(pool, todo)} == set(weights)
    assert order.read_text().splitlines() == ["heavy", "middle", "middle too", "light"]


def test_the_pool_is_given_one_call_more_than_it_has_slots() -> None:
    class Counting:
        slots = 2
        held = 0

        def submit(self, call: Call) -> None:
            self.held += 1
            self.keys = [*getattr(self, "keys", []), call.key]
            assert self.held <= 3

        def wait(self, _timeout: float) -> list[Event]:
            self.held -= 1
            return [Done(self.keys.pop(0), None)]

        def close(self) -> None: ...

    done = list(run(Counting(), (Call(f"{number}", calls.double, 0) for number in range(20))))
    assert len(done) == 20


def test_a_retryable_failure_is_tried_again_later(pool: LocalPool, tmp_path: Path) -> None:
    events: list[Event] = []
    began = time.monotonic()
    (done,) = run(pool, [Call("shy", fail_times, (str(tmp_path), 3))], on_event=events.append)
    assert done == Done("shy", 3)
    reasons = [event.error for event in events if isinstance(event, Failed)]
    assert reasons == ["attempt 1 was unlucky", "attempt 2 was unlucky"]
    assert time.monotonic() - began > 1.4, "the second wait is longer than the first"


def test_others_run_while_one_waits_for_its_next_attempt(pool: LocalPool, tmp_path: Path) -> None:
    shy = Call("shy", fail_times, (str(tmp_path), 2), weight=9)
    done = [event.key for event in run(pool, [shy, Call("other", calls.double, 1)])]
    assert done == ["other", "shy"]


def test_the_last_attempt_names_call_and_reason(pool: LocalPool, tmp_path: Path) -> None:
    call = Call("chunk 7", fail_times, (str(tmp_path), 99))
    with pytest.raises(Exhausted, match=r"chunk 7 failed 2 times.*attempt 2 was unlucky"):
        list(run(pool, [call], attempts=2))


def test_what_cannot_be_tried_again_is_raised_as_it_was_and_stops_the_others(
    tmp_path: Path,
) -> None:
    pool = LocalPool(2)
    sleeper = Call("sleeper", calls.sleeping_child, (str(tmp_path), "unused-name"), weight=2)
    refused = Call("refused", calls.raise_error, ValueError("not media"))
    began = time.monotonic()
    with pytest.raises(ValueError, match="not media"):
        list(run(pool, [sleeper, refused]))
    assert time.monotonic() - began < 3
    assert not processes_named("unused-name")


def test_a_cancelled_run_stops_its_children(tmp_path: Path) -> None:
    pool = LocalPool(1)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    sleeper = Call("sleeper", calls.sleeping_child, (str(tmp_path), "unused-name"))
    began = time.monotonic()
    with pytest.raises(Cancelled):
        list(run(pool, [sleeper], cancelled=stop.is_set))
    assert time.monotonic() - began < 3
    assert not processes_named("unused-name")


def test_a_consumer_that_stops_early_stops_the_run(tmp_path: Path) -> None:
    pool = LocalPool(2)
    sleeper = Call("sleeper", calls.sleeping_child, (str(tmp_path), "unused-name"), weight=2)
    results = run(pool, [sleeper, Call("quick", calls.double, 4)])
    assert next(results) == Done("quick", 8)
    results.close()  # type: ignore[attr-defined]
    assert not processes_named("unused-name")


def test_calls_may_be_added_while_it_runs(pool: LocalPool) -> None:
    supervisor = Supervisor(pool)
    supervisor.add(Call("1", calls.double, 1))
    with pytest.raises(ValueError, match="under way"):
        supervisor.add(Call("1", calls.double, 1))
    done: dict[str, int] = {}
    while supervisor.busy:
        for event in supervisor.step(0.2):
            if isinstance(event, Done):
                done[event.key] = event.value
                if event.value < 16:
                    supervisor.add(Call(str(event.value), calls.double, event.value))
    assert done == {"1": 2, "2": 4, "4": 8, "8": 16}


def test_the_queue_can_be_another(pool: LocalPool, tmp_path: Path) -> None:
    class LightestFirst(HeaviestFirst):
        def push(self, call: Call) -> None:
            super().push(Call(call.key, call.function, call.argument, -call.weight))

    order = tmp_path / "order"
    supervisor = Supervisor(pool, queue=LightestFirst())
    for name, weight in (("heavy", 3.0), ("light", 1.0), ("middle", 2.0)):
        supervisor.add(Call(name, note, (str(order), name), weight))
    while supervisor.busy:
        supervisor.step(0.2)
    assert order.read_text().splitlines() == ["light", "middle", "heavy"]
