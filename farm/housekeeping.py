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
from farm.players import KEPT, MASTER
from farm.pointers import (
    COURSES,
    WAITING,
    Current,
    Lease,
    Pointers,
    change_lease,
    folder_of,
    objects_named,
    pointer_of,
    read_current,
    read_pointers,
    replace_pointer,
    tries,
)
from farm.publish import LOOKUPS, faults_of, settle
from farm.shown import Shown, shown_releases
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
    """Ids of every lesson that is published, or was and is withdrawn, sorted."""
    return _with_pointer(store, "lesson.json")


def all_lessons(store: Store) -> tuple[str, ...]:
    """Those of `lessons_of`, and those of which a release waits, or waited, for the office."""
    return _with_pointer(store, "lesson.json", WAITING)


def _with_pointer(store: Store, *pointers: str) -> tuple[str, ...]:
    names = (info.name.split("/") for info in store.list("lessons/"))
    return tuple(sorted({name[1] for name in names if "/".join(name[2:]) in pointers}))


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
        found = read_pointers(store, subject)
        if not (found.current or found.waiting):
            return (f"{subject} is not published: there is no {pointer_of(subject)}",)
        objects, faults = _named(store, subject, found)
    except StoreError as error:
        return (str(error),)
    if deep:
        faults.extend(_deep_faults(store, subject, objects, report))
    else:
        faults.extend(faults_of(store, subject, objects, report))
    return tuple(faults)


def _named(store: Store, subject: str, found: Pointers) -> tuple[tuple[Object, ...], list[str]]:
    """What is published and what waits, each object once; and which releases are not what is
    pointed to.

    There is one `master.m3u8`: of what is published, unless that is withdrawn.
    """
    objects: dict[str, Object] = {}
    faults = []
    for one, name in ((found.current, pointer_of(subject)), (found.waiting, WAITING)):
        if one is None:
            continue
        pointer = one.pointer
        named, sha256 = objects_named(store, subject, pointer.release)
        played = one is found.current and not pointer.void
        objects |= {each.path: each for each in named if played or each.path != MASTER}
        if sha256 != pointer.sha256:
            faults.append(f"{pointer.path} of {subject} is not what {name} points to")
    return tuple(objects.values()), faults


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


def collect(
    store: Store,
    subject: str,
    *,
    keep: int = KEEP,
    grace: float = GRACE,
    shown: Shown | None = None,
) -> Collected:
    """Remove releases but those that are needed and the newest others, `keep` in all, and every
    object that no kept release names. Nothing younger than `grace` seconds is removed.

    Needed are the current one, what waits for the office or was approved since, and what the last
    catalogs name: `shown`, which is looked up where it is not given (see `farm.shown`).

    Runs that are about to publish are sent back (Stale), and no new one begins until this ends:
    none can come to name an object while it is being removed.
    """
    shown = shown_releases(store) if shown is None else shown
    with _nobody_publishing(store, subject) as fence:
        found = _fenced(store, subject, fence)
        if found.highest == 0:
            return Collected((), 0, 0)
        if found.current and not subject.startswith(COURSES):
            # A run that ended between its two pointers left players with another one's playlist.
            settle(store, subject)
        oldest = time.time() - grace
        releases = _releases(store, subject)
        spare = _spare(found, releases.keys() - shown.get(subject, frozenset()), keep)
        gone = [n for n in spare if releases[n].modified < oldest]
        kept = [objects_named(store, subject, n)[0] for n in releases.keys() - set(gone)]
        objects = _unnamed(store, subject, kept, oldest)
        # First what names objects, then the objects: no release is left that names what is gone.
        _delete(store, [releases[n] for n in gone])
        _delete(store, objects)
    return Collected(tuple(sorted(gone)), len(objects), sum(info.size for info in objects))


def _spare(found: Pointers, releases: set[int], keep: int) -> list[int]:
    """Which of these releases nobody needs.

    Where an office approves, what is newer than the current one waits, or was approved and will be
    released: only what was rejected goes, and first of all.
    """
    current = found.current.pointer.release if found.current else 0
    held = found.held.pointer if found.held else None
    rejected = {held.release} if held and held.void and held.release > current else set()
    coming = {n for n in releases if held and n > current}
    others = sorted(releases - {current} - coming, reverse=True)
    return [*(rejected & releases), *others[max(keep - 1, 0) :]]


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


def _fenced(store: Store, subject: str, fence: int) -> Pointers:
    """The pointers, after they were given a fence that refuses every run that had begun: what is
    published first, for who makes a pointer of what waits looks there after it (`publish.hold`)."""
    for _ in tries(f"the pointers of {subject}"):
        current = read_current(store, subject)
        try:
            current = _with_fence(store, current, fence)
            held = read_pointers(store, subject).held
            return Pointers(current, _with_fence(store, held, fence, held=True))
        except (Conflict, Unknown):
            continue
    raise AssertionError("tries ends by raising")


def _with_fence(
    store: Store, found: Current | None, fence: int, *, held: bool = False
) -> Current | None:
    if found is None or found.pointer.fence == fence:
        return found
    return replace_pointer(store, replace(found.pointer, fence=fence), found, held=held)


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
        for place in ("media/", KEPT)
        for info in store.list(folder + place)
        if info.name not in named and info.modified < oldest
    ]


def _delete(store: Store, objects: list[Info]) -> None:
    with ThreadPoolExecutor(LOOKUPS) as deletions:
        list(deletions.map(lambda info: store.delete(info.name), objects))
