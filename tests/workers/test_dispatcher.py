"""Jobs at a dispatcher: order, further attempts, cancelling, and what its journal hears."""

import gc
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import processes_named, wait_for
from tests.workers.many_nodes import ManyNodes, Memory, dispatching
from tests.workers.test_supervise import fail_times, note
from workers import dispatcher as dispatcher_module
from workers.dispatcher import Dispatcher
from workers.errors import Cancelled, Deposed, Exhausted, Retryable, Stale, Stopped, WorkerError
from workers.journal import NoJournal, Outcome
from workers.local_pool import LocalPool
from workers.model import Call, Done, Event, Failed, Placed, Report
from workers.supervise import run
from workers.ticket import URGENT
from workers.work import JobRef

A, B = JobRef("job a", "base a"), JobRef("job b", "base b")


class Ear:
    """Hears of calls, and waits for their ends."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def ends(self) -> dict[str, Done | Failed]:
        return {
            event.key: event
            for event in self.events
            if isinstance(event, Done) or (isinstance(event, Failed) and not event.retry)
        }

    def wait(self, count: int, within: float = 10) -> dict[str, Done | Failed]:
        assert wait_for(lambda: len(self.ends()) >= count, within), self.events
        return self.ends()


def doubles(count: int) -> list[Call]:
    return [Call(f"{number}", calls.double, number) for number in range(count)]


def hold(gate: threading.Event, report: Report) -> str:
    """Runs until the test lets it go, or the call is cancelled."""
    while not gate.wait(0.02):
        report(0.5)
    return "let go"


def nap(seconds: float, report: Report) -> None:
    time.sleep(seconds)


def test_a_desk_is_a_pool_and_jobs_with_equal_keys_do_not_mix() -> None:
    with dispatching(LocalPool(2)) as dispatcher:
        first, second = Ear(), Ear()
        dispatcher.submit(B, [Call("0", calls.double, 50)], first)
        done = {one.key: one.value for one in run(dispatcher.desk(A), doubles(20))}
        assert done == {f"{number}": 2 * number for number in range(20)}
        assert first.wait(1) == {"0": Done("0", 100)}
        with pytest.raises(ValueError, match="already under way"):
            dispatcher.submit(A, [Call("same", nap, 0.1), Call("same", nap, 0.1)], second)


def test_a_failed_attempt_is_made_again_and_only_told(tmp_path: Path) -> None:
    journal = Memory()
    retried: list[Failed] = []
    with dispatching(LocalPool(1), journal) as dispatcher:
        desk = dispatcher.desk(A, retried.append)
        began = time.monotonic()
        (done,) = run(desk, [Call("shy", fail_times, (str(tmp_path), 3))], attempts=1)
        assert done.value == 3
        assert time.monotonic() - began > 1.4, "the second wait is longer than the first"
    assert [event.error for event in retried] == ["attempt 1 was unlucky", "attempt 2 was unlucky"]
    assert journal.outcomes("shy") == ["failed", "failed", "done"]
    assert [end.again for end in journal.endings] == [True, True, False]
    assert [claim.number for claim in journal.claims] == [1, 2, 3]
    assert dispatcher.status().retries == 2


def test_after_its_last_attempt_a_call_is_set_aside(tmp_path: Path) -> None:
    journal, ear = Memory(), Ear()
    with dispatching(LocalPool(1), journal, attempts=2) as dispatcher:
        call = Call("chunk 7", fail_times, (str(tmp_path), 99))
        dispatcher.submit(A, [call], ear)
        failed = ear.wait(1)["chunk 7"]
        assert isinstance(failed, Failed)
        assert isinstance(failed.exception, Exhausted)
        assert "chunk 7 failed 2 times, the last time: attempt 2 was unlucky" in failed.error
        (aside,) = journal.asides
    assert (aside.job, aside.call, aside.attempts) == (A.id, call, 2)
    assert aside.log.splitlines() == [
        "attempt 1 on local: attempt 1 was unlucky",
        "attempt 2 on local: attempt 2 was unlucky",
    ]
    assert [end.again for end in journal.endings] == [True, False]


def test_what_was_said_before_the_last_failure_is_kept() -> None:
    journal, ear = Memory(), Ear()
    error = Retryable("killed")
    error.log = "x264 [error]: this picture is odd"
    with dispatching(LocalPool(1), journal, attempts=1) as dispatcher:
        dispatcher.submit(A, [Call("odd", calls.raise_error, error)], ear)
        ear.wait(1)
    assert journal.asides[0].log.splitlines()[-1] == error.log


def test_a_refusal_is_final_and_told_as_it_was() -> None:
    journal = Memory()
    with dispatching(LocalPool(1), journal) as dispatcher:
        refused = Call("refused", calls.raise_error, ValueError("not media"))
        with pytest.raises(ValueError, match="not media"):
            list(run(dispatcher.desk(A), [refused]))
    assert journal.outcomes("refused") == ["failed"]
    assert journal.asides == []


def test_a_failing_job_ends_its_own_calls_and_no_others(tmp_path: Path) -> None:
    ear, gate, name = Ear(), threading.Event(), f"failing-{time.monotonic_ns()}"
    with dispatching(LocalPool(3)) as dispatcher:
        dispatcher.submit(B, [Call("other", hold, gate)], ear)
        todo = [
            Call("sleeper", calls.sleeping_child, (str(tmp_path), name), weight=9),
            *doubles(3),
            Call("refused", calls.raise_error, ValueError("not media"), weight=0.5),
        ]
        with pytest.raises(ValueError, match="not media"):
            list(run(dispatcher.desk(A), todo))
        assert not processes_named(name)
        assert not ear.ends()
        gate.set()
        assert ear.wait(1) == {"other": Done("other", "let go")}


def test_the_pool_never_gets_more_than_one_call_beyond_its_slots() -> None:
    pool, ear = ManyNodes(a=2, b=1), Ear()
    with dispatching(pool) as dispatcher:
        dispatcher.submit(A, doubles(100), ear)
        ear.wait(100)
    assert pool.most == 4


def test_no_call_is_handed_over_long_before_its_slot_is_free() -> None:
    """It would take the slot from another party's call that comes meanwhile."""
    pool, ear, gate = ManyNodes(a=2), Ear(), threading.Event()
    with dispatching(pool) as dispatcher:
        dispatcher.submit(A, [Call(f"{n}", hold, gate, weight=60) for n in range(5)], ear)
        assert wait_for(lambda: len(dispatcher.status().running) == 2, 5)
        time.sleep(0.3)
        assert pool.most == 2
        gate.set()
        ear.wait(5)


