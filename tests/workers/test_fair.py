"""Whose turn it is: shares, classes, deadlines, and that nobody waits for ever."""

import random
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers import calls
from workers.fair import AGE, FairQueue
from workers.model import Call
from workers.ticket import NORMAL, STOCK, URGENT, Ticket

WEIGHTS = st.floats(0.25, 8)
SECONDS = st.integers(1, 60).map(float)


def ticket(
    party: str,
    job: str,
    key: str = "a",
    *,
    weight: float = 10.0,
    priority: int = NORMAL,
    deadline: float | None = None,
    since: float = 0.0,
) -> Ticket:
    call = Call(key, calls.double, 0, weight)
    return Ticket(call, party, job, weight, priority, deadline, since)


def drained(queue: FairQueue, now: float = 0.0) -> Iterator[Ticket]:
    while (one := queue.pop(now)) is not None:
        yield one


def names(queue: FairQueue, now: float = 0.0) -> list[str]:
    return [f"{one.job}/{one.call.key}" for one in drained(queue, now)]


# --- between parties ---


@settings(deadline=None, max_examples=60)
@given(
    parties=st.lists(
        st.tuples(WEIGHTS, st.lists(SECONDS, min_size=1, max_size=5)), min_size=2, max_size=5
    ),
    pops=st.integers(1, 200),
)
def test_shares_are_as_the_weights_within_one_call(
    parties: list[tuple[float, list[float]]], pops: int
) -> None:
    queue = FairQueue()
    for number, (weight, sizes) in enumerate(parties):
        queue.set_weight(f"{number}", weight)
        for count in range(pops):
            queue.push(ticket(f"{number}", f"{count}", weight=sizes[count % len(sizes)]))
    got: dict[int, float] = defaultdict(float)
    for _ in range(pops):
        one = queue.pop(0)
        assert one is not None
        got[int(one.party)] += one.weight
        shares = [got[number] / weight for number, (weight, _) in enumerate(parties)]
        steps = [max(sizes) / weight for weight, sizes in parties]
        for a in range(len(parties)):
            for b in range(a):
                assert abs(shares[a] - shares[b]) <= steps[a] + steps[b] + 1e-6


@settings(deadline=None, max_examples=30)
@given(actual=st.floats(1, 400), pops=st.integers(20, 200))
def test_who_takes_longer_than_said_wins_nothing(actual: float, pops: int) -> None:
    queue = FairQueue()
    for number in range(pops):
        queue.push(ticket("honest", f"{number}"))
        queue.push(ticket("other", f"{number}"))
    spent = {"honest": 0.0, "other": 0.0}
    for _ in range(pops):
        one = queue.pop(0)
        assert one is not None
        took = actual if one.party == "other" else one.weight
        spent[one.party] += took
        queue.settle(one, took)
    assert abs(spent["honest"] - spent["other"]) <= actual + 10


@pytest.mark.parametrize("served", [1, 2, 7])
def test_one_job_is_next_behind_a_thousand_of_another_party(served: int) -> None:
    queue = FairQueue()
    for number in range(1000):
        queue.push(ticket("crowd", f"{number}", since=-9 * AGE))
    for _ in range(served):
        assert queue.pop(0) is not None
    queue.push(ticket("single", "mine"))
    assert queue.position("mine", 0) == 0
    one = queue.pop(0)
    assert one is not None
    assert one.job == "mine"


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(SECONDS, min_size=2, max_size=6),
    actual=SECONDS,
    gaps=st.lists(st.integers(0, 3), min_size=3, max_size=12),
)
def test_single_jobs_one_after_the_other_wait_for_one_call_each(
    sizes: list[float], actual: float, gaps: list[int]
) -> None:
    """However busy the other party is, and whatever it was served between them."""
    queue = FairQueue()
    for number in range(200):
        queue.push(ticket("crowd", f"{number}", weight=max(sizes)))
    for number, gap in enumerate(gaps):
        for _ in range(gap):
            one = queue.pop(0)
            assert one is not None
            queue.settle(one, actual)
        queue.push(ticket("single", f"mine {number}", weight=min(sizes)))
        crowd = 0
        while (one := queue.pop(0)) is not None and one.party == "crowd":
            crowd += 1
            queue.settle(one, max(sizes))
        assert crowd <= 1 + (actual < max(sizes))


