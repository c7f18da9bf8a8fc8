"""When will mine be ready: how often the truth lay in the range that was told.

Worlds are played, each with another random seed than any test or choice was made with.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from benchmarks.results import Foretold
from tests.farm.estimate.world import Climate, Told, World, score

FIRST_SEED = 90_001
JOBS, QUICK_JOBS = 600, 60
"""Of each world."""
WORLDS, QUICK_WORLDS = 2, 1
"""Of each climate."""
CLIMATES: Mapping[str, Climate] = {
    "usual": Climate(seed=0),
    "busy": Climate(seed=0, load=0.95),
    "rough": Climate(seed=0, noise=0.6),
    "machines come and go": Climate(seed=0, nodes=6, slots=1, losses=0.3),
    "one machine": Climate(seed=0, nodes=1, losses=0.0),
}
DRAWN = 120
"""Estimates of each climate that are drawn."""


def foretold(name: str, *, quick: bool) -> Foretold:
    """All worlds of a climate together."""
    climate = CLIMATES[name]
    jobs, worlds = (QUICK_JOBS, QUICK_WORLDS) if quick else (JOBS, WORLDS)
    told = [
        one
        for world in range(worlds)
        for one in World(replace(climate, seed=FIRST_SEED + world, jobs=jobs)).play()
    ]
    found = score(told)
    return Foretold(
        world=name,
        estimates=found.estimates,
        held=found.share,
        width=found.width,
        error=found.error,
        points=tuple(_points(told)),
    )


def _points(told: list[Told]) -> Iterator[tuple[float, float, bool]]:
    """Evenly, of those whose range was learned."""
    learned = [one for one in told if one.learned >= 20]
    for one in learned[:: max(1, len(learned) // DRAWN)]:
        yield round(one.estimate.likely - one.at, 1), round(one.actual - one.at, 1), one.holds