def test_one_call_of_another_base_waits_for_one_call_a_slot(tmp_path: Path) -> None:
    order = tmp_path / "order"
    with dispatching(LocalPool(2)) as dispatcher:
        crowd, single = Ear(), Ear()
        many = [Call(f"{n}", _note_and_nap, (str(order), "crowd"), weight=5) for n in range(200)]
        dispatcher.submit(A, many, crowd)
        assert wait_for(lambda: order.exists() and len(order.read_text().splitlines()) > 8, 10)
        came = len(order.read_text().splitlines())
        dispatcher.submit(B, [Call("mine", _note_and_nap, (str(order), "mine"))], single)
        single.wait(1)
        began = order.read_text().splitlines()
        assert began.index("mine") - came <= 2
        assert len(crowd.ends()) < 30
        dispatcher.cancel(A.id)
        crowd.wait(200)


def _note_and_nap(argument: tuple[str, str], report: Report) -> None:
    note(argument, report)
    time.sleep(0.05)


def test_cancelling_stops_what_runs_drops_what_waits_and_spares_others(tmp_path: Path) -> None:
    journal, ear, other, name = Memory(), Ear(), Ear(), f"cancelled-{time.monotonic_ns()}"
    with dispatching(LocalPool(2), journal) as dispatcher:
        desk = dispatcher.desk(A)
        folders = [tmp_path / str(number) for number in range(2)]
        for folder in folders:
            folder.mkdir()
        sleepers = [
            Call(folder.name, calls.sleeping_child, (str(folder), name), weight=60)
            for folder in folders
        ]
        dispatcher.submit(A, sleepers, ear)
        dispatcher.submit(A, [Call(f"waits {n}", calls.double, n) for n in range(50)], ear)
        assert wait_for(lambda: len(processes_named(name)) >= 6, 20)
        dispatcher.submit(B, doubles(3), other)
        began = time.monotonic()
        dispatcher.cancel(A.id)
        ends = ear.wait(52, within=2)
        assert wait_for(lambda: not processes_named(name), 2 - (time.monotonic() - began))
        assert all(
            isinstance(end, Failed) and isinstance(end.exception, Cancelled)
            for end in ends.values()
        )
        assert all(isinstance(end, Done) for end in other.wait(3).values())
        with pytest.raises(Cancelled):
            desk.submit(Call("late", calls.double, 1))
    of_a = [(end.claim.key, end.outcome.value) for end in journal.endings if end.claim.job == A.id]
    assert sorted(of_a) == [("0", "cancelled"), ("1", "cancelled")]


