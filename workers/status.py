"""What an operator sees of a dispatcher: values, of one moment."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.health import Health, NodeState
from workers.model import Node
from workers.ticket import Waiting
from workers.work import Run


@dataclass(frozen=True, slots=True)
class Running:
    """One call in the pool."""

    job: str
    key: str
    party: str
    node: str
    attempt: int
    weight: float
    """Expected seconds."""
    since: float | None
    """Seconds since the epoch at which a worker began it; None where it waits for one."""
    pid: int | None
    done: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    id: str
    host: str
    slots: int
    state: NodeState
    until: float | None
    """Seconds since the epoch at which its rest ends; None where it does not rest."""
    failures: int
    """Different calls that failed there since one succeeded."""
    held: int
    """Calls it has."""


@dataclass(frozen=True, slots=True)
class Status:
    pool_up: bool
    """Whether there is a pool at all, and not one that is just being opened anew."""
    nodes: tuple[NodeStatus, ...]
    running: tuple[Running, ...]
    waiting: tuple[Waiting, ...]
    """Of each party; calls that wait for a further attempt are in `retrying` alone."""
    retrying: int
    paused: bool
    """Whether everything is."""
    paused_parties: frozenset[str]
    done: int
    """Calls since the dispatcher began; so are the next three."""
    failed: int
    retries: int
    rests: int
    """How often the rule rested a node."""


def node_status(node: Node, health: Health, runs: Iterable[Run], clock: float) -> NodeStatus:
    return NodeStatus(
        id=node.id,
        host=node.host,
        slots=node.slots,
        state=health.state(node, clock),
        until=health.until(node.id, clock),
        failures=health.failures(node.id),
        held=sum(run.claim.node == node.id for run in runs),
    )


def running(run: Run) -> Running:
    ticket = run.work.ticket
    return Running(
        job=ticket.job,
        key=ticket.call.key,
        party=ticket.party,
        node=run.claim.node,
        attempt=run.claim.number,
        weight=ticket.weight,
        since=run.since,
        pid=run.pid,
        done=run.done,
    )
