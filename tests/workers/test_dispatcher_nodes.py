"""A dispatcher over several nodes: spreading, draining, resting, and nodes that come and go."""

import random
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.workers.conftest import wait_for
from tests.workers.many_nodes import ManyNodes, Memory, dispatching, node_here
from tests.workers.test_dispatcher import A, B, Ear, doubles, hold
from workers.dispatcher import Dispatcher
from workers.errors import Retryable
from workers.health import NodeState, RestRule
from workers.journal import Outcome
from workers.model import Call, Done, Failed, Node, Report
from workers.work import JobRef


def where(seconds: float, report: Report) -> str:
    time.sleep(seconds)
    return node_here.get()


def fail_on(argument: tuple[str, float], report: Report) -> str:
    node, seconds = argument
    time.sleep(seconds)
    if node_here.get() == node:
        raise Retryable("this node is broken")
    return node_here.get()


def die_or_meet(folder: str, report: Report) -> str:
    """Waits long enough for its node to be lost the first time."""
    trace = Path(folder) / "begun"
    if not trace.exists():
        trace.touch()
        time.sleep(1)
    return node_here.get()


def test_calls_go_where_most_slots_are_free() -> None:
    ear, gate = Ear(), threading.Event()
    with dispatching(ManyNodes(small=1, large=3)) as dispatcher:
        dispatcher.submit(A, [Call(f"{n}", hold, gate, weight=60) for n in range(3)], ear)
        assert wait_for(lambda: len(dispatcher.status().running) == 3, 5)
        held = {node.id: node.held for node in dispatcher.status().nodes}
        gate.set()
        ear.wait(3)
    assert held == {"small": 1, "large": 2}


def test_a_drained_node_gets_nothing_new_and_tells_when_it_is_empty() -> None:
    ear, gate, empty = Ear(), threading.Event(), threading.Event()
    with dispatching(ManyNodes(a=1, b=1)) as dispatcher:
        dispatcher.submit(A, [Call(f"{n}", hold, gate, weight=60) for n in range(2)], ear)
        assert wait_for(lambda: len(dispatcher.status().running) == 2, 5)
        dispatcher.drain("a", empty.set)
        assert not empty.wait(0.2)
        gate.set()
        assert empty.wait(5)
        dispatcher.submit(B, [Call(f"b {n}", where, 0.01) for n in range(20)], ear)
        ends = ear.wait(22)
        assert {end.value for end in ends.values() if isinstance(end, Done)} == {"let go", "b"}
        assert [one.state for one in dispatcher.status().nodes] == [
            NodeState.DRAINING,
            NodeState.ACTIVE,
        ]
        dispatcher.bring_back("a")
        dispatcher.submit(A, [Call(f"back {n}", where, 0.05) for n in range(6)], ear)
        ends = ear.wait(28)
        assert {ends[f"back {n}"].value for n in range(6)} == {"a", "b"}  # type: ignore[union-attr]


def test_an_operator_rests_a_node_for_a_while() -> None:
    ear = Ear()
    with dispatching(ManyNodes(a=1)) as dispatcher:
        dispatcher.rest("a", 1.0)
        dispatcher.submit(A, doubles(1), ear)
        time.sleep(0.5)
        assert not ear.ends()
        (node,) = dispatcher.status().nodes
        assert node.state is NodeState.RESTING
        assert node.until is not None
        ear.wait(1, within=3)


def test_a_further_attempt_is_made_on_another_node() -> None:
    journal, ear = Memory(), Ear()
    with dispatching(ManyNodes(bad=2, good=1), journal) as dispatcher:
        dispatcher.submit(A, [Call("first", fail_on, ("bad", 0.0))], ear)
        end = ear.wait(1)["first"]
    assert isinstance(end, Done)
    assert [claim.node for claim in journal.claims] == ["bad", "good"]