def test_a_call_that_does_not_stop_is_told_after_two_seconds_and_keeps_its_slot() -> None:
    ear, other = Ear(), Ear()
    with dispatching(LocalPool(1)) as dispatcher:
        dispatcher.submit(A, [Call("deaf", nap, 3.5)], ear)
        assert wait_for(lambda: dispatcher.status().running, 5)
        dispatcher.cancel(A.id)
        began = time.monotonic()
        assert isinstance(ear.wait(1)["deaf"], Failed)
        assert 1.5 < time.monotonic() - began < 3
        dispatcher.submit(B, [Call("next", calls.double, 1, weight=60)], other)
        time.sleep(0.3)
        assert not other.ends()
        other.wait(1)


def test_paused_work_waits_and_what_runs_goes_on() -> None:
    ear, other, gate = Ear(), Ear(), threading.Event()
    with dispatching(LocalPool(1)) as dispatcher:
        dispatcher.submit(A, [Call("runs", hold, gate, weight=9), *doubles(2)], ear)
        assert wait_for(lambda: dispatcher.status().running, 5)
        dispatcher.pause(A.party)
        gate.set()
        ear.wait(1)
        dispatcher.submit(B, doubles(1), other)
        other.wait(1)
        dispatcher.pause()
        dispatcher.resume(A.party)
        time.sleep(0.2)
        assert set(ear.ends()) == {"runs"}
        assert dispatcher.status().paused
        dispatcher.resume()
        ear.wait(3)


def test_a_job_can_be_moved_up_with_all_that_it_hands_over_later(tmp_path: Path) -> None:
    order, ear, gate = str(tmp_path / "order"), Ear(), threading.Event()
    with dispatching(LocalPool(1)) as dispatcher:
        desk = dispatcher.desk(JobRef("second", A.party))
        dispatcher.submit(B, [Call("first", hold, gate, weight=60)], ear)
        assert wait_for(lambda: dispatcher.status().running, 5)
        dispatcher.submit(A, [Call("a", note, (order, "a"))], ear)
        desk.submit(Call("b", note, (order, "b")))
        assert dispatcher.queue().position("second", time.time()) == 1
        dispatcher.reprioritise("second", priority=URGENT)
        desk.submit(Call("c", note, (order, "c")))
        assert dispatcher.queue().position("second", time.time()) == 0
        gate.set()
        ear.wait(2)
    assert Path(order).read_text().split() == ["b", "c", "a"]


def test_the_journal_is_asked_once_for_all_that_begins_together() -> None:
    journal, ear = Memory(), Ear()
    with dispatching(ManyNodes(a=4, b=4), journal) as dispatcher:
        dispatcher.submit(A, doubles(200), ear)
        ear.wait(200)
    assert sum(journal.batches) == 200
    assert len(journal.batches) < 150
    assert [end.outcome for end in journal.endings] == [Outcome.DONE] * 200


