"""The release of a course's discs: read back as written, refused where it cannot be right."""

import json
from dataclasses import replace
from typing import Any

import pytest

from manifests.catalog import catalog_json, read_catalog
from manifests.course import course_entry, course_id, course_json, read_course
from manifests.errors import ManifestError
from manifests.model import CourseRelease, Disc, DiscLesson, DiscSet, ProductFile
from tests.manifests.lessons import stored
from tests.manifests.test_hostile_text import DANGEROUS, TITLES
from tests.manifests.test_products import validator
from tests.manifests.test_releases import ENTRY

LABEL = ProductFile("label", stored("label.pdf", 900, "application/pdf"))


def disc(name: str, lesson: str) -> Disc:
    image = ProductFile("main", stored(f"{name}.iso", 4_000_000_000, "application/vnd.efi.iso"))
    return Disc((DiscLesson(lesson, 2),), 4_700_000_000, (image, LABEL))


COURSE = CourseRelease(
    number=3,
    id=course_id("设施蔬菜"),
    name="设施蔬菜",
    sets=(
        DiscSet("dvd", (disc("dvd-1", "a-1"), disc("dvd-2", "a-2"))),
        DiscSet("datadisc", (disc("datadisc", "a-1"),)),
    ),
)


def test_a_course_reads_back_and_validates() -> None:
    data = course_json(COURSE)
    assert read_course(data) == COURSE
    validator("course-1").validate(json.loads(data))
    assert [one.path for one in COURSE.objects].count(LABEL.object.path) == 1
    assert json.loads(data)["sets"][0]["discs"][1]["filled_percent"] == 85.106


def test_a_catalog_with_discs_reads_back_and_validates() -> None:
    entry = course_entry(COURSE)
    data = catalog_json((ENTRY,), 2, 1, (entry,))
    assert read_catalog(data).courses == (entry,)
    validator("catalog-2").validate(json.loads(data))
    assert [one.kind for one in entry.discs] == ["dvd", "dvd", "datadisc"]
    with pytest.raises(ManifestError, match="twice"):
        catalog_json((), 2, 1, (entry, entry))


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_a_name_is_inert(title: str) -> None:
    named = replace(COURSE, name=title)
    for data in (course_json(named), catalog_json((), 1, None, (course_entry(named),))):
        assert not DANGEROUS.search(data.decode())


def test_names_that_read_the_same_are_the_same_course() -> None:
    assert course_id("设施\u202e蔬菜 ") == course_id("设施蔬菜")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("id",), "../lessons"),
        (("number",), 0),
        (("sets", 0, "kind"), "laserdisc"),
        (("sets", 1, "kind"), "dvd"),
        (("sets", 0, "discs"), []),
        (("sets", 0, "discs", 1, "number"), 1),
        (("sets", 0, "discs", 0, "of"), 3),
        (("sets", 0, "discs", 0, "files"), []),
        (("sets", 0, "discs", 0, "capacity"), 0),
        (("sets", 0, "discs", 0, "lessons", 0, "lesson"), "../x"),
        (("sets", 0, "discs", 0, "files", 0, "path"), "/etc/passwd"),
    ],
)
def test_what_cannot_be_right_is_refused(place: tuple[str | int, ...], value: Any) -> None:
    changed: Any = json.loads(course_json(COURSE))
    at = changed
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    with pytest.raises(ManifestError, match="The course"):
        read_course(json.dumps(changed).encode())