def test_an_idle_party_saves_nothing_up() -> None:
    queue = FairQueue()
    for number in range(100):
        queue.push(ticket("busy", f"{number}"))
    for _ in range(50):
        queue.pop(0)
    for number in range(50):
        queue.push(ticket("idle", f"{number}"))
    first = [one.party for one, _ in zip(drained(queue), range(20), strict=False)]
    assert first.count("busy") == 10


def test_what_was_used_while_nobody_waited_is_not_held_against_anyone() -> None:
    queue = FairQueue()
    for number in range(30):
        queue.push(ticket("alone", f"{number}"))
        one = queue.pop(0)
        assert one is not None
        queue.settle(one, 1000)
    for number in range(50):
        queue.push(ticket("other", f"{number}"))
        queue.push(ticket("alone", f"more {number}"))
    first = [one.party for one, _ in zip(drained(queue), range(20), strict=False)]
    assert first.count("alone") == 10


def test_a_paused_party_is_passed_over_and_saves_nothing_up() -> None:
    queue = FairQueue()
    for number in range(40):
        queue.push(ticket("paused", f"{number}"))
        queue.push(ticket("other", f"{number}"))
    queue.pause("paused")
    assert queue.paused_parties() == {"paused"}
    assert {queue.pop(0).party for _ in range(20)} == {"other"}  # type: ignore[union-attr]
    queue.resume("paused")
    assert [queue.pop(0).party for _ in range(20)].count("other") == 10  # type: ignore[union-attr]


def test_all_may_be_paused_and_a_paused_party_stays_so() -> None:
    queue = FairQueue()
    queue.push(ticket("one", "1"))
    queue.push(ticket("two", "2"))
    queue.pause()
    queue.pause("two")
    assert queue.pop(0) is None
    assert [one.job for one in queue.order(0)] == ["1", "2"], "paused parties are foreseen last"
    queue.resume()
    assert names(queue) == ["1/a"]
    assert len(queue) == 1


# --- classes ---


def test_urgent_before_normal_before_stock_in_a_party_and_between() -> None:
    queue = FairQueue()
    for party in ("one", "two"):
        for priority in (STOCK, NORMAL, URGENT):
            queue.push(ticket(party, f"{party} {priority}", priority=priority))
    assert [one.priority for one in drained(queue)] == [0, 0, 1, 1, 2, 2]


def test_stock_does_not_starve_behind_urgent_work_of_others() -> None:
    queue, now, popped = FairQueue(), 0.0, 0
    queue.push(ticket("patient", "stock", priority=STOCK))
    one = None
    while one is None or one.party != "patient":
        queue.push(ticket("pushing", f"{now}", priority=URGENT, since=now))
        one = queue.pop(now)
        now += 10
        popped += 1
        assert now < 2 * AGE + 30
    assert now >= 2 * AGE, "not before it has waited for two classes"


def test_an_old_backlog_does_not_shut_out_fresh_work_of_its_class() -> None:
    queue = FairQueue()
    for number in range(100):
        queue.push(ticket("backlog", f"{number}", since=-10 * AGE))
        queue.push(ticket("urgent", f"{number}", priority=URGENT))
    queue.push(ticket("fresh", "mine"))
    first = [queue.pop(0) for _ in range(3)]
    assert {one.party for one in first if one} == {"backlog", "urgent", "fresh"}


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_everything_is_served_in_the_end_and_always_in_the_same_order(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 1 << 16))

    def served() -> list[str]:
        chance, queue, now, order = random.Random(seed), FairQueue(), 0.0, []
        for number in range(150):
            now += chance.random() * 900
            queue.push(
                ticket(
                    chance.choice("abc"),
                    f"job {chance.randrange(12)}",
                    f"{number}",
                    weight=chance.choice([1.0, 5.0, 60.0]),
                    priority=chance.randrange(3),
                    deadline=chance.choice([None, 500.0, 9000.0]),
                    since=now,
                )
            )
            if chance.random() < 0.5 and (one := queue.pop(now)):
                order.append(one.call.key)
                queue.settle(one, chance.random() * 60)
        return order + [one.call.key for one in drained(queue, now)]

    first = served()
    assert sorted(first, key=int) == [f"{number}" for number in range(150)]
    assert first == served()