def test_what_a_newer_dispatcher_has_is_left_to_it() -> None:
    journal, ear = Memory(stale={"1"}), Ear()
    with dispatching(LocalPool(1), journal) as dispatcher:
        dispatcher.submit(A, doubles(3), ear)
        ends = ear.wait(3)
    assert isinstance(ends["0"], Done)
    stale = ends["1"]
    assert isinstance(stale, Failed)
    assert isinstance(stale.exception, Stale)
    assert journal.outcomes("1") == []


def test_a_journal_that_is_away_for_a_while_loses_nothing() -> None:
    journal, ear, gate = Memory(), Ear(), threading.Event()
    with dispatching(LocalPool(1), journal, renew=0.1, patience=60) as dispatcher:
        dispatcher.submit(A, [Call("runs", hold, gate, weight=9), *doubles(3)], ear)
        assert wait_for(lambda: dispatcher.status().running, 5)
        journal.lost = True
        gate.set()
        time.sleep(0.3)
        assert not ear.ends(), "nobody is told of what is not written down"
        journal.lost = False
        ear.wait(4)
    assert journal.outcomes("runs") == ["done"]
    assert sorted(journal.outcomes(key)[0] for key in "012") == ["done"] * 3


@pytest.mark.parametrize("how", ["deposed", "lost"])
def test_who_loses_the_lease_stops_everything_and_writes_nothing(how: str, tmp_path: Path) -> None:
    journal, ear, name = Memory(), Ear(), f"deposed-{time.monotonic_ns()}"
    with dispatching(LocalPool(1), journal, renew=0.1, patience=0.3) as dispatcher:
        sleeper = Call("sleeper", calls.sleeping_child, (str(tmp_path), name), weight=9)
        dispatcher.submit(A, [sleeper, *doubles(2)], ear)
        assert wait_for(lambda: len(processes_named(name)) >= 3, 20)
        setattr(journal, how, True)
        ends = ear.wait(3, within=5)
        assert not processes_named(name)
        for end in ends.values():
            assert isinstance(end, Failed)
            assert isinstance(end.exception, Deposed)
        assert isinstance(dispatcher.error, Deposed)
        with pytest.raises(Deposed):
            dispatcher.submit(A, doubles(1), ear)
    assert journal.endings == []


def test_what_is_done_but_not_written_down_is_left_to_the_next_dispatcher() -> None:
    journal, ear, gate = Memory(), Ear(), threading.Event()
    with dispatching(LocalPool(1), journal, renew=0.1, patience=0.5) as dispatcher:
        dispatcher.submit(A, [Call("runs", hold, gate)], ear)
        assert wait_for(lambda: dispatcher.status().running, 5)
        journal.lost = True
        gate.set()
        end = ear.wait(1)["runs"]
    assert isinstance(end, Failed)
    assert isinstance(end.exception, Deposed)


def test_closing_leaves_everything_to_the_next_dispatcher(tmp_path: Path) -> None:
    journal, ear, name = Memory(), Ear(), f"closed-{time.monotonic_ns()}"
    with dispatching(LocalPool(1), journal) as dispatcher:
        sleeper = Call("sleeper", calls.sleeping_child, (str(tmp_path), name), weight=9)
        dispatcher.submit(A, [sleeper, *doubles(2)], ear)
        assert wait_for(lambda: len(processes_named(name)) >= 3, 20)
        dispatcher.close()
        ends = ear.wait(3, within=1)
    assert not processes_named(name)
    assert all(
        isinstance(end, Failed) and isinstance(end.exception, Stopped) for end in ends.values()
    )
    assert [(end.claim.key, end.outcome, end.again) for end in journal.endings] == [
        ("sleeper", Outcome.LOST, True)
    ]


