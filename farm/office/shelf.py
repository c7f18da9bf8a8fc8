"""What the office reads of lessons in the store: their releases, and whether one is whole."""

from collections.abc import Iterator

from farm.at_once import at_once
from farm.errors import NotFound, StoreError
from farm.housekeeping import courses_of
from farm.office.difference import Read
from farm.office.draft import READS, Draft
from farm.pointers import (
    folder_of,
    read_current,
    read_numbered,
    read_numbered_course,
    read_pointers,
)
from farm.publish import office_entry
from farm.store import Info, Store
from farm.store.names import compressible
from manifests.course import course_entry
from manifests.model import CatalogEntry, CourseEntry, Object, Release
from manifests.snapshot import release_in

POINTER_FOR_PLAYERS = "master.m3u8"


def reader(store: Store) -> Read:
    """Of lessons' releases."""
    return lambda lesson, release: read_numbered(store, lesson, release)[0]


def entered(store: Store, lesson: str, release: int) -> CatalogEntry:
    """What a catalog says of a release. Raises NotFound, StoreError where it does not read."""
    found, sha256 = read_numbered(store, lesson, release)
    return office_entry(found, sha256)


def published_courses(store: Store) -> tuple[CourseEntry, ...]:
    """What a catalog says of every course with discs."""

    def one(subject: str) -> CourseEntry | None:
        current = read_current(store, subject)
        if current is None or current.pointer.void:
            return None
        return course_entry(read_numbered_course(store, subject, current.pointer.release)[0])

    with at_once(READS) as readers:
        return tuple(found for found in readers.map(one, courses_of(store)) if found)


def check_whole(store: Store, draft: Draft) -> None:
    """Whether everything is there that the catalog comes to name with this draft, by the store's
    listings: nothing is read. Raises StoreError naming the first that is not.

    What the current catalog names already was looked at when it came in.
    """
    changes = (*draft.difference.added, *draft.difference.changed)
    names = [(one.lesson, one.after.release) for one in changes if one.after]

    def faults(name: tuple[str, int]) -> list[str]:
        return list(missing(store, *name))

    with at_once(READS) as readers:
        for (lesson, release), found in zip(names, readers.map(faults, names), strict=True):
            if found:
                raise StoreError(
                    f"Release {release} of {lesson} is not whole: {found[0]}; run its recording "
                    "again, or leave the lesson out."
                )


def missing(store: Store, lesson: str, release: int) -> Iterator[str]:
    """What of a release is not in the store, or has another size there; a sentence each."""
    try:
        found: Release = read_numbered(store, lesson, release)[0]
    except NotFound:
        yield f"{folder_of(lesson)}releases/{release}.json is missing"
        return
    folder = folder_of(lesson)
    there = {one.name.removeprefix(folder): one for one in store.list(folder)}
    for wanted in found.objects:
        if wanted.path != POINTER_FOR_PLAYERS:
            yield from _fault(folder, there.get(wanted.path), wanted)


def _fault(folder: str, there: Info | None, wanted: Object) -> Iterator[str]:
    if there is None:
        yield f"{folder}{wanted.path} is missing"
    elif there.size != wanted.size and not compressible(wanted.type):
        # Of what a store may keep squeezed, the size there says nothing.
        yield f"{folder}{wanted.path} has {there.size} bytes and should have {wanted.size}"


def waiting(store: Store, lessons: list[str] | None = None) -> dict[str, int]:
    """The release that waits to be approved, of these lessons or of every one."""
    found = lessons if lessons is not None else list(_with_waiting(store))

    def one(lesson: str) -> tuple[str, int | None]:
        held = read_pointers(store, lesson).waiting
        return lesson, held.pointer.release if held else None

    with at_once(READS) as readers:
        return {lesson: number for lesson, number in readers.map(one, found) if number}


def _with_waiting(store: Store) -> Iterator[str]:
    for info in store.list("lessons/"):
        _, lesson, *rest = info.name.split("/")
        if rest == ["waiting.json"]:
            yield lesson


def listed(draft: Draft) -> dict[str, int]:
    """The release of every lesson a draft lists."""
    return {lesson: release_in(text) for lesson, text in draft.lessons.items()}
