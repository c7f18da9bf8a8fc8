"""What a catalog makes stations fetch, told before it is released."""

from dataclasses import replace
from fractions import Fraction

from farm.office.difference import Change, weighed_change
from manifests.model import Object, Product, ProductFile, Release
from tests.manifests.test_releases import ENTRY

LESSON = ENTRY.lesson
HLS = "application/vnd.apple.mpegurl"


def one(path: str, size: int, type: str = "video/iso.segment") -> Object:
    return Object(path, size, "00" * 32, type)


def product(profile: str, kind: str, *files: Object) -> Product:
    parts = tuple(ProductFile("main", file) for file in files)
    return Product(profile, kind, profile, profile, parts, Fraction(1), None, (), (), {})


MASTER = one("master.m3u8", 7, HLS)
KEPT = one("master-000000000000.m3u8", 7, HLS)
STREAM = (
    one("media/240p.m3u8", 10, HLS),
    one("media/240p-init.mp4", 20, "video/mp4"),
    one("media/240p-0.m4s", 1000),
)
FILM = one("media/film.mp4", 5000, "video/mp4")
SOUND = one("media/sound.mp3", 700, "audio/mpeg")
DISC = one("media/disc.iso", 90_000, "application/vnd.efi.iso")
PIECE = one("media/piece.m2v", 80_000, "video/mpeg")
POSTER = one("media/poster.jpg", 40, "image/jpeg")
PRODUCTS = (
    product("hls", "hls", MASTER),
    product("download", "download", FILM),
    product("phone", "audio", SOUND),
    product("dvd", "dvd", DISC),
)
OBJECTS = (MASTER, KEPT, *STREAM, FILM, SOUND, DISC, PIECE, POSTER)


def weigh(before: tuple[Object, ...] | None, after: tuple[Object, ...]) -> Change:
    releases = {1: before or (), 2: after}

    def read(lesson: str, number: int) -> Release:
        assert lesson == LESSON
        return Release(number, ENTRY, {}, (), (), releases[number], {}, PRODUCTS)

    was = replace(ENTRY, release=1) if before is not None else None
    change = Change(LESSON, was, replace(ENTRY, release=2))
    return weighed_change(change, read)


def test_a_new_lesson_is_fetched_whole_by_profile() -> None:
    found = weigh(None, OBJECTS)
    assert found.download == {
        "hls": 7 + 10 + 20 + 1000,
        "download": 5000,
        "phone": 700,
        "other": 40,
    }
    assert found.discs == {"dvd": 90_000}
    assert found.total == 1037 + 5000 + 700 + 40


def test_of_a_changed_one_only_what_is_new() -> None:
    before = tuple(item for item in OBJECTS if item not in (SOUND, STREAM[2]))
    assert weigh(before, OBJECTS).download == {"hls": 1000, "phone": 700}
    assert weigh(OBJECTS, OBJECTS).download == weigh(OBJECTS, before).download == {}


def unread(lesson: str, number: int) -> Release:
    raise AssertionError(f"release {number} of {lesson} is not needed")


def test_a_withdrawn_one_costs_nothing() -> None:
    change = weighed_change(Change(LESSON, ENTRY, None), unread)
    assert (change.download, change.discs, change.total) == ({}, {}, 0)
