"""How far off predictions are, learned from how far off they were: conformal prediction.

A range is the prediction times what the truth was of earlier predictions, from one quantile to
another. Where what is to come is like what was, the truth lies within as often as asked for,
however predictions are made: https://arxiv.org/abs/2107.07511.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, exp, floor, log

from farm.estimate.ahead import Ahead

SHARE = 0.9
"""Of truths that lie within their ranges, aimed at."""
LEAST = 20
"""Pairs needed before anything is learned from them."""
MOST = 400
"""Pairs of a situation that count, the newest: what was true last month may not be any more."""
UNSEEN = (log(0.4), log(4.0))
"""Before that; work takes longer more often than it takes less."""
SOFT = 5.0
"""Seconds added on both sides: to be five seconds off is nothing, however short the time."""
SOONEST = 1.0
"""Seconds from now: nothing is foretold to have been ready."""
MOVED = 0.1
"""Of the time left: by so much an estimate has to move to be told anew."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """When a job will be ready. Moments are seconds since the epoch."""

    position: int
    """In the queue, from 1; 0 where it runs."""
    low: float
    """The earliest it is likely to be."""
    likely: float
    high: float
    """The latest it is likely to be."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What predictions are alike in: how they go wrong."""

    running: bool
    """Whether the job was under way."""
    stock: bool
    """Whether it is of the lowest class, which whatever is handed in meanwhile passes."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A prediction, and what came of it."""

    situation: Situation
    predicted: float
    """Seconds from then."""
    actual: float


@dataclass(frozen=True, slots=True)
class Ranges:
    """Logarithms of truth over prediction, sorted, by situation; without any, a wide guess."""

    errors: Mapping[Situation, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def learned(cls, pairs: Iterable[Pair]) -> "Ranges":
        """`pairs` oldest first."""
        errors: dict[Situation, list[float]] = defaultdict(list)
        for one in pairs:
            told = max(one.predicted, 0.0) + SOFT
            errors[one.situation].append(log((max(one.actual, 0.0) + SOFT) / told))
        return cls({situation: tuple(sorted(some[-MOST:])) for situation, some in errors.items()})

    def estimate(self, now: float, ahead: Ahead, *, stock: bool) -> Estimate:
        """Of a job; `stock`: of the lowest class."""
        position, seconds = ahead.position, ahead.seconds
        early, late = self.quantiles(Situation(position == 0, stock))
        likely = max(seconds, SOONEST)
        low = min(max((likely + SOFT) * exp(early) - SOFT, SOONEST), likely)
        high = max((likely + SOFT) * exp(late) - SOFT, likely)
        return Estimate(position, now + low, now + likely, now + high)

    def quantiles(self, situation: Situation) -> tuple[float, float]:
        """Logarithms of the range's ends over the prediction, from the nearest situation in which
        enough was seen."""
        errors = self.errors.get(situation, ())
        if len(errors) < LEAST:
            errors = self._seen(lambda one: one.running == situation.running)
        if len(errors) < LEAST:
            errors = self._seen(lambda _: True)
        if len(errors) < LEAST:
            return UNSEEN
        # one more than there are: the one that is to come is among them in any place alike
        tail = (1 - SHARE) / 2 * (len(errors) + 1)
        first = max(floor(tail), 1) - 1
        last = min(ceil(len(errors) + 1 - tail), len(errors)) - 1
        return errors[first], errors[last]

    def _seen(self, wanted: Callable[[Situation], bool]) -> tuple[float, ...]:
        found = (errors for situation, errors in self.errors.items() if wanted(situation))
        return tuple(sorted(error for errors in found for error in errors))


def worth_telling(told: Estimate | None, now: float, fresh: Estimate) -> bool:
    """Whether a job should be told `fresh` at `now`: the first, or one that is another than the one
    `told`. Each that is told is noted, and learned from."""
    if told is None or (told.position == 0) != (fresh.position == 0):
        return True
    left = max(fresh.likely - now, 0.0) + SOFT
    moved = max(abs(fresh.likely - told.likely), abs(fresh.high - told.high) / 2)
    return moved > SOFT and moved > MOVED * left
