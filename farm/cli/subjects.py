"""Lessons and courses as people name them on the command line."""

from collections.abc import Iterator, Sequence

from farm.errors import StoreError
from farm.housekeeping import all_lessons, courses_of
from farm.pointers import COURSES, course_subject, read_current, read_numbered_course
from farm.store import Store


def subjects(store: Store, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """How it is shown, and what `farm.pointers` calls it: of lessons by their ids and courses by
    their names, or of every one where none is named."""
    if names:
        yield from ((name, _subject(store, name)) for name in names)
        return
    for lesson in all_lessons(store):
        yield lesson, lesson
    for course in courses_of(store):
        yield _name(store, course), course


def _subject(store: Store, name: str) -> str:
    """A name no course with discs has is taken for a lesson's."""
    if name.startswith(COURSES):
        return name
    course = course_subject(name)
    return name if store.head(f"{course}/course.json") is None else course


def _name(store: Store, course: str) -> str:
    try:
        current = read_current(store, course)
        found = current and read_numbered_course(store, course, current.pointer.release)[0].name
    except StoreError:
        return course
    return found or course
