"""On which node the next call goes: decided from what each of them holds. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

AHEAD = 2.0
"""Seconds before a slot is expected to be free at which it gets its next call."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A node that takes calls."""

    node: str
    slots: int
    held: int
    """Calls it was given and has not ended."""
    frees: float
    """Seconds until the first of them is expected to end; 0 where one is overdue."""

    @property
    def free(self) -> int:
        return self.slots - self.held


def has_room(spots: Sequence[Spot]) -> bool:
    """Whether one more call may be handed over: where a slot is free, or, one call more than there
    are slots, shortly before one will be. Earlier it would only take the slot from a party whose
    turn may come meanwhile."""
    spare = sum(spot.free for spot in spots)
    if spare != 0:
        return spare > 0
    return any(spot.frees <= AHEAD for spot in spots)


def place(spots: Sequence[Spot], avoid: Collection[str] = ()) -> Spot:
    """The node with most free slots, else where one is free first; one of `avoid` only where there
    is no other. Raises ValueError where there are no nodes."""
    others = [spot for spot in spots if spot.node not in avoid] or spots
    return min(others, key=lambda spot: (-max(0, spot.free), spot.frees, spot.held, spot.node))
