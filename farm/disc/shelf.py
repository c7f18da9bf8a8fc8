"""The lessons of a course as they are published, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farm.errors import FarmError, NotFound
from farm.housekeeping import lessons_of
from farm.pointers import read_current, read_numbered
from farm.store import Store
from manifests.model import DiscLesson, Product, Release
from manifests.plain import plain


class Unready(FarmError):
    """Lessons lack what the disc is made of; the message names each, and the way out."""

    status = 2


@dataclass(frozen=True, slots=True)
class Shelved:
    lesson: str
    release: Release


def lessons_on_shelf(store: Store, course: str) -> tuple[Shelved, ...]:
    """Of the course with that name, by their numbers; or the one lesson with that id.

    Raises NotFound where there is none, and names the courses there are.
    """
    wanted = plain(course)
    shelf, courses = [], set()
    for lesson in lessons_of(store):
        current = read_current(store, lesson)
        if current is None or current.pointer.void:
            continue
        release, _ = read_numbered(store, lesson, current.pointer.release)
        if lesson == course:
            return (Shelved(lesson, release),)
        if release.entry.course:
            courses.add(plain(release.entry.course))
            if plain(release.entry.course) == wanted:
                shelf.append(Shelved(lesson, release))
    if not shelf:
        known = ", ".join(sorted(courses)) or "none yet"
        raise NotFound(f"There is no course {course!r} in {store.url}; there are: {known}.")
    return tuple(sorted(shelf, key=_place))


def releases_of(shelf: Sequence[Shelved], lessons: Sequence[str]) -> tuple[DiscLesson, ...]:
    """Which releases of these lessons are on the shelf; by their ids."""
    numbers = {one.lesson: one.release.number for one in shelf}
    return tuple(DiscLesson(one, numbers[one]) for one in lessons)


def _place(one: Shelved) -> tuple[bool, int, str, str, str]:
    """Lessons without a number come last, in the order they were published."""
    entry = one.release.entry
    return entry.number is None, entry.number or 0, entry.published, entry.title, one.lesson


def require(
    shelf: Sequence[Shelved], course: str, profile: str, has: Callable[[Product], bool]
) -> None:
    """Raises Unready with every lesson that has no product for which `has` holds."""
    without = lacking(shelf, has)
    if without:
        raise Unready(unready(shelf, without, course, profile))


def unready(shelf: Sequence[Shelved], without: Sequence[Shelved], course: str, profile: str) -> str:
    """Names the lessons on the shelf that are `without`, and the way out."""
    named = ", ".join(f"{one.release.entry.title} ({one.lesson})" for one in without)
    return (
        f"{len(without)} of {len(shelf)} lessons of {course} have no {profile} yet: {named}. "
        f"Run their recordings again with it: farm run RECORDING... --profile {profile}"
    )


def lacking(shelf: Sequence[Shelved], has: Callable[[Product], bool]) -> list[Shelved]:
    """The lessons that have no product for which `has` holds."""
    return [one for one in shelf if not any(map(has, one.release.products))]
