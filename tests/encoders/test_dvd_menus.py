"""Chapters a player can jump to, and menus in which every button can be reached."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from encoders.dvd.chapters import chapters_of
from encoders.dvd.make import check_task
from encoders.dvd.menus import PAGE, Page, chapter_pages, course_pages, neighbours
from encoders.dvd.paint import paint
from encoders.dvd.task import DvdParts, DvdTask, DvdTitle, runs
from encoders.product import Chapter
from tests.encoders.dvds import at_quality, make_parts, make_task


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pieces")


@pytest.fixture(scope="module")
def parts(folder: Path) -> DvdParts:
    return make_parts(folder, "slides", quantisers=(8,))


def chaptered(parts: DvdParts, *starts: Fraction) -> DvdParts:
    chapters = tuple(Chapter(start, f"{n}", None) for n, start in enumerate(starts))
    return replace(parts, chapters=chapters)


def test_a_chapter_begins_with_the_gop_its_start_is_in(parts: DvdParts) -> None:
    """GOPs are 0.6 s."""
    found = chapters_of(chaptered(parts, Fraction(0), Fraction(2), Fraction(3)))
    assert [one.start for one in found] == [0, Fraction(9, 5), 3]


def test_a_lesson_begins_with_a_chapter(parts: DvdParts) -> None:
    found = chapters_of(chaptered(parts, Fraction(2)))
    assert [(one.start, one.title) for one in found] == [(0, parts.title), (Fraction(9, 5), "0")]


def test_two_chapters_of_one_gop_are_the_later_one(parts: DvdParts) -> None:
    found = chapters_of(chaptered(parts, Fraction(0), Fraction(25, 10), Fraction(29, 10)))
    assert [one.title for one in found] == ["0", "2"]


def test_of_too_many_chapters_the_shortest_go(parts: DvdParts) -> None:
    long = replace(parts, qualities=tuple((pieces[0],) * 30 for pieces in parts.qualities))
    starts = [Fraction(n * 6, 10) for n in range(120)]
    found = chapters_of(chaptered(long, *starts))
    assert len(found) == 99
    assert found[0].start == 0


def pages(task: DvdTask) -> Iterator[Page]:
    yield from course_pages(task)
    for title in task.titles:
        yield from chapter_pages(title, 1)


@pytest.fixture(scope="module")
def task(folder: Path, parts: DvdParts) -> DvdTask:
    plain = chaptered(parts, Fraction(0))
    return make_task(folder, folder, (parts, plain, parts, parts, plain, parts, parts))


def test_every_button_can_be_reached_with_the_arrow_keys(task: DvdTask) -> None:
    for page in pages(task):
        reached, waiting = set(), [page.buttons[0].name]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                button = next(one for one in page.buttons if one.name == name)
                waiting += neighbours(page.buttons, button).values()
        assert reached == {button.name for button in page.buttons}


def test_buttons_are_apart_and_within_what_every_set_shows(task: DvdTask) -> None:
    margin = 20
    for page in pages(task):
        assert len(page.buttons) <= 36
        for n, one in enumerate(page.buttons):
            left, top, right, bottom = one.box
            assert margin <= left < right <= PAGE[0] - margin
            assert margin <= top < bottom <= PAGE[1] - margin
            for other in page.buttons[n + 1 :]:
                u, v, w, x = other.box
                assert right <= u or w <= left or bottom <= v or x <= top


def test_a_menu_shows_titles_and_pictures(task: DvdTask, folder: Path) -> None:
    """Letters are bright, pictures have their own colours; without them the page is darker."""
    page = course_pages(task)[0]
    bare = replace(page, heading="", cards=())
    shown, empty = (paint(one, folder, (720, 576)).convert("L") for one in (page, bare))
    heading = (40, 40, 400, 90)
    assert shown.crop(heading).getextrema()[1] > 200 > empty.crop(heading).getextrema()[1]
    picture = (60, 150, 150, 220)
    assert shown.crop(picture).getextrema() != empty.crop(picture).getextrema()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"standard": "secam"}, "neither pal nor ntsc"),
        ({"rate": Fraction(30)}, "30 pictures a second"),
        ({"width": 640}, "a raster of 640x288"),
    ],
)
def test_what_is_no_dvd_is_refused(
    task: DvdTask, parts: DvdParts, change: dict[str, object], words: str
) -> None:
    wrong = replace(parts, **change)  # type: ignore[arg-type]
    title = DvdTitle(1, wrong, runs(at_quality(parts, 0)))
    with pytest.raises(ValueError, match=words):
        check_task(replace(task, titles=(title,)))


@pytest.mark.parametrize(("tracks", "fits"), [(0, True), (8, True), (9, False)])
def test_a_lesson_has_up_to_eight_tracks_of_sound(
    task: DvdTask, parts: DvdParts, tracks: int, fits: bool
) -> None:
    heard = replace(parts, sounds=parts.sounds * tracks)
    disc = replace(task, titles=(DvdTitle(1, heard, runs(at_quality(parts, 0))),))
    with nullcontext() if fits else pytest.raises(ValueError, match="9 tracks of sound"):
        check_task(disc)


def test_pal_and_ntsc_do_not_go_on_one_disc(task: DvdTask, parts: DvdParts) -> None:
    ntsc = replace(task.titles[0], parts=replace(parts, standard="ntsc"))
    with pytest.raises(ValueError, match="PAL or NTSC"):
        check_task(replace(task, titles=(*task.titles, ntsc)))
