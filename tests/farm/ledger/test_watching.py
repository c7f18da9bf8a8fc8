"""What is told to those who watch: events, nodes, capsules, estimates, switches."""

import threading
import time

import pytest

from farm.errors import LedgerConflict
from farm.ledger import Ledger, capsules, estimates, events, nodes, open_ledger, switches
from farm.ledger.model import Capsule, Event, Node
from farm.ledger.states import NodeState


def test_events_in_order_for_those_they_are_for(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert events.last_id(tx) == 0
        first = events.add(tx, "state", {"state": "queued"}, job="j", base="nj", at=1.5)
        second = events.add(tx, "node", {"node": "n1"}, at=2.0)
        third = events.add(tx, "state", {"state": "running"}, job="k", base="nj")
        assert events.last_id(tx) == third
    with ledger.read() as tx:
        assert [one.id for one in events.after(tx, 0)] == [first, second, third]
        assert [one.id for one in events.after(tx, first, limit=1)] == [second]
        assert [one.id for one in events.after(tx, 0, base="nj")] == [first, third]
        assert [one.id for one in events.after(tx, 0, base="nj", job="k")] == [third]
        assert events.after(tx, 0, base="xa") == ()
        assert events.after(tx, 0, limit=1) == (
            Event(first, 1.5, "nj", "j", "state", {"state": "queued"}),
        )
        assert abs(events.after(tx, second)[0].at - time.time()) < 60


def test_numbers_of_swept_events_do_not_come_again(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        last = [events.add(tx, "e", {}, at=float(at)) for at in range(5)][-1]
        assert events.sweep(tx, older_than=3.0) == 3
        assert [one.at for one in events.after(tx, 0)] == [3.0, 4.0]
        assert events.sweep(tx, older_than=9.0) == 2
    with ledger.begin() as tx:
        assert events.add(tx, "e", {}) > last


def test_who_has_read_up_to_an_event_misses_none(url: str, ledger: Ledger) -> None:
    """Writers of several processes and a reader that goes by the last number it saw."""
    writers, each = 4, 25

    def write() -> None:
        own = open_ledger(url)
        for number in range(each):
            with own.begin() as tx:
                events.add(tx, "e", {"number": number})
        own.close()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for one in threads:
        one.start()
    seen: list[int] = []
    deadline = time.monotonic() + 60
    while len(seen) < writers * each and time.monotonic() < deadline:
        with ledger.read() as tx:
            seen += [one.id for one in events.after(tx, seen[-1] if seen else 0)]
        time.sleep(0.002)
    for one in threads:
        one.join()
    with ledger.read() as tx:
        assert seen == [one.id for one in events.after(tx, 0)]
    assert len(seen) == writers * each


def test_a_node_seen_again_keeps_what_was_decided_of_it(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        nodes.see(tx, "n1", "host-b", slots=4, now=1.0)
        nodes.see(tx, "n2", "host-a", slots=2, now=1.0)
        resting = {"state": NodeState.RESTING, "until": 99.0, "failures": 3, "note": "hot"}
        assert nodes.change(tx, "n1", **resting)
        assert not nodes.change(tx, "none", failures=1)
        nodes.see(tx, "n1", "host-b", slots=8, now=5.0)
        assert nodes.get(tx, "n1") == Node(
            "n1", "host-b", 8, 5.0, NodeState.RESTING, until=99.0, failures=3, note="hot"
        )
        assert [one.id for one in nodes.every(tx)] == ["n2", "n1"]
        assert nodes.sweep(tx, older_than=3.0) == 1
        assert nodes.get(tx, "n2") is None


def test_capsules(ledger: Ledger, job: str) -> None:
    one = Capsule("c1", job, "k0", 5.0, "n1", "killed by signal 9", "capsules/c1")
    two = Capsule("c2", job, "k1", 6.0, None, "out of memory", "capsules/c2")
    with ledger.begin() as tx:
        capsules.add(tx, one)
        capsules.add(tx, two)
        assert capsules.every(tx) == capsules.of_job(tx, job) == (two, one)
        assert capsules.every(tx, limit=1) == (two,)
        assert capsules.replayed(tx, "c1", now=9.0)
        found = capsules.get(tx, "c1")
        assert found
        assert found.replayed == 9.0
        assert not capsules.replayed(tx, "none", now=9.0)


def test_estimates_are_settled_when_the_job_is_ready(ledger: Ledger, job: str) -> None:
    with ledger.begin() as tx:
        estimates.add(tx, job, at=1.0, position=3, low=50.0, likely=60.0, high=90.0)
        estimates.add(tx, job, at=2.0, position=1, low=55.0, likely=65.0, high=80.0)
        assert estimates.recent(tx, 10) == ()
        last = estimates.latest(tx, job)
        assert last
        assert (last.position, last.low, last.likely, last.high) == (1, 55.0, 65.0, 80.0)
        assert estimates.latest(tx, "none") is None
        assert estimates.settle(tx, job, actual=70.0) == 2
        assert estimates.settle(tx, job, actual=75.0) == 0
        assert [one.actual for one in estimates.of_job(tx, job)] == [70.0, 70.0]
        assert [one.at for one in estimates.recent(tx, 1)] == [2.0]


def test_a_range_that_is_none(ledger: Ledger, job: str) -> None:
    with pytest.raises(LedgerConflict, match="range"), ledger.begin() as tx:
        estimates.add(tx, job, at=1.0, position=3, low=70.0, likely=60.0, high=90.0)


def test_switches(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert switches.get(tx, "paused", default=False) is False
        switches.put(tx, "paused", True)
        switches.put(tx, "scale", {"nodes": 3})
        switches.put(tx, "paused", None)
        assert switches.get(tx, "paused", default=False) is None
        assert switches.every(tx) == {"paused": None, "scale": {"nodes": 3}}
