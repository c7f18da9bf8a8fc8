"""The queue played through: who is done when, and who is before whom."""

import time

import pytest

from farm.estimate import Ahead, Line, Listed, Piece, Rest, Unplanned, Waiting, work_ahead
from farm.service.choose import USUAL, Candidate
from workers.fair import FairQueue
from workers.model import Call
from workers.ticket import NORMAL, STOCK, URGENT, Ticket


def unused(_argument: object, _report: object) -> None:
    """Nothing is run."""


def line(*pieces: tuple[str, float]) -> Line:
    return Listed(Piece(job, seconds) for job, seconds in pieces)


def candidate(job: str, base: str, *, priority: int = NORMAL, since: float = 0.0) -> Candidate:
    return Candidate(job, base, priority, None, since, 100.0)


def queue_of(*tickets: tuple[str, str, float, int]) -> FairQueue:
    """Of (job, base, seconds, priority)."""
    queue = FairQueue()
    for number, (job, base, seconds, priority) in enumerate(tickets):
        call = Call(str(number), unused, None)
        queue.push(Ticket(call, base, job, seconds, priority, None, float(number)))
    return queue


def seconds(ahead: dict[str, Ahead]) -> dict[str, float]:
    return {job: one.seconds for job, one in ahead.items()}


def test_one_slot_does_one_after_the_other() -> None:
    ahead = work_ahead(1, [Piece("a", 5)], line(("a", 10), ("b", 20), ("c", 1)))
    assert seconds(ahead) == {"a": 15, "b": 35, "c": 36}
    assert {job: one.position for job, one in ahead.items()} == {"a": 0, "b": 1, "c": 2}


def test_a_free_slot_takes_the_next_piece() -> None:
    ahead = work_ahead(3, [Piece("a", 4), Piece("b", 6)], line(("c", 10), ("c", 10), ("d", 1)))
    assert seconds(ahead) == {"a": 4, "b": 6, "c": 14, "d": 7}


def test_without_slots_nothing_is_foretold() -> None:
    assert work_ahead(0, [], line(("a", 1))) == {}


def test_more_running_than_slots_are_left_is_no_error() -> None:
    """A machine has gone, and its work is not known to be lost yet."""
    ahead = work_ahead(1, [Piece("a", 4), Piece("b", 6)], line())
    assert seconds(ahead) == {"a": 4, "b": 10}


def test_products_follow_their_job_before_what_waits() -> None:
    rests = {"a": Rest((3, 5), tail=2)}
    ahead = work_ahead(2, [Piece("a", 10)], line(("a", 20), ("b", 30), ("c", 30)), rests)
    # 'a' is encoded at 20; one slot is free then, the other when 'b' is done at 40
    assert seconds(ahead)["b"] == 40
    assert seconds(ahead)["a"] == 20 + 3 + 5 + 2
    assert seconds(ahead)["c"] == 28 + 30


def test_a_job_in_its_rest_alone_is_running() -> None:
    ahead = work_ahead(1, [], line(("b", 4)), {"a": Rest((7,), 1)})
    assert ahead["a"] == Ahead(0, 8)
    assert ahead["b"] == Ahead(1, 11)


def test_a_fair_queue_is_served_as_it_serves() -> None:
    """One job of b behind many of a is not long in coming."""
    many = [(f"a{n}", "a", 10.0, NORMAL) for n in range(50)]
    waiting = Waiting(queue_of(*many, ("b0", "b", 10.0, NORMAL)), [], [], 0.0)
    ahead = work_ahead(1, [], waiting)
    assert ahead["b0"].seconds <= 20
    assert max(one.seconds for one in ahead.values()) == 510


def test_the_queue_itself_stays_as_it_is() -> None:
    queue = queue_of(("a", "a", 1.0, NORMAL), ("b", "b", 1.0, URGENT))
    before = list(queue.order(0.0))
    ready = [Unplanned(candidate("c", "c"), (5.0,))]
    work_ahead(1, [], Waiting(queue, ready, [], 0.0))
    assert list(queue.order(0.0)) == before


def test_expected_seconds_may_be_others_than_the_weights() -> None:
    queue = queue_of(("a", "a", 1.0, NORMAL))
    waiting = Waiting(queue, [], [], 0.0, lambda ticket: 10 * ticket.weight)
    assert seconds(work_ahead(1, [], waiting)) == {"a": 10}


def test_a_job_is_begun_when_another_of_its_base_is_done() -> None:
    """What is under way is not passed by what may not begin yet, whatever its class."""
    begun = [candidate(f"a{n}", "a", priority=STOCK) for n in range(USUAL)]
    queue = queue_of(*((one.id, "a", 10.0, STOCK) for one in begun))
    ready = [Unplanned(candidate("later", "a"), (100.0,))]
    ahead = work_ahead(1, [], Waiting(queue, ready, begun, 0.0))
    assert seconds(ahead) == {"a0": 10, "later": 110, "a1": 120}
    assert [ahead[job].position for job in ("a0", "later", "a1")] == [1, 2, 3]


def test_bases_begin_jobs_beside_each_other() -> None:
    """The only job of one is not behind the backlog of another."""
    ready = [Unplanned(candidate(f"a{n}", "a", since=n), (100.0,)) for n in range(30)]
    ready.append(Unplanned(candidate("b", "b", since=99.0), (100.0,)))
    ahead = work_ahead(1, [], Waiting(FairQueue(), ready, [], 100.0))
    assert ahead["b"].seconds <= 200
    assert max(one.seconds for one in ahead.values()) == 3100


def test_where_nothing_runs_what_is_ready_is_waited_for() -> None:
    """Slots are idle until the tail of the jobs under way is over, and then go on."""
    begun = [candidate("a", "a"), candidate("b", "a")]
    ready = [Unplanned(candidate("c", "a"), (4.0,))]
    rests = {"a": Rest((), 5.0), "b": Rest((), 9.0)}
    ahead = work_ahead(2, [], Waiting(FairQueue(), ready, begun, 0.0), rests)
    assert seconds(ahead) == {"a": 5, "b": 9, "c": 9}


def test_what_is_old_is_raised_as_time_goes_by() -> None:
    """Stock that waited its half hours comes before new normal work of others, as it will."""
    normal = [(f"n{k}", "a", 600.0, NORMAL) for k in range(20)]
    ahead = work_ahead(1, [], Waiting(queue_of(("s", "b", 60.0, STOCK), *normal), [], [], 0.0))
    assert ahead["s"].seconds < max(one.seconds for one in ahead.values()) / 2


def test_paused_bases_come_last_and_a_paused_queue_goes_on() -> None:
    queue = queue_of(("a", "a", 1.0, URGENT), ("b", "b", 5.0, STOCK))
    queue.pause("a")
    queue.pause()
    ahead = work_ahead(1, [], Waiting(queue, [], [], 0.0))
    assert seconds(ahead) == {"b": 5, "a": 6}


@pytest.mark.parametrize("count", [10_000])
def test_ten_thousand_pieces_are_played_at_once(count: int) -> None:
    jobs = 100
    queue = queue_of(*((f"j{n % jobs}", f"base{n % jobs % 11}", 1.0, NORMAL) for n in range(count)))
    began = time.process_time()
    ahead = work_ahead(20, [], Waiting(queue, [], [], 0.0))
    assert len(ahead) == jobs
    assert max(one.seconds for one in ahead.values()) == pytest.approx(count / 20, rel=0.01)
    assert time.process_time() - began < 3, "ten times what it takes"
