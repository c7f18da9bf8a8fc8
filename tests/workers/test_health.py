"""When a node is rested, and where the next call goes."""

import pytest

from workers.health import Health, NodeState, RestRule
from workers.model import Node
from workers.placement import AHEAD, Spot, has_room, place

A, B = Node("a", "a.test", 2, alive=True), Node("b", "b.test", 2, alive=True)
RULE = RestRule(failures=3, within=600, rest=600, most=1500)


def fail(health: Health, node: Node, count: int, now: float) -> list[bool]:
    return [health.failed(node.id, f"call {number} {now}", now) for number in range(count)]


def test_three_calls_that_failed_rest_a_node_for_a_while() -> None:
    health = Health(RULE)
    assert fail(health, A, 3, 1000) == [False, False, True]
    assert health.state(A, 1599) is NodeState.RESTING
    assert health.until("a", 1599) == 1600
    assert health.usable((A, B), 1599) == (B,)
    assert health.state(A, 1600) is NodeState.ACTIVE
    assert health.until("a", 1600) is None


def test_one_call_that_fails_again_and_again_says_nothing_of_the_node() -> None:
    health = Health(RULE)
    assert [health.failed("a", "poison", now) for now in range(9)] == [False] * 9
    assert health.failures("a") == 1


def test_a_success_or_time_between_failures_clears_them() -> None:
    health = Health(RULE)
    fail(health, A, 2, 0)
    health.succeeded("a")
    assert fail(health, A, 2, 10) == [False, False]
    assert fail(health, A, 2, 700) == [False, False], "the earlier two are too long ago"


def test_every_further_rest_is_twice_as_long_up_to_a_limit_until_a_call_succeeds() -> None:
    health, now, rests = Health(RULE), 0.0, []
    for _ in range(4):
        fail(health, A, 3, now)
        until = health.until("a", now)
        assert until is not None
        rests.append(until - now)
        now = until
    assert rests == [600, 1200, 1500, 1500]
    health.succeeded("a")
    fail(health, A, 3, now)
    assert health.until("a", now) == now + 600


def test_where_all_would_rest_the_one_that_rests_shortest_goes_on() -> None:
    health = Health(RULE)
    fail(health, B, 3, 0)
    fail(health, A, 3, 50)
    assert health.usable((A, B), 60) == (B,)


def test_an_operator_may_rest_drain_and_bring_back_any_node() -> None:
    health = Health(RULE)
    health.rest("a", 900)
    health.drain("b")
    fail(health, A, 3, 100)
    assert health.usable((A, B), 200) == (), "what an operator said is not overruled"
    assert [health.state(node, 200) for node in (A, B)] == [NodeState.RESTING, NodeState.DRAINING]
    health.bring_back("a")
    health.bring_back("b")
    assert health.usable((A, B), 200) == (A, B)
    assert health.failures("a") == 0


def test_dead_nodes_and_those_without_slots_get_nothing_and_are_forgotten() -> None:
    health = Health(RULE)
    dead, head = Node("dead", "h", 0, alive=False), Node("head", "h", 0, alive=True)
    assert health.usable((dead, head, A), 0) == (A,)
    assert health.state(dead, 0) is NodeState.GONE
    fail(health, A, 2, 0)
    health.drain("dead")
    health.forget({"a"})
    assert health.failures("a") == 2
    assert health.state(Node("dead", "h", 2, alive=True), 0) is NodeState.ACTIVE


def spot(node: str, slots: int, held: int, frees: float = 60) -> Spot:
    return Spot(node, slots, held, frees)


def test_there_is_room_where_a_slot_is_free_or_soon_will_be() -> None:
    assert has_room([spot("a", 2, 2), spot("b", 2, 1)])
    assert not has_room([spot("a", 2, 2), spot("b", 2, 2)])
    assert has_room([spot("a", 2, 2, AHEAD / 2), spot("b", 2, 2)])
    assert not has_room([spot("a", 2, 3, 0), spot("b", 2, 2, 0)]), "one call more, not two"
    assert not has_room([])


@pytest.mark.parametrize(
    ("spots", "avoid", "chosen"),
    [
        ([spot("a", 4, 2), spot("b", 4, 1)], (), "b"),
        ([spot("a", 2, 2, 5), spot("b", 2, 2, 1)], (), "b"),
        ([spot("a", 2, 1), spot("b", 2, 2)], ("a",), "b"),
        ([spot("a", 2, 1)], ("a",), "a"),
        ([spot("b", 2, 0), spot("a", 2, 0)], (), "a"),
    ],
)
def test_the_node_with_most_free_slots_else_the_first_to_be_free(
    spots: list[Spot], avoid: tuple[str, ...], chosen: str
) -> None:
    assert place(spots, avoid).node == chosen