# --- within a party ---


def test_the_earliest_deadline_first_then_short_work_then_the_oldest() -> None:
    queue = FairQueue()
    queue.push(ticket("p", "long", weight=600, since=0))
    queue.push(ticket("p", "late", deadline=9000, since=0))
    queue.push(ticket("p", "short", weight=5, since=60))
    queue.push(ticket("p", "soon", deadline=100, since=50))
    queue.push(ticket("p", "old", weight=5, since=30))
    queue.push(ticket("p", "same but later", weight=5, since=60))
    assert [name.partition("/")[0] for name in names(queue)] == [
        *("soon", "late", "old", "short", "same but later", "long"),
    ]


def test_long_work_is_passed_only_for_as_long_as_it_takes() -> None:
    queue, now = FairQueue(), 0.0
    queue.push(ticket("p", "long", weight=600, since=0))
    while True:
        queue.push(ticket("p", f"short {now}", weight=5, since=now))
        one = queue.pop(now)
        assert one is not None
        if one.job == "long":
            break
        now += 5
    assert 590 <= now <= 605


def test_chunks_of_a_job_heaviest_first_and_equals_as_they_came() -> None:
    queue = FairQueue()
    for key, weight in (("a", 1), ("b", 9), ("c", 5), ("d", 5)):
        queue.push(ticket("p", "job", key, weight=weight))
    assert names(queue) == ["job/b", "job/c", "job/d", "job/a"]


# --- changes ---


def test_a_job_can_be_taken_out_and_one_of_its_calls() -> None:
    queue = FairQueue()
    for key in "abc":
        queue.push(ticket("p", "one", key))
        queue.push(ticket("q", "two", key))
    assert [one.call.key for one in queue.remove("one", {"b"})] == ["b"]
    assert [one.call.key for one in queue.remove("two")] == ["a", "b", "c"]
    assert queue.remove("two") == ()
    assert len(queue) == 2
    assert names(queue) == ["one/a", "one/c"]


def test_a_job_can_be_moved_up_and_given_a_deadline() -> None:
    queue = FairQueue()
    for job in ("one", "two", "three"):
        queue.push(ticket("p", job))
    queue.reprioritise("three", priority=URGENT)
    queue.reprioritise("two", deadline=50)
    assert [queue.position(job, 0) for job in ("three", "two", "one", "none")] == [0, 1, 2, None]
    assert names(queue) == ["three/a", "two/a", "one/a"]


def test_looking_ahead_changes_nothing_and_comes_true() -> None:
    queue = FairQueue()
    for number in range(60):
        queue.push(ticket("abc"[number % 3], f"{number % 7}", f"{number}", weight=number % 11))
    foreseen = [one.call.key for one in queue.order(0)]
    assert len(queue) == 60
    assert [one.call.key for one in drained(queue)] == foreseen


def test_what_waits_is_told_of_each_party() -> None:
    queue = FairQueue()
    queue.push(ticket("b", "1", "x", weight=3, since=70))
    queue.push(ticket("b", "2", "y", weight=4, since=50, priority=STOCK))
    queue.push(ticket("a", "3", since=60))
    queue.set_weight("c", 2)
    told = [(one.party, one.calls, one.work, one.oldest) for one in queue.waiting()]
    assert told == [("a", 1, 10, 60), ("b", 2, 7, 50)]


@pytest.mark.parametrize("weight", [0, -1, float("nan")])
def test_a_weight_that_would_stop_a_party_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="pause it"):
        FairQueue().set_weight("p", weight)


@pytest.mark.parametrize(
    ("priority", "weight"), [(3, 1.0), (-1, 1.0), (1, -1.0), (1, float("nan"))]
)
def test_a_ticket_without_sense_is_refused(priority: int, weight: float) -> None:
    with pytest.raises(ValueError, match="give 0"):
        ticket("p", "job", priority=priority, weight=weight)
