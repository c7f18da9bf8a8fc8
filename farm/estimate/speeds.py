"""How long work takes, learned from what work of its kind took.

A kind is learned in three steps, each leaning on the one above it as long as it has seen little
itself: the machine (all kinds beside what is guessed of them), the family, the kind. So a picture
size that was never made is known by how fast this machine makes others.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from farm.estimate.kinds import family, pixels

GUESSES: Mapping[str, float] = {
    "chunk": 1.2,
    "audio": 3.0,
    "sound": 3.0,
    "text": 0.6,
    "product": 1.0,
    "lesson": 1.2,
    "talk": 0.1,
    "rest": 0.03,
}
"""Seconds a unit of weight, before anything was measured; of pictures for a ladder of `USUAL`. The
last three are whole jobs (`outline`), whose weight is the seconds of media."""
USUAL = pixels("chunk hls 1280x720 4")
STARTING = 0.5
"""Seconds of every piece of work besides what grows with its weight: a sandbox, an interpreter."""
LEAN = 4.0
"""Samples a kind has to have before it counts as much as what is above it."""
OUTLIERS = 20
"""One of so many samples, at each end, counts as no further off than the next one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One piece of work that was finished."""

    kind: str
    weight: float
    """As `Call.weight` counts it."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Speeds:
    """What is known of how long work takes; without samples, what is guessed."""

    machine: float = 1.0
    """Factor on what is guessed."""
    families: Mapping[str, float] = field(default_factory=dict)
    """Factors on what is guessed."""
    kinds: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def learned(cls, samples: Iterable[Sample]) -> "Speeds":
        """From recent work, a few hundred samples of each kind at most."""
        by_kind: dict[str, list[Sample]] = defaultdict(list)
        for one in samples:
            by_kind[one.kind].append(one)
        by_family: dict[str, list[Sample]] = defaultdict(list)
        for kind, some in by_kind.items():
            by_family[family(kind)] += some
        machine = _leaning([one for some in by_family.values() for one in some], 1.0)
        families = {name: _leaning(some, machine) for name, some in by_family.items()}
        kinds = {kind: _leaning(some, families[family(kind)]) for kind, some in by_kind.items()}
        return cls(machine, families, kinds)

    def seconds(self, kind: str, weight: float) -> float:
        """Expected, of one slot."""
        above = self.families.get(family(kind), self.machine)
        return _guess(kind, weight) * self.kinds.get(kind, above)


def seconds_left(expected: float, elapsed: float, done: float) -> float:
    """Of running work: what is expected counts until its own progress has more to tell.

    `expected`: seconds of the whole; `elapsed`: seconds since it began; `done`: 0 to 1.
    """
    if done >= 1:
        return 0.0
    if done <= 0:
        return max(expected - elapsed, expected / 10)
    own = elapsed * (1 - done) / done
    return done * own + (1 - done) * (expected * (1 - done))


def _guess(kind: str, weight: float) -> float:
    """Seconds, where nothing was measured."""
    unit = GUESSES.get(family(kind), 1.0)
    size = pixels(kind)
    return STARTING + weight * unit * (size / USUAL if size else 1.0)


def _leaning(samples: Sequence[Sample], above: float) -> float:
    """The factor between guess and truth, near `above` where samples are few.

    It is a ratio of sums, as sums are what is foretold; samples far off are pulled in.
    """
    if not samples:
        return above
    factors = sorted(one.seconds / _guess(one.kind, one.weight) for one in samples)
    cut = -(-len(factors) // OUTLIERS) if len(factors) > 2 else 0
    low, high = factors[cut], factors[-1 - cut]
    told = guessed = 0.0
    for one in samples:
        guess = _guess(one.kind, one.weight)
        guessed += guess
        told += guess * min(max(one.seconds / guess, low), high)
    lean = len(samples) / (len(samples) + LEAN)
    return float((told / guessed) ** lean * above ** (1 - lean))
