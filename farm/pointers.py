"""A pointer says which release is current: read it, write a release, swap it. See docs/store.md.

A subject is a lesson, by its id, or a course's discs, `courses/<id>`: `lesson.json` or
`course.json` in its folder over `releases/<n>.json` there. A lesson may have `waiting.json` beside
its pointer: the release that waits to be approved.
"""

import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from farm.errors import Conflict, NotFound, Stale, StoreError, Unknown
from farm.store import Store
from manifests.course import course_id, read_course
from manifests.errors import ManifestError
from manifests.model import CourseRelease, Object, Pointer, Release
from manifests.release import pointer_json, read_pointer, read_release

R = TypeVar("R")

JSON = "application/json"
PATIENCE = 200
"""Tries before an object that others keep changing is given up."""
LONGEST_PAUSE = 0.2
"""Seconds between tries, at most: others are let through, and not all at one moment."""


@dataclass(frozen=True, slots=True)
class Current:
    """A pointer as it was read."""

    pointer: Pointer
    tag: str
    """Of this very version of it."""


@dataclass(frozen=True, slots=True)
class Pointers:
    """Of one subject, as they were read one after the other."""

    current: Current | None
    """What is published; `void` where it is withdrawn."""
    held: Current | None
    """`waiting.json`: the release that was held last; `void` where that was decided on."""

    @property
    def waiting(self) -> Current | None:
        """What waits to be approved."""
        held = self.held
        if held is None or held.pointer.void:
            return None
        shown = self.current.pointer.release if self.current else 0
        return held if held.pointer.release > shown else None

    @property
    def newest(self) -> Current | None:
        """What waits, or else what is published."""
        return self.waiting or self.current

    @property
    def highest(self) -> int:
        """The highest number either names; 0 where there is none."""
        found = (self.current, self.held)
        return max((one.pointer.release for one in found if one), default=0)


COURSES = "courses/"
WAITING = "waiting.json"


def folder_of(subject: str) -> str:
    return f"{subject}/" if subject.startswith(COURSES) else f"lessons/{subject}/"


def pointer_of(subject: str) -> str:
    """The name of its pointer in its folder."""
    return "course.json" if subject.startswith(COURSES) else "lesson.json"


def course_subject(name: str) -> str:
    """Of the course with that name."""
    return COURSES + course_id(name)


def read_current(store: Store, subject: str) -> Current | None:
    """None where it was never published. Raises StoreError where it does not read."""
    return _read_pointer(store, subject, pointer_of(subject))


def read_pointers(store: Store, subject: str) -> Pointers:
    """What is published of it, and what was held of it last. Raises as `read_current` does.

    What was held is read first: where it is published meanwhile, both tell the same release.
    """
    held = None if subject.startswith(COURSES) else _read_pointer(store, subject, WAITING)
    return Pointers(read_current(store, subject), held)


def newest(store: Store, lesson: str) -> Current | None:
    """What waits to be approved, or else what is published."""
    return read_pointers(store, lesson).newest


def newest_release(store: Store, lesson: str) -> int:
    """Its number; 0 where there is none."""
    found = newest(store, lesson)
    return found.pointer.release if found else 0


def _read_pointer(store: Store, subject: str, which: str) -> Current | None:
    name = folder_of(subject) + which
    try:
        stored = store.get(name)
        pointer = read_pointer(stored.data)
    except NotFound:
        return None
    except ManifestError as error:
        raise StoreError(
            f"{name} is damaged ({error}); remove it and {_again(subject)}."
        ) from error
    return Current(pointer, stored.tag)


def _again(subject: str) -> str:
    return "make its discs again" if subject.startswith(COURSES) else "run the recording again"


def read_numbered(store: Store, lesson: str, number: int) -> tuple[Release, str]:
    """A release and its sha256. Raises NotFound, and StoreError where it does not read."""
    return _read(store, lesson, number, read_release)


def read_numbered_course(store: Store, course: str, number: int) -> tuple[CourseRelease, str]:
    """As `read_numbered`; `course` is `courses/<id>`."""
    return _read(store, course, number, read_course)


def objects_named(store: Store, subject: str, number: int) -> tuple[tuple[Object, ...], str]:
    """What a release names, and the release's sha256. Raises as `read_numbered` does."""
    release: Release | CourseRelease
    if subject.startswith(COURSES):
        release, sha256 = read_numbered_course(store, subject, number)
    else:
        release, sha256 = read_numbered(store, subject, number)
    return release.objects, sha256


