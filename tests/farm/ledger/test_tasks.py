"""Tasks, their attempts, and fences of dispatchers that have been overtaken."""

import pytest

from farm.ledger import Ledger, jobs, leases, speeds, tasks
from farm.ledger.model import Attempt, Task
from farm.ledger.states import Outcome, TaskState
from farm.ledger.tasks import Claim, End
from tests.farm.ledger.conftest import a_job

CHUNKS = [(f"k{number}", "chunk 720p", 30.0) for number in range(4)]


@pytest.fixture
def planned(ledger: Ledger, job: str) -> Ledger:
    """With four tasks of `job`, `k0` to `k3`."""
    with ledger.begin() as tx:
        tasks.plan(tx, job, CHUNKS)
    return ledger


def task(ledger: Ledger, key: str, job: str = "job") -> Task:
    with ledger.read() as tx:
        return next(one for one in tasks.of_job(tx, job) if one.key == key)


def tries(ledger: Ledger, key: str) -> tuple[Attempt, ...]:
    with ledger.read() as tx:
        return tasks.attempts_of(tx, "job", key)


def test_an_attempt_from_claim_to_end(planned: Ledger) -> None:
    with planned.begin() as tx:
        assert tasks.claim(tx, "job", "k1", "n1", fence=3, until=60.0, now=10.0) == 1
    one = task(planned, "k1")
    assert (one.state, one.node, one.fence, one.until) == (TaskState.RUNNING, "n1", 3, 60.0)
    assert (one.attempts, one.started) == (1, 10.0)
    with planned.begin() as tx:
        assert tasks.finish(tx, "job", "k1", 3, Outcome.DONE, now=25.5)
    one = task(planned, "k1")
    assert (one.state, one.node, one.until, one.ended) == (TaskState.DONE, None, None, 25.5)
    (tried,) = tries(planned, "k1")
    assert (tried.number, tried.kind, tried.weight, tried.node) == (1, "chunk 720p", 30.0, "n1")
    assert (tried.started, tried.ended, tried.outcome) == (10.0, 25.5, Outcome.DONE)


@pytest.mark.parametrize(
    ("outcome", "state", "next_number"),
    [
        (Outcome.DONE, TaskState.DONE, None),
        (Outcome.FAILED, TaskState.FAILED, 2),
        (Outcome.LOST, TaskState.WAITING, 2),
        (Outcome.CANCELLED, TaskState.WAITING, 2),
    ],
)
def test_what_comes_after_an_attempt(
    planned: Ledger, outcome: Outcome, state: TaskState, next_number: int | None
) -> None:
    with planned.begin() as tx:
        tasks.claim(tx, "job", "k0", "n1", 1, 60.0, 10.0)
        assert tasks.finish(tx, "job", "k0", 1, outcome, now=20.0, error="why")
        assert not tasks.finish(tx, "job", "k0", 1, outcome, now=21.0)
    assert task(planned, "k0").state is state
    with planned.begin() as tx:
        assert tasks.claim(tx, "job", "k0", "n2", 1, 90.0, 30.0) == next_number
    assert tries(planned, "k0")[0].error == "why"
    assert [one.number for one in tries(planned, "k0")] == [1, 2][: next_number or 1]


def test_what_runs_or_is_aside_or_unknown_is_not_claimed(planned: Ledger) -> None:
    with planned.begin() as tx:
        assert tasks.claim(tx, "job", "k0", "n1", 1, 60.0, 10.0) == 1
        assert tasks.claim(tx, "job", "k0", "n2", 1, 60.0, 11.0) is None
        assert tasks.claim(tx, "job", "none", "n1", 1, 60.0, 10.0) is None
        assert tasks.claim(tx, "none", "k1", "n1", 1, 60.0, 10.0) is None
        assert tasks.set_aside(tx, "job", "k1", 1)
        assert tasks.claim(tx, "job", "k1", "n1", 1, 60.0, 10.0) is None
        assert not tasks.set_aside(tx, "job", "k0", 1)
        assert tasks.again(tx, "job") == 1
        assert tasks.claim(tx, "job", "k1", "n1", 1, 60.0, 10.0) == 1


def test_planning_again_adds_and_keeps_what_is_done(planned: Ledger) -> None:
    with planned.begin() as tx:
        tasks.claim(tx, "job", "k0", "n1", 1, 60.0, 10.0)
        tasks.finish(tx, "job", "k0", 1, Outcome.DONE, now=20.0)
        tasks.claim(tx, "job", "k1", "n1", 1, 60.0, 10.0)
        tasks.plan(tx, "job", [("k0", "chunk 720p", 40.0), ("new", "dvd", 5.0)])
        tasks.plan(tx, "job", [])
        states = {one.key: (one.state, one.weight) for one in tasks.of_job(tx, "job")}
        assert states == {
            "k0": (TaskState.DONE, 40.0),
            "k1": (TaskState.RUNNING, 30.0),
            "k2": (TaskState.WAITING, 30.0),
            "k3": (TaskState.WAITING, 30.0),
            "new": (TaskState.WAITING, 5.0),
        }
        assert tasks.progress(tx, "job") == (40.0, 135.0)
        assert tasks.progress(tx, "none") == (0.0, 0.0)