def test_a_pool_that_dies_is_opened_anew_and_counts_once_against_a_call() -> None:
    pools: list[ManyNodes] = []

    def opened() -> ManyNodes:
        pools.append(ManyNodes(a=1))
        return pools[-1]

    journal, ear, gate = Memory(), Ear(), threading.Event()
    dispatcher = Dispatcher(opened, journal, attempts=2)
    try:
        dispatcher.submit(A, [Call("runs", hold, gate, weight=9), *doubles(3)], ear)
        for deaths in (1, 2, 3):
            assert wait_for(_runs(ear, deaths), 10)
            pools[-1].break_down()
        assert wait_for(_runs(ear, 4), 10)
        gate.set()
        ends = ear.wait(4)
    finally:
        dispatcher.close()
    assert all(isinstance(end, Done) for end in ends.values())
    assert journal.outcomes("runs") == ["lost", "lost", "lost", "done"]


def _runs(ear: Ear, count: int) -> Callable[[], bool]:
    return lambda: sum(isinstance(event, Placed) for event in ear.events) == count


def test_workers_that_do_not_start_are_tried_again() -> None:
    tries: list[float] = []

    def opened() -> LocalPool:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise WorkerError("nobody answers")
        return LocalPool(1)

    ear = Ear()
    dispatcher = Dispatcher(opened, NoJournal())
    try:
        dispatcher.submit(A, doubles(2), ear)
        assert not dispatcher.status().pool_up
        with pytest.raises(WorkerError, match="just being started"):
            dispatcher.scale(4)
        ear.wait(2)
    finally:
        dispatcher.close()
    assert tries[1] - tries[0] > 0.9


def test_a_listener_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()

    def broken(event: Event) -> None:
        raise RuntimeError("of this job alone")

    with dispatching(LocalPool(1)) as dispatcher:
        dispatcher.submit(A, doubles(1), broken)
        dispatcher.submit(B, doubles(1), ear)
        ear.wait(1)
    assert "a listener failed" in caplog.text


def test_an_operator_sees_what_runs_where_and_what_waits() -> None:
    ear, gate = Ear(), threading.Event()
    with dispatching(ManyNodes(a=1, b=1)) as dispatcher:
        job = JobRef(A.id, A.party, since=100.0)
        dispatcher.submit(job, [Call(f"{n}", hold, gate, weight=9 - n) for n in range(4)], ear)
        assert wait_for(lambda: [one.done for one in dispatcher.status().running] == [0.5] * 2, 5)
        status = dispatcher.status()
        gate.set()
        ear.wait(4)
        after = dispatcher.status()
    assert [(one.key, one.job, one.party, one.node) for one in status.running] == [
        ("0", A.id, A.party, "a"),
        ("1", A.id, A.party, "b"),
    ]
    assert all(one.pid and one.since and one.since > 1e9 for one in status.running)
    assert [(one.id, one.host, one.slots, one.held) for one in status.nodes] == [
        ("a", "a.test", 1, 1),
        ("b", "b.test", 1, 1),
    ]
    assert [(one.party, one.calls, one.work, one.oldest) for one in status.waiting] == [
        (A.party, 2, 13, 100.0)
    ]
    assert (after.done, after.running, after.waiting) == (4, (), ())


def test_nothing_is_kept_of_what_is_over() -> None:
    ours = tracemalloc.Filter(True, str(Path(dispatcher_module.__file__).parent / "*"))

    def held_after(jobs: Iterable[int]) -> int:
        """Bytes that the package holds once these jobs, of 50 calls each, are over."""
        for number in jobs:
            ear = Ear()
            dispatcher.submit(JobRef(f"job {number}", f"base {number % 5}"), doubles(50), ear)
            ear.wait(50)
        assert wait_for(lambda: not dispatcher.status().running, 5)
        gc.collect()
        taken = tracemalloc.take_snapshot().filter_traces([ours])
        return sum(trace.size for trace in taken.traces)

    dispatcher = Dispatcher(lambda: LocalPool(2), NoJournal())
    tracemalloc.start(4)
    try:
        before = held_after(range(10))
        after = held_after(range(10, 30))
    finally:
        tracemalloc.stop()
        dispatcher.close()
    assert before > 0
    assert after - before < 50_000, "bytes, of a thousand calls; each has hundreds while it lives"
