"""Changes of slide and scene are told, in every kind of lecture, and nothing else is."""

import io
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from encoders.changes import ChangeFinder, Sought
from encoders.changes.look import Looker
from encoders.pictures import image_of
from encoders.slots import Run
from tests.encoders import known_changes
from tests.encoders import known_pages as pages
from tests.encoders.found_changes import COLOR, Score, frames_of, scored, sought
from tests.encoders.known_changes import KINDS, Lecture, coded, frame_of, lecture

RATE = 5
SLIDES = 5


def test_nine_of_ten_are_told_and_right(tmp_path: Path) -> None:
    scores = {kind: _score(lecture(kind, 21, SLIDES)) for kind in KINDS}
    for kind in ("speaker in the corner", "screencast"):
        made = lecture(kind, 22, SLIDES)
        path = coded(made, tmp_path / "coded.mp4", 10, 60_000)
        with av.open(str(path)) as container:
            frames = list(container.decode(video=0))
        scores[f"{kind}, coded"] = _score_of(made, sought(frames, 10))
    table = "\n".join(
        f"{one.precision:.2f} {one.recall:.2f} {kind}" for kind, one in scores.items()
    )
    total = sum(scores.values(), Score(0, 0, 0))
    assert total.precision >= 0.9, table
    assert total.recall >= 0.9, table
    assert min(one.recall for one in scores.values()) >= 0.6, table


def test_no_change_is_told_where_there_is_none() -> None:
    random = np.random.default_rng(8)
    page = pages.slide(random, right=250)
    scene = known_changes.Scene(30, lambda _: page)
    effects = (
        known_changes.head(random, 270, 60, 150, 140),
        known_changes.pointer(random),
        known_changes.grain(random, 4),
    )
    (one,) = sought(frames_of(Lecture((scene,), effects), RATE), RATE)
    assert one.found == ()
    assert one.opening is not None


def test_the_first_new_picture_is_named_whatever_the_rate() -> None:
    random = np.random.default_rng(9)
    one, other = (frame_of(pages.slide(random)) for _ in range(2))
    for rate in (Fraction(25), Fraction(30000, 1001), Fraction(2)):
        turned = int(rate * 4) + 1
        finder = ChangeFinder(rate, 0, int(rate * 9), COLOR)
        for slot in range(int(rate * 9)):
            frame = one if slot < turned else other
            finder.add(Run(slot, slot + 1, frame), frame)
        (found,) = finder.result().found
        assert (found.slot, found.time) == (turned, turned / rate)


def test_its_picture_is_the_new_one_settled_and_small() -> None:
    random = np.random.default_rng(10)
    one, other = pages.slide(random), pages.slide(random)
    scenes = (
        known_changes.Scene(4, lambda _: one),
        known_changes.Scene(4, lambda _: other, 1.0, "fade"),
    )
    frames = [frame.reformat(1278, 720) for frame in frames_of(Lecture(scenes), RATE)]
    (told,) = sought(frames, RATE)
    (found,) = told.found
    with Image.open(io.BytesIO(found.picture)) as picture:
        assert picture.format == "JPEG"
        assert picture.size == found.size == (640, 360)
        seen = np.asarray(picture.convert("RGB").resize((pages.WIDTH, pages.HEIGHT)), np.int16)
    assert np.abs(seen - other).mean() < 6 < np.abs(seen - one).mean()
    assert found.name == f"chapter-{found.slot:07d}"


def test_black_to_the_end_and_a_single_picture_are_no_trouble() -> None:
    black = frame_of(np.zeros((240, 426, 3), np.uint8))
    (told,) = sought([black] * 20, RATE)
    assert told == Sought((), "", "", None)
    page = frame_of(pages.slide(np.random.default_rng(1)))
    finder = ChangeFinder(Fraction(25), 1000, 1001, COLOR)
    finder.add(Run(1000, 1001, page), page)
    assert finder.result().found == ()


