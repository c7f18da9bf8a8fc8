"""How many slots are asked of the cluster, by the work that waits. Pure."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

POLICY = "scale_policy"
"""Switch: `{"min", "max", "seconds"}`; null: none."""
BY_HAND = "scale"
"""Switch: slots an operator asked for; null: as many as the cluster thinks fit."""
STEADY = 300.0
"""Seconds for which less has to be enough before less is asked for."""


@dataclass(frozen=True, slots=True)
class Policy:
    least: int
    """Slots, whatever waits."""
    most: int
    seconds: float
    """In which the work that is known of should be done."""

    def wish(self, work: float) -> int:
        """Slots for so many seconds of work."""
        return min(self.most, max(self.least, math.ceil(work / self.seconds)))


def read_policy(value: object) -> Policy | None:
    """Of the switch; None where there is none, or it makes no sense."""
    if not isinstance(value, Mapping):
        return None
    least, most, seconds = (value.get(name) for name in ("min", "max", "seconds"))
    if not (isinstance(least, int) and isinstance(most, int) and isinstance(seconds, int | float)):
        return None
    sound = 0 <= least <= most and 0 < seconds < math.inf
    return Policy(least, most, float(seconds)) if sound else None


def policy_value(policy: Policy) -> dict[str, Any]:
    return {"min": policy.least, "max": policy.most, "seconds": policy.seconds}


class Steady:
    """The greatest of late wishes: more is asked for at once, less only once it has been enough for
    a while, so that machines do not come and go with every job."""

    def __init__(self, seconds: float = STEADY) -> None:
        self._seconds = seconds
        self._wishes: deque[tuple[float, int]] = deque()

    def __call__(self, now: float, wish: int) -> int:
        """`now`: seconds of a clock that never goes back."""
        while self._wishes and self._wishes[0][0] < now - self._seconds:
            self._wishes.popleft()
        # What is not more than a later one is never the greatest again.
        while self._wishes and self._wishes[-1][1] <= wish:
            self._wishes.pop()
        self._wishes.append((now, wish))
        return self._wishes[0][1]

    def forget(self) -> None:
        self._wishes.clear()
