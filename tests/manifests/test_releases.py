"""Releases, pointers and catalogs: canonical, read back, refused with a plain sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.catalog import catalog_json, difference, read_catalog
from manifests.errors import ManifestError
from manifests.hls import objects_of
from manifests.model import Catalog, CatalogEntry, Enclosure, Pointer, Release, Size
from manifests.release import (
    languages,
    pointer_json,
    read_pointer,
    read_release,
    release_json,
    rendition_values,
    sizes,
)
from tests.manifests.lessons import audio_programme, lesson, silent, two_languages

ENTRY = CatalogEntry(
    lesson="hengyang-0a1b2c3d4e5f",
    release=3,
    title="温室番茄的滴灌 · Drip irrigation",
    base="衡阳",
    category="agriculture",
    course="设施蔬菜",
    duration=Fraction(1503, 25),
    master="lessons/hengyang-0a1b2c3d4e5f/master.m3u8",
    poster="lessons/hengyang-0a1b2c3d4e5f/media/poster-0a1b2c3d4e5f.jpg",
    thumbnails=None,
    sizes=(Size("audio", 480_000), Size("240p", 1_000_000, 426, 240)),
    languages=("zh", "en"),
    published="2024-05-01T08:00:00+08:00",
    enclosure=Enclosure("lessons/hengyang-0a1b2c3d4e5f/media/a-00.m4a", 480_000, "audio/mp4"),
)
RELEASE = Release(
    number=3,
    entry=ENTRY,
    recording={"container": "mov", "video": {"rate": "25/1"}},
    findings=({"code": "silent-audio", "severity": "warning"},),
    renditions=rendition_values(lesson()),
    objects=objects_of(lesson()),
    notes={"hls": {"dropped": ["1080p"]}},
)
POINTER = Pointer(ENTRY.lesson, 3, "releases/3.json", "ab" * 32, 17)


def test_a_release_reads_back_as_it_was_written() -> None:
    assert read_release(release_json(RELEASE)) == RELEASE


def test_a_pointer_reads_back_as_it_was_written() -> None:
    assert read_pointer(pointer_json(POINTER)) == POINTER
    assert b"void" not in pointer_json(POINTER)
    void = replace(POINTER, void=True)
    assert read_pointer(pointer_json(void)) == void


def test_a_releases_own_entry_cannot_tell_its_own_hash() -> None:
    told = replace(RELEASE, entry=replace(RELEASE.entry, sha256="0" * 64))
    assert release_json(told) == release_json(RELEASE)


def test_a_catalog_reads_back_sorted_by_lesson() -> None:
    other = replace(ENTRY, lesson="changsha-000000000000", course=None, enclosure=None)
    data = catalog_json((ENTRY, other), 7, 6)
    assert read_catalog(data) == Catalog(7, 6, (other, ENTRY))
    assert data == catalog_json((other, ENTRY), 7, 6)


@pytest.mark.parametrize("data", [release_json(RELEASE), pointer_json(POINTER)])
def test_bytes_are_canonical(data: bytes) -> None:
    value = json.loads(data)
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    assert list(value) == sorted(value)
    again = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert again.encode() + b"\n" == data


def test_equal_values_in_another_order_give_equal_bytes() -> None:
    turned = replace(RELEASE, recording=dict(reversed(RELEASE.recording.items())))
    assert release_json(turned) == release_json(RELEASE)


def changed(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        place = fields
        *way, last = name.split(".")
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("format", "courseware-release-3", "not a release"),
        ("number", 0, "'number'"),
        ("number", True, "'number'"),
        ("entry", None, "'entry'"),
        ("entry.category", "music", "not a category"),
        ("entry.lesson", "../x", "cannot be an address"),
        ("entry.master", "https://example.org/x", "'master'"),
        ("entry.master", "lessons/../x", "'master'"),
        ("entry.poster", "/etc/passwd", "'poster'"),
        ("entry.duration", 60.12, "'duration'"),
        ("entry.duration", "1/0", "'duration'"),
        ("entry.published", "yesterday", "ISO 8601"),
        ("entry.sizes", [["240p", -1, 0, 0]], "a size"),
        ("entry.sizes", {"240p": 1}, "'sizes'"),
        ("entry.languages", "zh", "'languages'"),
        ("entry.enclosure", "x", "enclosure"),
        ("objects", {}, "'objects'"),
        ("objects.1.sha256", "AB" * 32, "objects 1"),
        ("objects.1.path", "a\\b", "objects 1"),
        ("objects.1.size", "9", "objects 1"),
        ("recording", [], "'recording'"),
        ("findings", ["x"], "findings 0"),
    ],
)
def test_a_release_that_cannot_be_right_is_refused(name: str, value: object, says: str) -> None:
    fields = json.loads(release_json(RELEASE))
    changed(name, value)(fields)
    with pytest.raises(ManifestError, match=says):
        read_release(json.dumps(fields).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"null", b"[" * 100_000, b"{}"])
@pytest.mark.parametrize("read", [read_release, read_pointer, read_catalog])
def test_what_is_not_a_manifest_is_refused(read: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(ManifestError):
        read(data)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists) | st.binary())
def test_readers_raise_nothing_else(value: object) -> None:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    for read in (read_release, read_pointer, read_catalog):
        with pytest.raises(ManifestError):
            read(data)


def test_what_cannot_be_written_is_refused() -> None:
    for recording in ({"x": float("nan")}, {"x": Fraction(1, 3)}, {"x": "\ud800"}):
        with pytest.raises(ManifestError, match="JSON"):
            release_json(replace(RELEASE, recording=recording))
    with pytest.raises(ManifestError, match="sha256"):
        pointer_json(replace(POINTER, sha256="?"))
    with pytest.raises(ManifestError, match="path"):
        pointer_json(replace(POINTER, path="../other.json"))
    with pytest.raises(ManifestError, match="twice"):
        catalog_json((ENTRY, ENTRY), 1, None)
    with pytest.raises(ManifestError, match="previous"):
        catalog_json((), 3, 3)


def test_the_difference_of_two_catalogs() -> None:
    gone, new = replace(ENTRY, lesson="a-1"), replace(ENTRY, lesson="z-9")
    newer = replace(ENTRY, release=4)
    found = difference(Catalog(1, None, (gone, ENTRY)), Catalog(2, 1, (newer, new)))
    assert (found.added, found.removed, found.changed) == ((new,), (gone,), ((ENTRY, newer),))


def test_sizes_hold_the_sound_and_rise() -> None:
    p = two_languages()
    listed = sizes(p)
    sound = p.audio[0].init.size + sum(segment.object.size for segment in p.audio[0].segments)
    assert [one.name for one in listed] == ["audio", "240p", "480p", "720p"]
    assert listed[0] == Size("audio", sound)
    video = p.video[0]
    pictures = video.init.size + sum(segment.object.size for segment in video.segments)
    assert listed[1].bytes == pictures + sound
    assert [one.name for one in sizes(silent())] == ["240p", "480p", "720p"]
    assert [one.name for one in sizes(audio_programme())] == ["audio"]


def test_languages_are_named_once_and_unknown_ones_not() -> None:
    p = two_languages()
    assert languages(p) == ("zh", "en")
    assert languages(replace(p, audio=(replace(p.audio[0], language="und"),), subtitles=())) == ()
