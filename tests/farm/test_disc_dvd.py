"""A course on small DVDs: as few as hold it, each full or at its ceiling, made in the sandbox."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from encoders import wire
from encoders.dvd.task import DvdParts
from farm.disc.course import DvdLesson, dvd_lessons
from farm.disc.dvd import Course, MadeDisc, make_discs, make_lesson_disc
from farm.disc.outlook import outlook
from farm.disc.shelf import Shelved, Unready
from farm.errors import StoreError
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.model import CatalogEntry, Object, Product, Release
from tests.encoders.dvds import grain, make_parts
from tests.tools.dvdnav import playing

CAPACITY = 5_200_000
"""Bytes: of three lessons of 1.8 MB at the coarsest quality, two go on a disc."""


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pieces")


@pytest.fixture(scope="module")
def course(pieces: Path) -> tuple[DvdParts, ...]:
    """Three lessons of the same pieces: what is on a disc is looked at elsewhere."""
    parts = make_parts(pieces, "lesson", seconds=12, quantisers=(3, 4, 5, 6, 8), paint=grain)
    return tuple(replace(parts, title=f"第{n}课") for n in range(1, 4))


@pytest.fixture(scope="module")
def store(
    pieces: Path, course: tuple[DvdParts, ...], tmp_path_factory: pytest.TempPathFactory
) -> Store:
    made = FolderStore(tmp_path_factory.mktemp("library"))
    for path in pieces.iterdir():
        made.put(f"lessons/lesson/media/{path.name}", path, type="application/octet-stream")
    return made


def shelved(pieces: Path, parts: DvdParts, number: int) -> Shelved:
    """As a release says it: the parts as JSON, their files among its objects."""
    product = Product(
        profile="dvd",
        kind="dvd",
        title="DVD-Video (PAL)",
        title_zh="DVD 光盘（PAL）",
        files=(),
        duration=parts.duration,
        bit_rate=None,
        codecs=("MPEG-2",),
        languages=("zh",),
        measured={},
        parts=json.loads(wire.dumps(parts)),
    )
    entry = CatalogEntry(
        lesson=f"lesson-{number}",
        release=1,
        title=parts.title,
        base="changsha",
        category="agriculture",
        course="温室番茄栽培",
        number=number,
        duration=parts.duration,
        master="",
        poster=None,
        thumbnails=None,
        sizes=(),
        languages=("zh",),
        published="2024-05-20",
    )
    objects = tuple(
        Object(f"media/{path.name}", path.stat().st_size, "0" * 64, "video/x-nut")
        for path in sorted(pieces.iterdir())
    )
    release = Release(1, entry, {}, (), (), objects, {}, products=(product,))
    return Shelved("lesson", release)


@pytest.fixture(scope="module")
def lessons(pieces: Path, course: tuple[DvdParts, ...]) -> tuple[DvdLesson, ...]:
    shelf = [shelved(pieces, parts, n) for n, parts in enumerate(course, 1)]
    return dvd_lessons(shelf, "温室番茄栽培")


@pytest.fixture(scope="module")
def discs(
    store: Store, lessons: tuple[DvdLesson, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[MadeDisc, ...]:
    return tuple(
        make_discs(
            store,
            Course("温室番茄栽培", "TOMATO"),
            lessons,
            work=tmp_path_factory.mktemp("work"),
            progress=lambda *_: None,
            capacity=CAPACITY,
        )
    )


def test_a_course_lies_on_as_few_discs_as_hold_it_and_fills_them(
    discs: tuple[MadeDisc, ...],
) -> None:
    spans = [(disc.number, disc.discs, len(disc.lessons)) for disc in discs]
    assert spans == [(1, 2, 2), (2, 2, 1)]
    for disc in discs:
        size = (disc.folder / disc.product.files[0].file.name).stat().st_size
        assert not disc.ceiling
        assert 0.97 * CAPACITY <= size <= 0.999 * CAPACITY


def test_what_was_told_beforehand_is_what_comes_out(
    pieces: Path, course: tuple[DvdParts, ...], discs: tuple[MadeDisc, ...]
) -> None:
    shelf = [shelved(pieces, parts, n) for n, parts in enumerate(course, 1)]
    told = outlook("dvd", shelf, "温室番茄栽培", CAPACITY).discs
    assert [len(one.lessons) for one in told] == [len(one.lessons) for one in discs]
    for one, disc in zip(told, discs, strict=True):
        size = (disc.folder / disc.product.files[0].file.name).stat().st_size
        assert size == pytest.approx(one.size, rel=0.03)


def test_the_first_disc_plays_the_first_two_lessons(discs: tuple[MadeDisc, ...]) -> None:
    disc = discs[0]
    with playing(disc.folder / disc.product.files[0].file.name) as player:
        player.watch()
        assert player.titles() == 2
        player.press(player.place().buttons)
        assert [title for title, _ in player.watch()] == [1, 1, 1, 2, 2, 2]


def test_what_is_not_handed_out_does_not_stay(discs: tuple[MadeDisc, ...]) -> None:
    for disc in discs:
        assert not (disc.folder.parent / f"inputs-{disc.number}").exists()
        assert not list(disc.folder.glob("*-work"))


def test_a_lesson_alone_is_a_disc_at_its_ceiling(
    store: Store, lessons: tuple[DvdLesson, ...], tmp_path: Path
) -> None:
    made = make_lesson_disc(store, lessons[0], work=tmp_path, progress=lambda *_: None)
    assert made.ceiling
    assert made.product.duration == Fraction(12)


def test_a_missing_piece_is_named(lessons: tuple[DvdLesson, ...], tmp_path: Path) -> None:
    empty = FolderStore(tmp_path / "library")
    unnamed = replace(lessons[0], places={})
    for lesson, words in ((lessons[0], "lesson-q"), (unnamed, "run its recording again")):
        work = tmp_path / words.replace(" ", "-")
        work.mkdir()
        with pytest.raises(StoreError, match=words):
            make_lesson_disc(empty, lesson, work=work, progress=lambda *_: None)


def test_lessons_without_a_dvd_are_named_with_the_command(
    pieces: Path, course: tuple[DvdParts, ...]
) -> None:
    ready, bare = (shelved(pieces, parts, n) for n, parts in enumerate(course[:2], 1))
    bare = replace(bare, release=replace(bare.release, products=()))
    with pytest.raises(Unready, match=r"1 of 2 lessons.*第2课.*--profile dvd"):
        dvd_lessons([ready, bare], "温室番茄栽培")


def test_a_disc_is_of_one_standard(pieces: Path, course: tuple[DvdParts, ...]) -> None:
    ready = shelved(pieces, course[0], 1)
    other = shelved(pieces, replace(course[1], standard="ntsc"), 2)
    with pytest.raises(Unready, match="PAL alone and others in NTSC alone"):
        dvd_lessons([ready, other], "温室番茄栽培")
    with pytest.raises(Unready, match=r"第1课.*--profile dvd-ntsc"):
        dvd_lessons([ready, other], "温室番茄栽培", standard="ntsc")


def test_parts_that_do_not_read_are_refused(pieces: Path, course: tuple[DvdParts, ...]) -> None:
    ready = shelved(pieces, course[0], 1)
    broken = replace(ready.release.products[0], parts={"standard": "pal"})
    spoilt = replace(ready, release=replace(ready.release, products=(broken,)))
    with pytest.raises(StoreError, match=r"does not read.*run the recording again"):
        dvd_lessons([spoilt], "温室番茄栽培")