def test_what_was_done_and_is_missing_is_made_again(planned: Ledger) -> None:
    with planned.begin() as tx:
        assert not tasks.missing(tx, "job", "k0")
        tasks.claim(tx, "job", "k0", "n1", 1, 60.0, 10.0)
        assert not tasks.missing(tx, "job", "k0")
        tasks.finish(tx, "job", "k0", 1, Outcome.DONE, now=20.0)
        assert tasks.missing(tx, "job", "k0")
        assert tasks.claim(tx, "job", "k0", "n1", 1, 60.0, 30.0) == 2


def test_what_is_in_the_store_is_done_without_an_attempt(planned: Ledger) -> None:
    with planned.begin() as tx:
        tasks.claim(tx, "job", "k1", "n1", 1, 60.0, 10.0)
        assert tasks.done_before(tx, 1, [("job", "k0"), ("job", "k1")], now=5.0) == 1
    assert task(planned, "k0").state is TaskState.DONE
    assert tries(planned, "k0") == ()
    assert task(planned, "k1").state is TaskState.RUNNING


# --- many at once --------------------------------------------------------------------------------


def test_a_thousand_at_once(ledger: Ledger, job: str) -> None:
    names = [(job, f"k{number:04}") for number in range(1000)]
    with ledger.begin() as tx:
        tasks.plan(tx, job, [(key, "chunk", 1.0) for _, key in names])
        claims = [Claim(*name, node=f"n{place % 3}") for place, name in enumerate(names)]
        assert tasks.claim_all(tx, claims, 1, 60.0, 10.0) == dict.fromkeys(names, 1)
        assert tasks.claim_all(tx, claims, 1, 60.0, 10.0) == {}
        assert tasks.renew(tx, 1, names, until=90.0) == 1000
    with ledger.begin() as tx:
        assert {one.node for one in tasks.running(tx)} == {"n0", "n1", "n2"}
        ends = [
            End(
                *name, outcome=Outcome.FAILED if place % 10 == 0 else Outcome.DONE, error=str(place)
            )
            for place, name in enumerate(names)
        ]
        assert tasks.finish_all(tx, 1, ends[:600], now=20.0) == set(names[:600])
        assert tasks.finish_all(tx, 1, ends, now=21.0) == set(names[600:])
        assert tasks.progress(tx, job) == (900.0, 1000.0)
        bad = tasks.ended_badly(tx, limit=2)
        assert [(one.key, one.error) for one in bad] == [("k0990", "990"), ("k0980", "980")]


def test_nothing_at_once(planned: Ledger) -> None:
    with planned.begin() as tx:
        assert tasks.claim_all(tx, [], 1, 60.0, 10.0) == {}
        assert tasks.finish_all(tx, 1, [], now=10.0) == frozenset()
        assert tasks.renew(tx, 1, [], until=90.0) == 0


# --- fences --------------------------------------------------------------------------------------


def overtake(ledger: Ledger) -> tuple[int, int]:
    """Fences of a dispatcher and of the one that took over; `k0` was begun by the first."""
    with ledger.begin() as tx:
        old = leases.take(tx, leases.DISPATCHER, "old", seconds=30.0, now=0.0)
        assert old
        assert tasks.claim(tx, "job", "k0", "n1", old, 60.0, 1.0) == 1
        new = leases.take(tx, leases.DISPATCHER, "new", seconds=30.0, now=31.0)
        assert new
    return old, new


def test_a_stale_fence_changes_nothing(planned: Ledger) -> None:
    old, _ = overtake(planned)
    before = [task(planned, key) for key, _, _ in CHUNKS]
    with planned.begin() as tx:
        assert not tasks.finish(tx, "job", "k0", old, Outcome.DONE, now=40.0)
        assert tasks.finish_all(tx, old, [End("job", "k0", Outcome.FAILED)], now=40.0) == set()
        assert tasks.claim(tx, "job", "k1", "n1", old, 90.0, 40.0) is None
        assert tasks.renew(tx, old, [("job", "k0")], until=90.0) == 0
        assert tasks.done_before(tx, old, [("job", "k2")], now=40.0) == 0
        assert not tasks.set_aside(tx, "job", "k3", old)
    assert [task(planned, key) for key, _, _ in CHUNKS] == before
    assert [one.outcome for one in tries(planned, "k0")] == [None]


