"""A dispatcher over a cluster whose machines crash, come and are drained under load."""

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import wait_for
from tests.workers.many_nodes import Memory
from tests.workers.members import Member, Members
from tests.workers.test_dispatcher import A, B, Ear
from workers.dispatcher import Dispatcher
from workers.health import NodeState
from workers.model import Call, Done
from workers.ray_pool import RayPool


@pytest.fixture(scope="module")
def members() -> Iterator[Members]:
    with (
        tempfile.TemporaryDirectory(prefix="d", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as environment,
    ):
        made = Members(Path(folder))
        for name, value in made.token.items():
            environment.setenv(name, value)
        try:
            yield made
        finally:
            made.end()


def active(dispatcher: Dispatcher) -> set[str]:
    return {
        node.id
        for node in dispatcher.status().nodes
        if node.slots and node.state is NodeState.ACTIVE
    }


def added(members: Members, dispatcher: Dispatcher) -> tuple[str, Member]:
    before = active(dispatcher)
    member = members.add()
    assert wait_for(lambda: active(dispatcher) - before, 60)
    (node,) = active(dispatcher) - before
    return node, member


def test_every_job_ends_right_while_machines_crash_come_and_are_drained(members: Members) -> None:
    journal, ears = Memory(), {A: Ear(), B: Ear()}
    dispatcher = Dispatcher(lambda: RayPool(address=members.address, patience=None), journal)
    try:
        doomed, machine = added(members, dispatcher)
        drained, _ = added(members, dispatcher)
        todo = [Call(f"{n}", calls.nap, 0.1 * (1 + n % 4)) for n in range(20)]
        dispatcher.submit(A, todo, ears[A])
        assert wait_for(lambda: len(journal.endings) >= 6, 30)
        machine.crash()
        fresh, _ = added(members, dispatcher)
        dispatcher.submit(B, todo, ears[B])
        empty = threading.Event()
        dispatcher.drain(drained, empty.set)
        assert empty.wait(20)
        for ear in ears.values():
            ends = ear.wait(20, within=60)
            assert {key: end.value for key, end in ends.items() if isinstance(end, Done)} == {
                f"{n}": 0.1 * (1 + n % 4) for n in range(20)
            }
            assert len([event for event in ear.events if isinstance(event, Done)]) == 20
        states = {node.id: node.state for node in dispatcher.status().nodes}
        assert states[drained] is NodeState.DRAINING
        assert states[fresh] is NodeState.ACTIVE
        assert states[doomed] is NodeState.GONE
    finally:
        dispatcher.close()
    used = Counter(end.claim.node for end in journal.endings if end.outcome.value == "done")
    assert set(used) == {doomed, drained, fresh}
    assert journal.asides == []
