"""How a long lesson is laid over several VCDs."""

from fractions import Fraction
from itertools import pairwise

import pytest

from encoders.product import Chapter
from encoders.tasks import Artifact, Elementary, Gop
from encoders.vcd import MINUTES_74, MINUTES_80, Volume, volumes

RATE = Fraction(25)
GOP = 15


def pieces(minutes: int, size: int = 80_000) -> tuple[Elementary, ...]:
    """Chunks of a minute, GOPs of `size` bytes."""
    gops = (Gop(GOP, size),) * (60 * 25 // GOP)
    file = Artifact("piece.nut", 1, "0" * 64, "video/x-nut")
    return tuple(Elementary("vcd", file, minute * 1500, gops) for minute in range(minutes))


def chapters(*minutes: float) -> tuple[Chapter, ...]:
    return tuple(Chapter(Fraction(minute * 60), "", None) for minute in minutes)


def minutes(found: tuple[Volume, ...]) -> list[float]:
    return [volume.last / 1500 for volume in found]


def test_a_lesson_of_seventy_minutes_is_one_disc() -> None:
    assert volumes("vcd", pieces(70), RATE, chapters(0, 30)) == (Volume(0, 70 * 1500),)


def test_eighty_minutes_fit_the_larger_disc() -> None:
    assert len(volumes("vcd", pieces(79), RATE, (), MINUTES_80)) == 1
    assert len(volumes("vcd", pieces(79), RATE, (), MINUTES_74)) == 2


def test_it_is_cut_at_the_last_chapter_that_fits() -> None:
    found = volumes("vcd", pieces(130), RATE, chapters(0, 20, 60, 65, 90))
    assert minutes(found) == [65, 130]


def test_no_disc_more_for_a_chapter() -> None:
    """Cut at 30 minutes it would be three discs; at a GOP it is two."""
    found = volumes("vcd", pieces(140), RATE, chapters(0, 30))
    assert len(found) == 2
    assert 73 < minutes(found)[0] < 74
    assert all(volume.last % GOP == 0 for volume in found)


def test_nothing_is_lost_and_nothing_twice() -> None:
    found = volumes("vcd", pieces(300), RATE, chapters(0, 50, 100.01, 180, 222))
    assert found[0].first == 0
    assert found[-1].last == 300 * 1500
    assert all(a.last == b.first for a, b in pairwise(found))
    assert all(v.last - v.first <= 74 * 1500 for v in found)


def test_a_svcd_goes_by_its_bytes() -> None:
    """2.4 Mb/s fill a CD in about 37 minutes, 1 Mb/s in more than 74."""
    fast, slow = pieces(60, 180_000), pieces(75, 75_000)
    assert len(volumes("svcd", fast, RATE, ())) == 2
    assert len(volumes("svcd", slow, RATE, ())) == 1


def test_a_disc_too_small_for_anything_is_said() -> None:
    with pytest.raises(ValueError, match="choose a larger disc"):
        volumes("vcd", pieces(1), RATE, (), capacity=1010)
