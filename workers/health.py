"""Which nodes get calls: what an operator said of them, and how their calls ended. Pure."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from workers.model import Node


class NodeState(StrEnum):
    ACTIVE = "active"
    DRAINING = "draining"
    """Gets nothing new, until it is brought back."""
    RESTING = "resting"
    """Gets nothing new for a while."""
    GONE = "gone"
    """The pool has lost it."""


@dataclass(frozen=True, slots=True)
class RestRule:
    """When a node is rested: after failures of different calls with no success in between."""

    failures: int = 3
    within: float = 600.0
    """Seconds."""
    rest: float = 600.0
    """Seconds of the first rest; each further one is twice as long, until a call succeeds."""
    most: float = 7200.0
    """Seconds of the longest rest."""


@dataclass(slots=True)
class _Record:
    draining: bool = False
    until: float = -math.inf
    by_rule: bool = False
    """Whether the rest is the rule's doing, not an operator's."""
    rests: int = 0
    """In a row."""
    failures: dict[str, float] = field(default_factory=dict)
    """When each call last failed there, since the last success."""

    def rests_at(self, now: float) -> bool:
        return now < self.until


class Health:
    """Times are seconds since the epoch, given by the caller."""

    def __init__(self, rule: RestRule | None = None) -> None:
        self._rule = rule or RestRule()
        self._records: dict[str, _Record] = {}

    def drain(self, node: str) -> None:
        self._record(node).draining = True

    def rest(self, node: str, until: float) -> None:
        record = self._record(node)
        record.until, record.by_rule = until, False

    def bring_back(self, node: str) -> None:
        """With a clean record."""
        self._records.pop(node, None)

    def succeeded(self, node: str) -> None:
        record = self._records.get(node)
        if record is not None:
            record.failures.clear()
            record.rests = 0

    def failed(self, node: str, call: str, now: float) -> bool:
        """A call was lost or killed there. Returns whether the node rests from now on."""
        record = self._record(node)
        record.failures[call] = now
        recent = {one: at for one, at in record.failures.items() if now - at < self._rule.within}
        record.failures = recent
        if len(recent) < self._rule.failures:
            return False
        rest = min(self._rule.most, self._rule.rest * 2**record.rests)
        record.by_rule = record.by_rule or not record.rests_at(now)
        record.until = max(record.until, now + rest)
        record.rests = min(record.rests + 1, 32)
        record.failures.clear()
        return True

    def failures(self, node: str) -> int:
        """Different calls that failed there since the last success."""
        record = self._records.get(node)
        return 0 if record is None else len(record.failures)

    def until(self, node: str, now: float) -> float | None:
        """When its rest ends; None where it does not rest."""
        record = self._records.get(node)
        return record.until if record is not None and record.rests_at(now) else None

    def state(self, node: Node, now: float) -> NodeState:
        record = self._records.get(node.id, _Record())
        if not node.alive:
            return NodeState.GONE
        if record.draining:
            return NodeState.DRAINING
        return NodeState.RESTING if record.rests_at(now) else NodeState.ACTIVE

    def usable(self, nodes: Sequence[Node], now: float) -> tuple[Node, ...]:
        """Those that get calls. Where the rule alone would leave none, the one whose rest ends
        first goes on."""
        able = [node for node in nodes if node.slots > 0]
        active = tuple(node for node in able if self.state(node, now) is NodeState.ACTIVE)
        if active:
            return active
        resting = [node for node in able if self._rests_by_rule(node, now)]
        return tuple(sorted(resting, key=lambda node: (self._records[node.id].until, node.id))[:1])

    def forget(self, known: Collection[str]) -> None:
        """Drops what is known of other nodes: one that comes back comes with another name."""
        for node in self._records.keys() - set(known):
            del self._records[node]

    def _rests_by_rule(self, node: Node, now: float) -> bool:
        resting = self.state(node, now) is NodeState.RESTING
        return resting and self._records[node.id].by_rule

    def _record(self, node: str) -> _Record:
        return self._records.setdefault(node, _Record())
