"""When will mine be ready: learned speeds, the work ahead, and a range that is kept.

`kinds` names work, `speeds` learns what it takes, `ahead` plays the queue through, `ranges` learns
how far such predictions are off, `queue` and `outline` know what waits; values in, values out.
`ledger` is their memory. See docs/estimates.md.
"""

from farm.estimate.ahead import Ahead, Line, Listed, Piece, Rest, work_ahead
from farm.estimate.kinds import kind_of
from farm.estimate.outline import Outline, Outlines, Past, like
from farm.estimate.queue import Unplanned, Waiting
from farm.estimate.ranges import Estimate, Pair, Ranges, Situation, worth_telling
from farm.estimate.speeds import Sample, Speeds, seconds_left

__all__ = [
    "Ahead",
    "Estimate",
    "Line",
    "Listed",
    "Outline",
    "Outlines",
    "Pair",
    "Past",
    "Piece",
    "Ranges",
    "Rest",
    "Sample",
    "Situation",
    "Speeds",
    "Unplanned",
    "Waiting",
    "kind_of",
    "like",
    "seconds_left",
    "work_ahead",
    "worth_telling",
]