def test_who_takes_over_releases_what_was_left_running(planned: Ledger) -> None:
    old, new = overtake(planned)
    with planned.begin() as tx:
        assert tasks.claim(tx, "job", "k1", "n1", new, 90.0, 40.0) == 1
        assert tasks.release_all(tx, new, now=41.0) == 1
        assert tasks.release_all(tx, new, now=42.0) == 0
    assert task(planned, "k0").state is TaskState.WAITING
    assert task(planned, "k0").node is None
    assert task(planned, "k1").state is TaskState.RUNNING
    assert [(one.outcome, one.ended) for one in tries(planned, "k0")] == [(Outcome.LOST, 41.0)]
    with planned.begin() as tx:
        assert tasks.claim(tx, "job", "k0", "n2", new, 90.0, 43.0) == 2
        assert not tasks.finish(tx, "job", "k0", old, Outcome.DONE, now=44.0)
        assert tasks.finish(tx, "job", "k0", new, Outcome.DONE, now=45.0)
    assert [one.outcome for one in tries(planned, "k0")] == [Outcome.LOST, Outcome.DONE]


def test_a_higher_fence_takes_a_running_task_over(planned: Ledger) -> None:
    _, new = overtake(planned)
    with planned.begin() as tx:
        assert tasks.claim(tx, "job", "k0", "n2", new, 90.0, 40.0) == 2
    assert [one.outcome for one in tries(planned, "k0")] == [Outcome.LOST, None]


def test_what_is_not_heard_of_is_overdue(planned: Ledger) -> None:
    with planned.begin() as tx:
        tasks.claim(tx, "job", "k0", "n1", 1, until=60.0, now=10.0)
        tasks.claim(tx, "job", "k1", "n1", 1, until=70.0, now=10.0)
        assert tasks.renew(tx, 1, [("job", "k0"), ("job", "k2")], until=100.0) == 1
        assert [one.key for one in tasks.overdue(tx, now=80.0)] == ["k1"]


# --- leases --------------------------------------------------------------------------------------


def test_a_lease_is_one_holders_until_it_runs_out(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert leases.take(tx, "l", "a", 10.0, now=0.0) == 1
        assert leases.take(tx, "l", "b", 10.0, now=9.9) is None
        assert leases.renew(tx, "l", "a", 1, 10.0, now=9.9)
        assert leases.take(tx, "l", "b", 10.0, now=19.8) is None
        assert leases.take(tx, "l", "b", 10.0, now=19.9) == 2
        assert not leases.renew(tx, "l", "a", 1, 10.0, now=20.0)
        assert not leases.give(tx, "l", "a", 1)
        assert leases.take(tx, "other", "a", 10.0, now=20.0) == 1
        assert leases.give(tx, "l", "b", 2)
        assert leases.take(tx, "l", "a", 10.0, now=20.0) == 3
        held = leases.get(tx, "l")
        assert held
        assert (held.holder, held.fence, held.until) == ("a", 3, 30.0)


def test_who_takes_its_own_lease_again_has_a_new_fence(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert leases.take(tx, "l", "a", 10.0, now=0.0) == 1
        assert leases.take(tx, "l", "a", 10.0, now=1.0) == 2
        assert not leases.renew(tx, "l", "a", 1, 10.0, now=2.0)


# --- speeds --------------------------------------------------------------------------------------


def test_speeds_are_of_what_was_done_the_latest_first(planned: Ledger) -> None:
    with planned.begin() as tx:
        tasks.plan(tx, "job", [("dvd", "dvd", 7.0)])
        ends = [("k0", Outcome.DONE), ("k1", Outcome.FAILED), ("k2", Outcome.DONE)]
        for place, (key, outcome) in enumerate([*ends, ("dvd", Outcome.DONE)]):
            tasks.claim(tx, "job", key, "n1", 1, 60.0, now=10.0)
            tasks.finish(tx, "job", key, 1, outcome, now=20.0 + place)
        tasks.claim(tx, "job", "k3", "n1", 1, 60.0, now=10.0)
        assert speeds.kinds(tx) == ("chunk 720p", "dvd")
        assert speeds.samples(tx, "chunk 720p") == ((30.0, 12.0), (30.0, 10.0))
        assert speeds.samples(tx, "chunk 720p", limit=1) == ((30.0, 12.0),)
        assert speeds.samples(tx, "none") == ()


def test_the_same_piece_of_two_jobs_is_two_tasks(planned: Ledger) -> None:
    with planned.begin() as tx:
        jobs.add(tx, a_job("second"))
        tasks.plan(tx, "second", CHUNKS[:1])
        tasks.claim(tx, "job", "k0", "n1", 1, 60.0, 10.0)
        assert tasks.claim(tx, "second", "k0", "n1", 1, 60.0, 10.0) == 1
        tasks.finish(tx, "second", "k0", 1, Outcome.DONE, now=11.0)
    assert task(planned, "k0").state is TaskState.RUNNING
