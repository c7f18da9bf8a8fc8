"""Looking after what is published: is everything there, and what may go?

A subject is a lesson, by its id, or a course's discs, `courses/<id>`: see `farm.pointers`.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from farm.errors import Conflict, NotFound, StoreError, Unknown
from farm.places import pieces
from farm.pointers import (
    COURSES,
    Current,
    Lease,
    change_lease,
    folder_of,
    objects_named,
    pointer_of,
    read_current,
    swap,
    tries,
)
from farm.publish import LOOKUPS, faults_of, settle
from farm.store import Info, Store
from manifests.model import Object

KEEP = 2
"""Releases: the current one, and one to step back to."""
GRACE = 24 * 3600.0
"""Seconds for which nothing new is removed: a run may be about to name it."""
PIECES = "cache/pieces/"


@dataclass(frozen=True, slots=True)
class Collected:
    releases: tuple[int, ...]
    """Numbers removed."""
    objects: int
    bytes: int


def lessons_of(store: Store) -> tuple[str, ...]:
    """Ids of every lesson that is published, sorted."""
    names = (info.name.split("/") for info in store.list("lessons/"))
    return tuple(sorted(name[1] for name in names if name[2:] == ["lesson.json"]))


def courses_of(store: Store) -> tuple[str, ...]:
    """`courses/<id>` of every course whose discs are published, sorted."""
    names = (info.name.split("/") for info in store.list(COURSES))
    return tuple(sorted(COURSES + name[1] for name in names if name[2:] == ["course.json"]))


# --- verify --------------------------------------------------------------------------------------


def verify(
    store: Store, subject: str, *, deep: bool, report: Callable[[float], None] = lambda _: None
) -> tuple[str, ...]:
    """Follow every reference of a subject; returns what is wrong, a sentence each.

    `deep` reads every byte back; otherwise the store's own word on sizes and hashes is taken.
    `report`: how much is done, 0 to 1.
    """
    try:
        current = read_current(store, subject)
        if current is None:
            return (f"{subject} is not published: there is no {pointer_of(subject)}",)
        objects, sha256 = objects_named(store, subject, current.pointer.release)
    except StoreError as error:
        return (str(error),)
    faults = []
    if sha256 != current.pointer.sha256:
        faults.append(
            f"{current.pointer.path} of {subject} is not what {pointer_of(subject)} points to"
        )
    if deep:
        faults.extend(_deep_faults(store, subject, objects, report))
    else:
        faults.extend(faults_of(store, subject, objects, report))
    return tuple(faults)


def _deep_faults(
    store: Store, subject: str, objects: tuple[Object, ...], report: Callable[[float], None]
) -> Iterator[str]:
    with TemporaryDirectory(prefix="farm-verify-") as folder:
        copy = Path(folder, "copy")
        for n, wanted in enumerate(objects, 1):
            name = folder_of(subject) + wanted.path
            try:
                store.fetch(name, copy)
            except NotFound:
                yield f"{name} is missing"
                continue
            except StoreError as error:
                yield str(error)
                continue
            with copy.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                if (file.tell(), sha256) != (wanted.size, wanted.sha256):
                    yield f"{name} is damaged: its bytes are other ones"
            report(n / len(objects))


# --- collect -------------------------------------------------------------------------------------


def collect(store: Store, subject: str, *, keep: int = KEEP, grace: float = GRACE) -> Collected:
    """Remove releases but the current and the newest others, `keep` in all, and every media object
    that no kept release names. Nothing younger than `grace` seconds is removed.

    Runs that are about to publish are sent back (Stale), and no new one begins until this ends:
    none can come to name an object while it is being removed.
    """
    with _nobody_publishing(store, subject) as fence:
        current = _fenced(store, subject, fence)
        if current is None:
            return Collected((), 0, 0)
        if not subject.startswith(COURSES):
            # A run that ended between its two pointers left players with another one's playlist.
            settle(store, subject)
        oldest = time.time() - grace
        releases = _releases(store, subject)
        others = sorted(releases.keys() - {current.pointer.release}, reverse=True)
        gone = [n for n in others[max(keep - 1, 0) :] if releases[n].modified < oldest]
        kept = [objects_named(store, subject, n)[0] for n in releases.keys() - set(gone)]
        objects = _unnamed(store, subject, kept, oldest)
        # First what names objects, then the objects: no release is left that names what is gone.
        _delete(store, [releases[n] for n in gone])
        _delete(store, objects)
    return Collected(tuple(sorted(gone)), len(objects), sum(info.size for info in objects))


def drop_pieces(
    store: Store, lesson: str | None = None, *, grace: float = GRACE
) -> tuple[int, int]:
    """Remove what products were made from, of one lesson or of all, but what is younger than
    `grace` seconds; returns how many objects and bytes. A run that needs one makes it again."""
    oldest = time.time() - grace
    gone = [
        info for info in store.list(pieces(lesson) if lesson else PIECES) if info.modified < oldest
    ]
    _delete(store, gone)
    return len(gone), sum(info.size for info in gone)


@contextmanager
def _nobody_publishing(store: Store, subject: str) -> Iterator[int]:
    """A fence above all others; until the context ends no higher one is given out to a run. A
    collection that was killed is taken over by the next one."""

    def begin(lease: Lease) -> Lease:
        return Lease(fence=lease.fence + 1, collecting=lease.fence + 1)

    fence = change_lease(store, subject, begin).fence
    try:
        yield fence
    finally:
        change_lease(
            store,
            subject,
            lambda lease: replace(lease, collecting=0) if lease.collecting == fence else lease,
        )


def _fenced(store: Store, subject: str, fence: int) -> Current | None:
    """The pointer, after it was given a fence that refuses every run that had begun."""
    for _ in tries(f"the pointer of {subject}"):
        current = read_current(store, subject)
        if current is None or current.pointer.fence == fence:
            return current
        try:
            pointer = current.pointer
            swap(store, subject, pointer.release, pointer.sha256, fence, current)
        except (Conflict, Unknown):
            continue
    raise AssertionError("tries ends by raising")


def _releases(store: Store, subject: str) -> dict[int, Info]:
    folder = folder_of(subject) + "releases/"
    found = {info.name.removeprefix(folder): info for info in store.list(folder)}
    return {
        int(name.removesuffix(".json")): info
        for name, info in found.items()
        if name.removesuffix(".json").isdecimal()
    }


def _unnamed(
    store: Store, subject: str, kept: list[tuple[Object, ...]], oldest: float
) -> list[Info]:
    folder = folder_of(subject)
    named = {folder + one.path for objects in kept for one in objects}
    return [
        info
        for info in store.list(folder + "media/")
        if info.name not in named and info.modified < oldest
    ]


def _delete(store: Store, objects: list[Info]) -> None:
    with ThreadPoolExecutor(LOOKUPS) as deletions:
        list(deletions.map(lambda info: store.delete(info.name), objects))
