"""The catalog: every published lesson, one immutable release after the other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manifests.course import entry_value as course_value
from manifests.course import read_course_entry
from manifests.entries import CATEGORIES, read_entry
from manifests.errors import ManifestError
from manifests.feed import course_slug
from manifests.model import Catalog, CatalogEntry, CourseEntry
from manifests.reading import parsed
from manifests.snapshot import Snapshot, courses_in, entry_text, joined

FORMAT = "catalog-2"

__all__ = ["CATEGORIES", "Difference", "catalog_json", "difference", "read_catalog", "snapshot"]


def catalog_json(
    lessons: Sequence[CatalogEntry],
    number: int,
    previous: int | None,
    courses: Sequence[CourseEntry] = (),
) -> bytes:
    """`catalog/releases/<n>.json`: sorted by id, so that equal catalogs are equal bytes.

    `courses`: those with discs. Raises ManifestError where a lesson or course is listed twice or a
    field cannot be right.
    """
    listed = [*(one.lesson for one in lessons), *(one.id for one in courses)]
    twice = [id for id, n in Counter(listed).items() if n > 1]
    if twice:
        raise ManifestError(f"{twice[0]} is in the catalog twice; keep one release.")
    texts = {one.lesson: entry_text(one) for one in lessons}
    return joined(snapshot(texts, number, previous, courses))


def snapshot(
    lessons: Mapping[str, bytes],
    number: int,
    previous: int | None,
    courses: Sequence[CourseEntry] = (),
) -> Snapshot:
    """As `catalog_json`, of entries' texts by lesson, which have been checked when they were made
    (`entry_text`): of a catalog of 100,000 lessons, a handful is new."""
    top: dict[str, Any] = {
        "$schema": f"../schema/{FORMAT}.json",
        "format": f"courseware-{FORMAT}",
        "number": number,
        "previous": previous,
        "courses": {course: f"feeds/{course_slug(course)}.xml" for course in courses_in(lessons)},
    }
    if courses:
        top["discs"] = [course_value(one) for one in sorted(courses, key=lambda one: one.id)]
    made = Snapshot(top, lessons)
    # All but the lessons is read again.
    read_catalog(joined(Snapshot(top, {})))
    return made


def read_catalog(data: bytes) -> Catalog:
    """Raises ManifestError saying what is wrong."""
    fields = parsed(data, "catalog", (1, 2))
    previous = None if fields.value.get("previous") is None else fields.integer("previous", 1)
    number = fields.integer("number", 1)
    if previous is not None and previous >= number:
        raise ManifestError("The catalog: 'previous' should be lower than 'number'.")
    return Catalog(
        number=number,
        previous=previous,
        lessons=fields.each("lessons", read_entry),
        courses=fields.each("discs", read_course_entry) if "discs" in fields.value else (),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of the old catalog sees change, each part sorted by lesson id."""

    added: tuple[CatalogEntry, ...]
    removed: tuple[CatalogEntry, ...]
    changed: tuple[tuple[CatalogEntry, CatalogEntry], ...]
    """Before and after."""


def difference(old: Catalog, new: Catalog) -> Difference:
    before = {one.lesson: one for one in old.lessons}
    after = {one.lesson: one for one in new.lessons}
    both = sorted(before.keys() & after.keys())
    return Difference(
        added=tuple(after[lesson] for lesson in sorted(after.keys() - before.keys())),
        removed=tuple(before[lesson] for lesson in sorted(before.keys() - after.keys())),
        changed=tuple(
            (before[lesson], after[lesson]) for lesson in both if before[lesson] != after[lesson]
        ),
    )