def _read(store: Store, subject: str, number: int, read: Callable[[bytes], R]) -> tuple[R, str]:
    name = folder_of(subject) + release_path(number)
    data = store.get(name).data
    try:
        return read(data), hashlib.sha256(data).hexdigest()
    except ManifestError as error:
        raise StoreError(f"{name} is damaged ({error}); choose another release.") from error


def release_path(number: int) -> str:
    return f"releases/{number}.json"


def write_release(
    store: Store, subject: str, after: int, build: Callable[[int], bytes]
) -> tuple[int, str]:
    """Write the next free number after `after`; returns it and the sha256.

    A number that holds the very same bytes is used as it is: a run that ended between its release
    and its pointer left it. One that holds other bytes is somebody else's, and is passed over.
    """
    number = after + 1
    for _ in tries(f"the releases of {subject}"):
        data = build(number)
        digest = hashlib.sha256(data).hexdigest()
        name = folder_of(subject) + release_path(number)
        try:
            store.put(name, data, type=JSON, if_absent=True)
        except Unknown:
            continue
        except Conflict:
            if store.get(name).data != data:
                number += 1
                continue
        return number, digest
    raise AssertionError("tries ends by raising")


def swap(
    store: Store, subject: str, number: int, sha256: str, fence: int, over: Current | None
) -> None:
    """Point to a release, over that version of the pointer alone. Raises Stale where it carries a
    higher fence, Conflict or Unknown where it has to be read again."""
    pointer = Pointer(subject, number, release_path(number), sha256, fence)
    replace_pointer(store, pointer, over)


def replace_pointer(
    store: Store, pointer: Pointer, over: Current | None, *, held: bool = False
) -> Current:
    """As `swap` does, whatever the pointer says; `held`: the lesson's `waiting.json`."""
    refuse_stale(pointer.subject, pointer.fence, over)
    name = WAITING if held else pointer_of(pointer.subject)
    tag = store.put(
        folder_of(pointer.subject) + name,
        pointer_json(pointer),
        type=JSON,
        if_absent=over is None,
        if_match=over.tag if over else None,
    )
    return Current(pointer, tag)


def refuse_stale(subject: str, fence: int, over: Current | None) -> None:
    """Raises Stale where the pointer carries a higher fence."""
    if over and over.pointer.fence > fence:
        raise Stale(
            f"A newer run has published or tidied {subject}; this one changed nothing. "
            "Run the command again if it should replace it."
        )


def tries(what: str) -> Iterator[int]:
    """Counts attempts, with a pause between them; raises StoreError when it is enough."""
    for attempt in range(PATIENCE):
        yield attempt
        time.sleep(random.random() * min(LONGEST_PAUSE, 0.002 * 2**attempt))  # noqa: S311 - no secret
    raise StoreError(f"Others keep changing {what}; run the same command again later.")


# --- leases --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lease:
    """`lease.json`: the last fence given out."""

    fence: int = 0
    collecting: int = 0
    """Fence of a collection at work: objects are being removed, nobody may begin to publish."""


def take_fence(store: Store, subject: str) -> int:
    """A number higher than any given out for it before.

    Raises StoreError while it is being collected.
    """

    def next_one(lease: Lease) -> Lease:
        if lease.collecting:
            raise StoreError(
                f"{subject} is being tidied by `farm collect`; wait for it to end, or run "
                "`farm collect` again if it was interrupted."
            )
        return replace(lease, fence=lease.fence + 1)

    return change_lease(store, subject, next_one).fence


def change_lease(store: Store, subject: str, change: Callable[[Lease], Lease]) -> Lease:
    """Replace the lease by one conditional write, again where others won."""
    name = folder_of(subject) + "lease.json"
    for _ in tries(name):
        tag, lease = _read_lease(store, name)
        after = change(lease)
        try:
            store.put(name, _lease_json(after), type=JSON, if_absent=tag is None, if_match=tag)
        except (Conflict, Unknown):
            continue
        return after
    raise AssertionError("tries ends by raising")


def _lease_json(lease: Lease) -> bytes:
    """With a nonce: two who write the same number at once are told apart."""
    value: dict[str, Any] = {"fence": lease.fence, "nonce": uuid.uuid4().hex}
    if lease.collecting:
        value["collecting"] = lease.collecting
    return json.dumps(value).encode()


def _read_lease(store: Store, name: str) -> tuple[str | None, Lease]:
    try:
        stored = store.get(name)
        value = json.loads(stored.data)
        return stored.tag, Lease(int(value["fence"]), int(value.get("collecting", 0)))
    except NotFound:
        return None, Lease()
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{name} is damaged; remove it and run the same command again.") from error