def test_a_node_that_fails_often_is_rested_and_the_others_do_the_work() -> None:
    journal, ear = Memory(), Ear()
    with dispatching(ManyNodes(bad=2, good=1), journal) as dispatcher:
        dispatcher.submit(A, [Call(f"{n}", fail_on, ("bad", 0.02)) for n in range(30)], ear)
        ends = ear.wait(30)
        status = dispatcher.status()
    assert all(isinstance(end, Done) for end in ends.values())
    tried = Counter(claim.node for claim in journal.claims)
    assert tried["bad"] <= 5, "three that failed, and what it held meanwhile"
    assert status.rests >= 1
    assert {one.id: one.state for one in status.nodes}["bad"] is NodeState.RESTING


def test_a_call_whose_node_is_lost_is_done_by_another(tmp_path: Path) -> None:
    pool, journal, ear = ManyNodes(a=1, b=1), Memory(), Ear()
    with dispatching(pool, journal) as dispatcher:
        dispatcher.submit(A, [Call("first", die_or_meet, str(tmp_path))], ear)
        assert wait_for(lambda: (tmp_path / "begun").exists(), 5)
        pool.lose("a")
        end = ear.wait(1)["first"]
        assert {one.id: one.state for one in dispatcher.status().nodes}["a"] is NodeState.GONE
    assert end == Done("first", "b")
    assert journal.outcomes("first") == ["lost", "done"]


def test_a_call_sent_to_a_node_that_had_just_gone_loses_no_attempt() -> None:
    """The pool's list of nodes may be seconds old."""
    pool, journal, ear = Ancient(a=1), Memory(), Ear()
    with dispatching(pool, journal, attempts=1) as dispatcher:
        pool.lose("a")
        dispatcher.submit(A, doubles(1), ear)
        assert wait_for(lambda: len(journal.endings) >= 2, 10)
        pool.scale(2)
        end = ear.wait(1)["0"]
    assert isinstance(end, Done)
    assert set(journal.outcomes("0")[:-1]) == {"lost"}
    assert all(isinstance(event, Failed) and event.retry for event in ear.events[:2])


class Ancient(ManyNodes):
    """Lists nodes as alive that are gone."""

    def nodes(self) -> tuple[Node, ...]:
        return tuple(replace(node, alive=True) for node in super().nodes())


def test_nodes_that_are_added_get_work() -> None:
    ear, gate = Ear(), threading.Event()
    with dispatching(ManyNodes(a=1)) as dispatcher:
        dispatcher.submit(A, [Call(f"{n}", hold, gate, weight=60) for n in range(3)], ear)
        assert wait_for(lambda: len(dispatcher.status().running) == 1, 5)
        dispatcher.scale(3)
        assert wait_for(lambda: len(dispatcher.status().running) == 3, 5)
        gate.set()
        ear.wait(3)


def test_whatever_comes_and_goes_every_call_ends_right_and_once() -> None:
    pools: list[ManyNodes] = []

    def opened() -> ManyNodes:
        pools.append(ManyNodes(a=2, b=2, c=1))
        return pools[-1]

    chance, journal, ears = random.Random(7), Memory(), [Ear() for _ in range(6)]
    dispatcher = Dispatcher(opened, journal, attempts=9, rule=RestRule(failures=99))
    try:
        for number, ear in enumerate(ears):
            todo = [Call(f"{n}", where, chance.uniform(0.001, 0.04)) for n in range(60)]
            dispatcher.submit(JobRef(f"job {number}", f"base {number % 3}"), todo, ear)
        for step in range(12):
            time.sleep(0.1)
            journal.lost = step in (3, 4)
            if step % 3 == 0:
                pools[-1].lose(chance.choice("abc"))
                pools[-1].scale(pools[-1].slots + 1)
            if step == 5:
                pools[-1].break_down()
            if step == 7:
                dispatcher.cancel("job 0")
        for ear in ears[1:]:
            assert all(isinstance(end, Done) for end in ear.wait(60, within=30).values())
            assert Counter(type(event) for event in ear.events)[Done] == 60
        ends = ears[0].wait(60)
        assert {type(end) for end in ends.values()} == {Done, Failed}
        assert len(pools) == 2
    finally:
        dispatcher.close()
    done = [end.claim for end in journal.endings if end.outcome is Outcome.DONE]
    assert len({(claim.job, claim.key) for claim in done}) == len(done)
    assert len(journal.endings) == len(journal.claims)
