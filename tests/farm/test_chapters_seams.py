"""A lecture has the same changes however it is cut into chunks."""

from fractions import Fraction

import numpy as np
import pytest
from av.video.frame import VideoFrame

from farm.chapters import changes_of, chapters
from tests.encoders.found_changes import as_changes, frames_of, sought
from tests.encoders.known_changes import lecture

RATE = 5
KINDS = (
    "speaker in the corner",
    "faded",
    "wiped and pushed",
    "through black",
    "points that come one by one",
    "video in the slide",
    "filmed projection",
    "only the body differs",
    "film",
    "screencast",
)


@pytest.mark.parametrize("kind", KINDS)
def test_cuts_do_not_matter(kind: str) -> None:
    made = lecture(kind, 31, 5)
    frames = frames_of(made, RATE)
    whole = _told(frames, [])
    assert whole
    at_changes = [round(begin * RATE) for begin, _ in made.changes]
    random = np.random.default_rng(6)
    anywhere = sorted(int(slot) for slot in random.choice(np.arange(15, len(frames), 16), 3, False))
    for cuts in (at_changes, [slot + 2 for slot in at_changes], anywhere):
        _assert_same(whole, _told(frames, cuts), cuts)


def test_nor_for_chapters() -> None:
    frames = frames_of(lecture("speaker beside", 32, 12), RATE)
    duration = Fraction(len(frames), RATE)
    whole = chapters([as_changes(one) for one in sought(frames, RATE)], duration)
    assert len(whole) > 2
    cuts = range(37, len(frames), 150)
    parts = chapters([as_changes(one) for one in sought(frames, RATE, cuts)], duration)
    assert [(one.start, one.title) for one in parts] == [(one.start, one.title) for one in whole]


def _told(frames: list[VideoFrame], cuts: list[int]) -> list[Fraction]:
    return [turn.time for turn in changes_of([as_changes(o) for o in sought(frames, RATE, cuts)])]


def _assert_same(whole: list[Fraction], parts: list[Fraction], cuts: list[int]) -> None:
    near = [abs(one - other) <= 1 for one, other in zip(whole, parts, strict=False)]
    assert len(whole) == len(parts), (whole, parts, cuts)
    assert all(near), (whole, parts, cuts)
