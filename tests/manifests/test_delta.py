"""A snapshot, cut and patched: to the byte what the office signed, whatever people wrote in it."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from manifests.catalog import catalog_json, read_catalog, snapshot
from manifests.delta import apply_delta, delta_json, delta_path
from manifests.errors import ManifestError
from manifests.model import CatalogEntry, CourseEntry, DiscOffer, Enclosure, Size
from manifests.schemas import schema_texts
from manifests.snapshot import (
    course_in,
    courses_in,
    cut,
    entry_text,
    is_vouched,
    joined,
    published_in,
    release_in,
)

TRAPS = (
    '"},{"base":"x',
    '},{"base":',
    '"lessons":[',
    '],"number":3,"previous":null}',
    '\\"},{\\"base\\":\\"',
    ',"release":9,',
    '","course":"x","lesson":"other-000000000000"',
    "\\",
    "a\\",
    "滴灌 ',\"",
)
"""Texts that look like the marks a snapshot is cut at."""


def entry(n: int, title: str = "滴灌", release: int = 1, course: str | None = None) -> CatalogEntry:
    folder = f"lessons/base-{n:012x}/"
    return CatalogEntry(
        lesson=f"base-{n:012x}",
        release=release,
        title=title,
        base=title,
        category="agriculture",
        course=course,
        duration=Fraction(12),
        master=f"{folder}master.m3u8" if n % 2 else None,
        poster=None,
        thumbnails=None,
        sizes=(Size("240p", 1000, 426, 240),),
        languages=("zh",),
        published="2026-11-24",
        enclosure=Enclosure(f"{folder}media/sound.mp3", 1, "audio/mpeg") if n % 3 else None,
        speaker=title,
        number=n + 1,
        sha256="0f" * 32 if n % 2 else None,
    )


def discs(*numbers: int, size: int = 5) -> tuple[CourseEntry, ...]:
    return tuple(
        CourseEntry(
            id=f"{n:012x}",
            release=1,
            name=f"课程 {n}",
            discs=(DiscOffer("dvd", f"courses/{n:012x}/media/dvd.iso", size, "00" * 32),),
        )
        for n in numbers
    )


texts = st.one_of(st.sampled_from(TRAPS), st.text(max_size=20))
entries = st.lists(
    st.builds(entry, st.integers(0, 9), texts, st.integers(1, 3), st.none() | texts),
    unique_by=lambda one: one.lesson,
)
courses = st.lists(st.integers(0, 4), unique=True).map(lambda some: discs(*some))


@given(entries, courses)
def test_a_snapshot_is_cut_and_joined_to_the_byte(
    lessons: list[CatalogEntry], some: tuple[CourseEntry, ...]
) -> None:
    data = catalog_json(lessons, 7, 5, some)
    found = cut(data)
    assert joined(found) == data
    catalog = read_catalog(data)
    assert {one.lesson for one in catalog.lessons} == set(found.lessons)
    assert {found.entry(one.lesson) for one in catalog.lessons} == set(catalog.lessons)
    assert (found.number, found.previous) == (7, 5)


@given(st.builds(entry, st.integers(0, 9), texts, st.integers(1, 99), st.none() | texts))
def test_what_is_read_off_a_text_is_what_its_entry_says(one: CatalogEntry) -> None:
    text = entry_text(one)
    value = json.loads(text)
    assert release_in(text) == one.release
    assert course_in(text) == value.get("course")
    assert published_in(text) == one.published
    assert is_vouched(text) == (one.sha256 is not None)
    assert courses_in({one.lesson: text}) == {value["course"]} - {""} if "course" in value else True


@settings(max_examples=200)
@given(entries, courses, entries, courses)
def test_a_delta_makes_the_later_snapshot_of_the_earlier_one(
    before: list[CatalogEntry],
    discs_before: tuple[CourseEntry, ...],
    after: list[CatalogEntry],
    discs_after: tuple[CourseEntry, ...],
) -> None:
    earlier = catalog_json(before, 3, None, discs_before)
    later = catalog_json(after, 8, 6, discs_after)
    assert apply_delta(earlier, delta_json(cut(earlier), cut(later))) == later


def test_a_delta_holds_what_changed_alone() -> None:
    before = [entry(n, course=f"课程 {n // 10}") for n in range(1000)]
    after = [entry(5000), *before[1:500], replace(before[500], release=2), *before[501:]]
    delta = delta_json(cut(catalog_json(before, 3, None)), cut(catalog_json(after, 4, 3)))
    value = json.loads(delta)
    assert [one["lesson"] for one in value["changed"]] == ["base-0000000001f4", "base-000000001388"]
    assert value["removed"] == ["base-000000000000"]
    assert (value["from"], value["to"], value["previous"]) == (3, 4, 3)
    assert value["courses"] == {"changed": {}, "removed": []}
    assert len(delta) < 2000
    assert delta_path(3, 4) == "deltas/3-4.json"


def test_a_delta_is_by_its_schema() -> None:
    schemas = {one.path: json.loads(one.text) for one in schema_texts()}
    validator = Draft202012Validator(schemas["catalog/schema/delta-1.json"])
    before = cut(catalog_json([entry(1, course="a")], 3, None, discs(1, 2)))
    after = cut(catalog_json([entry(2, course="b")], 4, 3, discs(2, 3, size=6)))
    value = json.loads(delta_json(before, after))
    validator.validate(value)
    assert set(value["discs"]["changed"]) == {"000000000002", "000000000003"}
    assert not validator.is_valid({**value, "removed": ["../x"]})


def test_there_is_no_delta_backwards() -> None:
    before, after = (cut(catalog_json([entry(1)], number, None)) for number in (3, 4))
    with pytest.raises(ManifestError, match="fetch the whole"):
        delta_json(after, before)


def test_a_delta_of_another_snapshot_is_refused() -> None:
    one, two, three = (catalog_json([entry(number)], number, None) for number in (1, 2, 3))
    delta = delta_json(cut(two), cut(three))
    with pytest.raises(ManifestError, match="starts from release 2"):
        apply_delta(one, delta)


@pytest.mark.parametrize(
    "delta",
    [
        b"{}",
        b"nothing",
        b'{"format":"courseware-delta-1","from":1}',
        b'{"format":"courseware-delta-1","from":1,"to":2,"changed":[{}],"removed":[]}',
        b'{"format":"courseware-delta-1","from":1,"to":2,"changed":[],"removed":7}',
        b'{"format":"courseware-delta-1","from":1,"to":2,"changed":[],"removed":[],"discs":[]}',
    ],
)
def test_a_delta_that_is_none_is_refused(delta: bytes) -> None:
    with pytest.raises(ManifestError):
        apply_delta(catalog_json([entry(1)], 1, None), delta)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'"lessons":[],"number":',
        b'{"format":"courseware-catalog-2","lessons":[1],"number":1,"previous":null}\n',
        b'{"format":"courseware-catalog-2", "lessons":[],"number":1,"previous":null}\n',
        b'{"format":"courseware-catalog-2","lessons":[{"base":"x"}],"number":1,"previous":null}\n',
        b'{"format":"courseware-pointer-1","lessons":[],"number":1,"previous":null}\n',
    ],
)
def test_what_is_no_canonical_snapshot_is_not_cut(data: bytes) -> None:
    with pytest.raises(ManifestError):
        cut(data)


def test_a_snapshot_made_of_texts_is_the_catalog_made_of_entries() -> None:
    some = [entry(n, course=f"课程 {n % 3}") for n in range(20)]
    made = snapshot({one.lesson: entry_text(one) for one in some}, 4, 3, discs(1))
    assert joined(made) == catalog_json(some, 4, 3, discs(1))