def test_black_between_the_same_slide_is_no_change() -> None:
    random = np.random.default_rng(12)
    page, other = (frame_of(pages.slide(random)) for _ in range(2))
    black = frame_of(np.zeros((240, 426, 3), np.uint8))
    (told,) = sought([page] * 20 + [black] * 15 + [page] * 20 + [black] * 5 + [other] * 20, RATE)
    assert [found.slot for found in told.found] == [60]


def test_pictures_that_change_their_size_go_on() -> None:
    page = frame_of(pages.slide(np.random.default_rng(13)))
    frames = [page] * 15 + [page.reformat(320, 180)] * 15
    (told,) = sought(frames, RATE)
    assert told.found == ()


@pytest.mark.parametrize(
    ("size", "pictured"),
    [
        ((320, 180), (320, 180)),
        ((1280, 720), (640, 360)),
        ((1082, 606), (642, 360)),
        ((720, 1280), (360, 640)),
        ((3840, 2160), (640, 360)),
    ],
)
def test_of_any_size_they_are_told_and_pictured(
    size: tuple[int, int], pictured: tuple[int, int]
) -> None:
    random = np.random.default_rng(15)
    one, other = (frame_of(pages.slide(random)).reformat(*size) for _ in range(2))
    finder = ChangeFinder(Fraction(RATE), 0, 43, COLOR)
    finder.add(Run(0, 20, one), one)
    finder.add(Run(20, 43, other), other)
    (found,) = finder.result().found
    assert (found.slot, found.size) == (20, pictured)
    with Image.open(io.BytesIO(found.picture)) as picture:
        seen = np.asarray(picture.convert("RGB"), np.int16)
    assert np.abs(seen - image_of(other, *pictured, COLOR)).mean() < 4


@pytest.mark.parametrize("size", [(1280, 720), (1082, 606), (720, 1280), (1920, 1080)])
def test_a_large_picture_looks_as_it_does_in_small(size: tuple[int, int]) -> None:
    page = frame_of(pages.slide(np.random.default_rng(16)))
    small, large = (Looker().look(one).planes for one in (page, page.reformat(*size)))
    difference = np.abs(small.astype(np.int16) - large)
    assert difference.mean() < 4
    assert np.percentile(difference, 99) < 40


def test_few_pictures_are_held() -> None:
    noise = np.random.default_rng(17)
    frames = [
        av.VideoFrame.from_ndarray(noise.integers(16, 236, (54, 64), np.uint8), "yuv420p")
        for _ in range(80)
    ]
    held, finder = 0, ChangeFinder(Fraction(RATE), 0, 80, COLOR)
    unheld = sys.getrefcount(frames[0])
    for slot, frame in enumerate(frames):
        finder.add(Run(slot, slot + 1, frame), frame)
        del frame
        held = max(held, sum(sys.getrefcount(frames[n]) > unheld for n in range(slot)))
    assert 0 < held <= 3 * RATE + 3


def test_the_same_pictures_give_the_same_bytes() -> None:
    frames = frames_of(lecture("film", 23, 3), RATE)
    assert sought(frames, RATE) == sought(frames, RATE)


@pytest.mark.parametrize("held", [1, 7])
def test_a_picture_shown_for_long_counts_as_often_as_it_is_shown(held: int) -> None:
    random = np.random.default_rng(14)
    one, other = (frame_of(pages.slide(random)) for _ in range(2))
    finder = ChangeFinder(Fraction(25), 0, 350, COLOR)
    for slot in range(0, 350, held):
        frame = one if slot < 175 else other
        finder.add(Run(slot, slot + held, frame), frame)
    assert [found.slot for found in finder.result().found] == [175]


def _score(made: Lecture) -> Score:
    return _score_of(made, sought(frames_of(made, RATE), RATE))


def _score_of(made: Lecture, told: tuple[Sought, ...]) -> Score:
    return scored(made.changes, [found.time for one in told for found in one.found])
