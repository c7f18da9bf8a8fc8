"""Does the truth lie in the range 8 times of 10? In worlds no seed of which was tuned on."""

import pytest

from tests.farm.estimate.world import Climate, World, score

LEAST = 0.8


@pytest.mark.parametrize(
    "climate",
    [
        Climate(seed=7001, jobs=100),
        Climate(seed=7002, jobs=100, load=0.95, noise=0.5),
        Climate(seed=7003, jobs=100, nodes=6, slots=1, losses=0.3, noise=0.2),
    ],
    ids=["usual", "busy and rough", "machines that come and go"],
)
def test_truths_lie_in_their_ranges(climate: Climate) -> None:
    found = score(World(climate).play())
    assert found.estimates > 200
    assert found.share >= LEAST, found
    assert found.width < 12, "a range of everything holds the truth, and tells nothing"
    assert found.error < 1.6, found
