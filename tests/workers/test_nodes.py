"""A cluster whose machines come and go: every call ends, wherever its machine went."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.workers import calls
from tests.workers.conftest import lives, processes_named, wait_for
from tests.workers.members import Member, Members
from workers.errors import WorkerError
from workers.join import head, join
from workers.model import Call, Done, Event, Failed, Node, Placed
from workers.ray_pool import RayPool
from workers.supervise import run


@pytest.fixture(scope="module")
def members() -> Iterator[Members]:
    with (
        tempfile.TemporaryDirectory(prefix="m", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as environment,
    ):
        made = Members(Path(folder))
        for name, value in made.token.items():
            environment.setenv(name, value)
        try:
            yield made
        finally:
            made.end()


@pytest.fixture(scope="module")
def pool(members: Members) -> Iterator[RayPool]:
    made = RayPool(address=members.address, patience=None)
    yield made
    made.close()


@pytest.fixture
def three(members: Members, pool: RayPool) -> dict[str, Member]:
    """Three machines of one slot, by the ids of their nodes; what a test ended is made up for."""
    assert wait_for(lambda: len(workers(pool)) == len(members.living()), 30)
    while len(workers(pool)) < 3:
        newcomer(members, pool)
    return {node.id: members.by_node[node.id] for node in workers(pool)}


def newcomer(members: Members, pool: RayPool, grace: float = 0) -> str:
    """The node of one more machine."""
    before = {node.id for node in workers(pool)}
    member = members.add(grace)
    assert wait_for(lambda: {node.id for node in workers(pool)} - before, 60)
    (node,) = {node.id for node in workers(pool)} - before
    members.by_node[node] = member
    return node


def states(pool: RayPool) -> list[tuple[bool, int, str]]:
    return [(node.alive, node.slots, node.id) for node in pool.nodes()]


def workers(pool: RayPool) -> list[Node]:
    return [node for node in pool.nodes() if node.slots]


def test_nodes_are_told_and_the_head_works_for_nobody(
    pool: RayPool, three: dict[str, Member]
) -> None:
    assert sorted(node.slots for node in pool.nodes() if node.alive) == [0, 1, 1, 1]
    assert {node.id for node in workers(pool)} == set(three)
    assert pool.slots == 3
    with pytest.raises(WorkerError, match="no autoscaler"):
        pool.scale(9)


def test_a_call_runs_on_the_node_it_is_meant_for(pool: RayPool, three: dict[str, Member]) -> None:
    for node in three:
        pool.submit(Call(f"on {node}", calls.where, None), node)
    events: list[Event] = []
    assert wait_for(lambda: events.extend(pool.wait(0.5)) or len(ended(events)) == 3, 30)
    for event in events:
        assert isinstance(event, Placed | Done)
        assert event.key == f"on {event.node}"
    pids = {event.key: event.pid for event in events if isinstance(event, Placed)}
    assert pids == {event.key: event.value for event in events if isinstance(event, Done)}


def test_a_node_that_takes_no_calls_gives_them_back(
    pool: RayPool, three: dict[str, Member]
) -> None:
    (boss,) = (node.id for node in pool.nodes() if node.alive and not node.slots)
    for node in (boss, "0" * 56):
        pool.submit(Call(node, calls.double, 1), node)
    pool.submit(Call("anywhere", calls.double, 1))
    events: list[Event] = []
    assert wait_for(lambda: events.extend(pool.wait(0.2)) or len(ended(events)) == 3, 15)
    given_back = [event for event in events if isinstance(event, Failed)]
    assert {event.key for event in given_back} == {boss, "0" * 56}
    assert all(event.retry and "takes no calls" in event.error for event in given_back)


def test_a_cancelled_call_ends_alone(
    pool: RayPool, three: dict[str, Member], tmp_path: Path
) -> None:
    name = f"cancelled-{os.getpid()}-{time.monotonic_ns()}"
    node = next(iter(three))
    pool.submit(Call("running", calls.sleeping_child, (str(tmp_path), name)), node)
    pool.submit(Call("queued", calls.double, 1), node)
    pool.submit(Call("other", calls.nap, 3.0))
    assert wait_for(lambda: processes_named(name), 20)
    pool.cancel("queued")
    pool.cancel("running")
    pool.cancel("unknown")
    assert wait_for(lambda: not processes_named(name), 2)
    events: list[Event] = []
    assert wait_for(lambda: events.extend(pool.wait(0.5)) or len(ended(events)) == 3, 20)
    ends = {event.key: event for event in ended(events)}
    assert ends["other"] == Done("other", 3.0)
    for key in ("running", "queued"):
        end = ends[key]
        assert isinstance(end, Failed)
        assert (end.error, end.retry) == ("it was cancelled", False)


def test_every_call_ends_right_while_machines_come_and_go(
    members: Members, pool: RayPool, three: dict[str, Member]
) -> None:
    todo = [Call(f"{n}", calls.nap, 0.2 + 0.8 * (n % 5) / 4) for n in range(30)]
    victim = next(iter(three))
    done: list[Done] = []
    for event in run(pool, todo):
        done.append(event)
        if len(done) == 5:
            three[victim].crash()
            late = members.add()
    assert {event.key: event.value for event in done} == {call.key: call.argument for call in todo}
    assert wait_for(lambda: len(workers(pool)) == 3, 30)
    (fresh,) = {node.id for node in workers(pool)} - set(three)
    members.by_node[fresh] = late
    assert victim not in {node.id for node in workers(pool)}
    pool.submit(Call("welcome", calls.double, 2), fresh)
    events: list[Event] = []
    assert wait_for(lambda: events.extend(pool.wait(0.2)) or ended(events), 20)
    assert ended(events) == [Done("welcome", 4)]


def test_calls_of_a_crashed_machine_come_back(pool: RayPool, three: dict[str, Member]) -> None:
    node, member = next(iter(three.items()))
    events = occupied(pool, node)
    began = time.monotonic()
    member.crash()
    assert wait_for(lambda: events.extend(pool.wait(0.5)) or len(ended(events)) == 2, 15)
    assert time.monotonic() - began < 15
    assert all(isinstance(event, Failed) and event.retry for event in ended(events))
    assert wait_for(lambda: (False, 0, node) in states(pool), 10)


def test_calls_of_a_machine_that_hangs_come_back(pool: RayPool, three: dict[str, Member]) -> None:
    node, member = next(iter(three.items()))
    events = occupied(pool, node)
    raylet = member.raylet()
    raylet.suspend()
    try:
        assert wait_for(lambda: events.extend(pool.wait(0.5)) or len(ended(events)) == 2, 60)
    finally:
        raylet.resume()
    assert all(isinstance(event, Failed) and event.retry for event in ended(events))


def test_a_machine_that_leaves_finishes_what_it_began(members: Members, pool: RayPool) -> None:
    node = newcomer(members, pool, grace=20)
    events: list[Event] = []
    pool.submit(Call("begun", calls.nap, 3.0), node)
    assert wait_for(lambda: events.extend(pool.wait(0.2)) or events, 20)
    assert members.by_node[node].end() == 0
    assert wait_for(lambda: events.extend(pool.wait(0.2)) or ended(events), 5)
    assert ended(events) == [Done("begun", 3.0)]


def test_a_member_that_is_stopped_is_gone_within_two_seconds(
    pool: RayPool, three: dict[str, Member], tmp_path: Path
) -> None:
    name = f"member-{os.getpid()}-{time.monotonic_ns()}"
    node, member = next(iter(three.items()))
    pool.submit(Call("lost", calls.sleeping_child, (str(tmp_path), name)), node)
    assert wait_for(lambda: len(processes_named(name)) >= 3, 20)
    family = member.family()
    began = time.monotonic()
    assert member.end() == 0
    assert time.monotonic() - began < 2
    assert not processes_named(name)
    assert not [process for process in family if lives(process)]
    events: list[Event] = []
    assert wait_for(lambda: events.extend(pool.wait(0.2)) or ended(events), 15)
    assert all(isinstance(event, Failed) and event.retry for event in ended(events))


@pytest.mark.parametrize(
    "environment", [{}, {"RAY_AUTH_MODE": "token"}, {"RAY_AUTH_TOKEN": "a" * 64}]
)
def test_nobody_starts_a_member_without_a_token(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WorkerError, match="set RAY_AUTH_MODE=token"):
        join("127.0.0.1:1", 1, tmp_path)
    with pytest.raises(WorkerError, match="set RAY_AUTH_MODE=token"):
        head("127.0.0.1", 1, tmp_path)


def ended(events: Sequence[Event]) -> list[Done | Failed]:
    return [event for event in events if isinstance(event, Done | Failed)]


def occupied(pool: RayPool, node: str) -> list[Event]:
    """A minute's call that the node has begun, another one it has not; what was told so far."""
    events: list[Event] = []
    pool.submit(Call("begun", calls.nap, 60.0), node)
    assert wait_for(lambda: events.extend(pool.wait(0.2)) or events, 20)
    pool.submit(Call("next", calls.double, 1), node)
    return events
