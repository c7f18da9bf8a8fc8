"""A finished lesson becomes visible: objects, then a release that names them, then one swap.

Every step may be the last one before a crash: what readers see is whole at any time, and the same
call again goes on from there. See docs/store.md.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from farm.at_once import at_once
from farm.errors import Conflict, NotFound, Overtaken, StoreError, Unknown
from farm.lesson import Lesson
from farm.pointers import (
    Current,
    folder_of,
    read_current,
    read_numbered,
    swap,
    take_fence,
    tries,
    write_release,
)
from farm.store import Store
from farm.store.names import compressible
from manifests.model import CatalogEntry, Object, Release, Text
from manifests.release import release_json

__all__ = ["Published", "faults_of", "point_to", "publish", "settle", "take_fence"]

LOOKUPS = 16
"""Objects looked at, or written, at once."""
MASTER = "master.m3u8"

Build = Callable[[int], bytes]
"""A release with the number it is given."""


@dataclass(frozen=True, slots=True)
class Published:
    release: int
    changed: bool
    """False where the lesson was published already and no release was written."""
    entry: CatalogEntry
    """What the catalog says of it."""


def publish(
    store: Store,
    lesson: str,
    made: Lesson,
    fence: int,
    report: Callable[[float], None] = lambda _: None,
    *,
    since: int | None = None,
) -> Published:
    """Publish `made`, whose media is in the store already. `report`: how much is done, 0 to 1.

    `since`: the release that was current when it was decided what to make, 0 where there was none;
    None where it does not matter. Where it is published already nothing changes, but what is
    missing of its texts is put back.

    Raises Stale where a run with a higher fence has published, Overtaken where another one has
    `since`, StoreError where an object the release names is not in the store as it should be:
    nothing visible has then changed.
    """
    draft, texts = _with_master(made)
    check_objects(store, lesson, made.objects, lambda done: report(0.8 * done))
    _write_texts(store, lesson, texts)
    report(0.9)

    def build(number: int) -> bytes:
        return release_json(_numbered(draft, number))

    def following(current: Current | None) -> Build:
        now = current.pointer.release if current else 0
        if since not in (None, now) and not (current and is_current(build, current)):
            raise Overtaken(f"Another run has published {lesson} meanwhile; run this one again.")
        return build

    number, changed = commit(store, lesson, following, fence)
    settle(store, lesson)
    report(1.0)
    return Published(number, changed, _numbered(draft, number).entry)


def commit(
    store: Store, subject: str, draft: Callable[[Current | None], Build], fence: int
) -> tuple[int, bool]:
    """Write a release and point to it, again where others were first; returns its number, and
    whether anything was written: the current release may be the same already.

    `draft`: how to build the release that comes after the current one. Raises Stale.
    """
    wrote = False
    for _ in tries(f"the pointer of {subject}"):
        current = read_current(store, subject)
        build = draft(current)
        if current and is_current(build, current):
            return current.pointer.release, wrote
        after = current.pointer.release if current else 0
        number, sha256 = write_release(store, subject, after, build)
        try:
            swap(store, subject, number, sha256, fence, current)
        except (Conflict, Unknown):
            wrote = True  # where it did land, the next round finds it
            continue
        return number, True
    raise AssertionError("tries ends by raising")


def is_current(build: Build, current: Current) -> bool:
    """Whether it builds the very release that is pointed to."""
    data = build(current.pointer.release)
    return hashlib.sha256(data).hexdigest() == current.pointer.sha256


def point_to(store: Store, lesson: str, release: int, fence: int) -> None:
    """Make another release the current one: a step back, or forth.

    Raises NotFound where there is no such release, StoreError where it is not whole any more.
    """
    found, sha256 = read_numbered(store, lesson, release)
    faults = faults_of(store, lesson, [one for one in found.objects if one.path != MASTER])
    if faults:
        raise StoreError(f"Release {release} of {lesson} is not whole: {faults[0]}")
    for _ in tries(f"the pointer of {lesson}"):
        current = read_current(store, lesson)
        try:
            swap(store, lesson, release, sha256, fence, current)
        except (Conflict, Unknown):
            continue
        settle(store, lesson)
        return


def settle(store: Store, lesson: str) -> None:
    """Bring `master.m3u8` in line with the pointer, whoever writes either meanwhile.

    It is read before the pointer, so a write over that version of it cannot replace a newer one.
    """
    folder = folder_of(lesson)
    for _ in tries(f"the playlist of {lesson}"):
        found = _get(store, folder + MASTER)
        current = read_current(store, lesson)
        if current is None:
            return
        wanted = _wanted_master(store, lesson, current)
        if wanted is None or (found and found.data == wanted.data):
            if _still(store, lesson, current):
                return
            continue
        try:
            store.put(
                folder + MASTER,
                wanted.data,
                type=wanted.type,
                if_absent=found is None,
                if_match=found.tag if found else None,
            )
        except (Conflict, Unknown):
            continue


@dataclass(frozen=True, slots=True)
class _Found:
    data: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    data: bytes
    type: str


def _get(store: Store, name: str) -> _Found | None:
    try:
        stored = store.get(name)
    except NotFound:
        return None
    return _Found(stored.data, stored.tag)


def _still(store: Store, lesson: str, current: Current) -> bool:
    again = read_current(store, lesson)
    return again is not None and again.pointer == current.pointer


def _wanted_master(store: Store, lesson: str, current: Current) -> _Wanted | None:
    """The playlist of the release that is pointed to; None where it has none."""
    release, _ = read_numbered(store, lesson, current.pointer.release)
    master = next((one for one in release.objects if one.path == MASTER), None)
    if master is None:
        return None
    kept = store.get(folder_of(lesson) + kept_master(master).path)
    return _Wanted(kept.data, master.type)


def kept_master(master: Object) -> Object:
    """Where a release keeps its own `master.m3u8`: anybody can bring it back from there."""
    return replace(master, path=f"media/master-{master.sha256[:12]}.m3u8")


def _with_master(made: Lesson) -> tuple[Release, tuple[Text, ...]]:
    """The release and its texts with the kept copy of `master.m3u8` in place of the one to come."""
    masters = [one for one in made.draft.objects if one.path == MASTER]
    kept = tuple(kept_master(one) for one in masters)
    texts = tuple(
        replace(text, path=kept[0].path) if text.path == MASTER else text for text in made.texts
    )
    return replace(made.draft, objects=(*made.draft.objects, *kept)), texts


def _numbered(draft: Release, number: int) -> Release:
    return replace(draft, number=number, entry=replace(draft.entry, release=number))


def _write_texts(store: Store, lesson: str, texts: tuple[Text, ...]) -> None:
    """Those that are not there as they should be."""
    folder = folder_of(lesson)

    def write(text: Text) -> None:
        name, data = folder + text.path, text.text.encode()
        found = _get(store, name)
        if found is None or found.data != data:
            store.put(name, data, type=text.type)

    with at_once(LOOKUPS) as writers:
        list(writers.map(write, texts))


def check_objects(
    store: Store, subject: str, objects: tuple[Object, ...], report: Callable[[float], None]
) -> None:
    """Raises StoreError unless every object is in the store with its size and hash."""
    faults = faults_of(store, subject, objects, report)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise StoreError(
            f"{faults[0]}{more}; {subject} was not published. Remove what is damaged, where there "
            "is anything, and run the same command again."
        )


def faults_of(
    store: Store,
    subject: str,
    objects: list[Object] | tuple[Object, ...],
    report: Callable[[float], None] = lambda _: None,
) -> tuple[str, ...]:
    """What is wrong with objects a release names, as the store itself tells their hashes."""
    folder = folder_of(subject)
    with at_once(LOOKUPS) as lookups:
        faults: list[str] = []
        found = lookups.map(lambda one: _fault(store, folder + one.path, one), objects)
        for n, fault in enumerate(found, 1):
            if fault:
                faults.append(fault)
            report(n / len(objects))
    return tuple(faults)


def _fault(store: Store, name: str, wanted: Object) -> str | None:
    seen: tuple[int, str | None] | None
    if compressible(wanted.type):
        # Kept squeezed by some stores: only what is read from it can be compared.
        stored = _get(store, name)
        seen = (len(stored.data), hashlib.sha256(stored.data).hexdigest()) if stored else None
    else:
        info = store.head(name)
        seen = (info.size, info.sha256) if info else None
    if seen is None:
        return f"{name} is missing"
    size, sha256 = seen
    if size != wanted.size:
        return f"{name} has {size} bytes and should have {wanted.size}"
    return None if sha256 == wanted.sha256 else f"{name} is damaged: its hash is another one"
