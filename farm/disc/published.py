"""A course's discs in the store: uploaded, read back, and pointed to by one swap, as lessons are.

Discs of several kinds live side by side: those of one kind are replaced, the others stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farm.disc.handout import MadeSet
from farm.disc.shelf import Shelved, lessons_on_shelf
from farm.errors import Stale
from farm.pointers import (
    Current,
    course_subject,
    folder_of,
    read_current,
    read_numbered_course,
    take_fence,
)
from farm.publish import Build, check_objects, commit, faults_of, is_current
from farm.store import Store
from manifests.course import KINDS, course_entry, course_id, course_json
from manifests.model import CourseEntry, CourseRelease, DiscSet, Object
from manifests.plain import plain


@dataclass(frozen=True, slots=True)
class PublishedDiscs:
    release: int
    changed: bool
    """False where they were published already and no release was written."""
    entry: CourseEntry
    """What the catalog says of all the course's discs."""


def published_sets(store: Store, course: str) -> tuple[DiscSet, ...]:
    """What is published of the course with that name."""
    return _sets(store, course_subject(course), read_current(store, course_subject(course)))


def publish_discs(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    made: MadeSet,
    before: Sequence[DiscSet],
    report: Callable[[float], None] = lambda _: None,
) -> PublishedDiscs:
    """`shelf` is what they were made of, `before` what was published when that was begun.
    `report`: how much is done, 0 to 1.

    Raises Stale where discs of newer lessons were published meanwhile, StoreError where an object
    is not in the store as it should be: nothing visible has then changed.
    """
    subject = course_subject(course)

    def draft(current: Current | None) -> Build:
        known = {one.kind: one for one in _sets(store, subject, current)}
        if known.get(made.discs.kind) not in (_of_kind(before, made.discs.kind), made.discs):
            _refuse_older(store, course, shelf)
        return _build(course, {**known, made.discs.kind: made.discs})

    current = read_current(store, subject)
    objects = _objects(made.discs)
    if not (current and is_current(draft(current), current)) or faults_of(store, subject, objects):
        fence = take_fence(store, subject)
        _upload(store, subject, made, lambda done: report(0.8 * done))
        check_objects(store, subject, objects, lambda done: report(0.8 + 0.2 * done))
        number, changed = commit(store, subject, draft, fence)
    else:
        number, changed = current.pointer.release, False
    report(1.0)
    release, _ = read_numbered_course(store, subject, number)
    return PublishedDiscs(number, changed, course_entry(release))


def _sets(store: Store, subject: str, current: Current | None) -> tuple[DiscSet, ...]:
    if current is None:
        return ()
    return read_numbered_course(store, subject, current.pointer.release)[0].sets


def _of_kind(sets: Sequence[DiscSet], kind: str) -> DiscSet | None:
    return next((one for one in sets if one.kind == kind), None)


def _refuse_older(store: Store, course: str, shelf: Sequence[Shelved]) -> None:
    """Others published this kind of disc meanwhile: theirs stay, where the lessons these were made
    of are no longer what is published."""
    now = [(one.lesson, one.release.number) for one in lessons_on_shelf(store, course)]
    if now != [(one.lesson, one.release.number) for one in shelf]:
        raise Stale(
            f"A newer run has published these discs of {course}, and its lessons have changed "
            "since this one began; it changed nothing. Run the command again."
        )


def _build(course: str, sets: dict[str, DiscSet]) -> Build:
    ordered = tuple(sets[kind] for kind in KINDS if kind in sets)
    return lambda number: course_json(
        CourseRelease(number, course_id(course), plain(course), ordered)
    )


def _objects(discs: DiscSet) -> tuple[Object, ...]:
    files = (file.object for disc in discs.discs for file in disc.files)
    return tuple({one.path: one for one in files}.values())


def _upload(store: Store, subject: str, made: MadeSet, report: Callable[[float], None]) -> None:
    """What is not there as it should be."""
    objects = _objects(made.discs)
    total, done = sum(one.size for one in objects) or 1, 0
    for one in objects:
        if faults_of(store, subject, [one]):
            store.put(folder_of(subject) + one.path, made.sources[one.path], type=one.type)
        done += one.size
        report(done / total)
