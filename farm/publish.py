"""A finished lesson becomes visible: objects, then a release that names them, then one swap.

Every step may be the last one before a crash: what readers see is whole at any time, and the same
call again goes on from there. See docs/store.md.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from farm.at_once import at_once
from farm.errors import Conflict, Overtaken, StoreError, Unknown
from farm.lesson import Lesson
from farm.players import KEPT, MASTER, kept_master, own_master, settle
from farm.pointers import (
    Current,
    Pointers,
    folder_of,
    read_current,
    read_numbered,
    read_pointers,
    refuse_stale,
    release_path,
    replace_pointer,
    swap,
    take_fence,
    tries,
    write_release,
)
from farm.store import Store, get_or_none
from farm.store.names import compressible
from manifests.model import CatalogEntry, Object, Pointer, Release, Text
from manifests.release import release_json

__all__ = ["MASTER", "Published", "faults_of", "point_to", "publish", "settle", "take_fence"]

LOOKUPS = 16
"""Objects looked at, or written, at once."""

Build = Callable[[int], bytes]
"""A release with the number it is given."""


@dataclass(frozen=True, slots=True)
class Published:
    release: int
    changed: bool
    """False where the lesson was published (or held) already and no release was written."""
    entry: CatalogEntry
    """What the catalog says of it, the release's hash included; of what is held `office_entry`."""


def publish(
    store: Store,
    lesson: str,
    made: Lesson,
    fence: int,
    report: Callable[[float], None] = lambda _: None,
    *,
    since: int | None = None,
    held: bool = False,
) -> Published:
    """Publish `made`, whose media is in the store already. `report`: how much is done, 0 to 1.

    `since`: the release that was the newest when it was decided what to make (see
    `newest_release`), 0 where there was none; None where it does not matter. Where it is published
    already nothing changes, but what is missing of its texts is put back.

    `held`: the release is written and waits for the office (`waiting.json`); what is published
    stays as it is.

    Raises Stale where a run with a higher fence has published, Overtaken where another one has
    `since`, StoreError where an object the release names is not in the store as it should be:
    nothing visible has then changed.
    """
    draft, texts = _with_master(made)
    check_objects(store, lesson, made.objects, lambda done: report(0.8 * done))
    _write_texts(store, lesson, texts)
    report(0.9)

    @cache
    def build(number: int) -> bytes:
        return release_json(_numbered(draft, number))

    def following(newest: Current | None) -> Build:
        now = newest.pointer.release if newest else 0
        if since not in (None, now) and not (newest and is_current(build, newest)):
            raise Overtaken(f"Another run has published {lesson} meanwhile; run this one again.")
        return build

    number, changed = commit(store, lesson, following, fence, held=held)
    if not held:
        settle(store, lesson)
    report(1.0)
    sha256 = hashlib.sha256(build(number)).hexdigest()
    release = _numbered(draft, number)
    entry = office_entry(release, sha256) if held else listed_entry(release, sha256)
    return Published(number, changed, entry)


def listed_entry(release: Release, sha256: str) -> CatalogEntry:
    """What a catalog says of a release with that hash, in a library without an office."""
    return replace(release.entry, sha256=sha256)


def office_entry(release: Release, sha256: str) -> CatalogEntry:
    """What an office's catalog says of it: it names the release's own playlist, which stays as it
    is whatever is approved next. Releases of before have none that plays."""
    entry, kept = listed_entry(release, sha256), own_master(release)
    if kept is None or not kept.path.startswith(KEPT):
        return entry
    return replace(entry, master=folder_of(entry.lesson) + kept.path)


def commit(
    store: Store,
    subject: str,
    draft: Callable[[Current | None], Build],
    fence: int,
    *,
    held: bool = False,
) -> tuple[int, bool]:
    """Write a release and point to it, again where others were first; returns its number, and
    whether anything was written: the current release may be the same already.

    `draft`: how to build the release that comes after the newest one; `held`: it only waits to be
    approved. Raises Stale.
    """
    wrote = False
    for _ in tries(f"the pointer of {subject}"):
        found = read_pointers(store, subject)
        build = draft(found.newest)
        there = found.newest if held else found.current
        if there and not there.pointer.void and is_current(build, there):
            return there.pointer.release, wrote
        after = found.highest if held else found.current.pointer.release if found.current else 0
        number, sha256 = write_release(store, subject, after, build)
        pointer = Pointer(subject, number, release_path(number), sha256, fence)
        try:
            if held:
                hold(store, pointer, found)
            else:
                replace_pointer(store, pointer, found.current)
        except (Conflict, Unknown):
            wrote = True  # where it did land, the next round finds it
            continue
        return number, True
    raise AssertionError("tries ends by raising")


def hold(store: Store, pointer: Pointer, found: Pointers) -> None:
    """Swap `waiting.json`. Raises as `replace_pointer` does.

    A collection refuses runs that had begun by its fence in the pointers there are. So where a
    lesson is published and never had anything waiting, the pointer is made first, and only then
    the fence of the published one is looked at: of a collection at work meanwhile one is met.
    """
    over = found.held
    if over is None and found.current is not None:
        opening = replace(found.current.pointer, fence=pointer.fence, void=True)
        over = replace_pointer(store, opening, None, held=True)
        refuse_stale(pointer.subject, pointer.fence, read_current(store, pointer.subject))
    replace_pointer(store, pointer, over, held=True)


def is_current(build: Build, current: Current) -> bool:
    """Whether it builds the very release that is pointed to."""
    data = build(current.pointer.release)
    return hashlib.sha256(data).hexdigest() == current.pointer.sha256


def point_to(store: Store, lesson: str, release: int, fence: int, *, checked: bool = False) -> None:
    """Make another release the current one: a step back, or forth. A lesson that was withdrawn is
    shown again.

    `checked`: somebody has seen that its objects are there. Raises NotFound where there is no such
    release, StoreError where it is not whole any more.
    """
    found, sha256 = read_numbered(store, lesson, release)
    objects = () if checked else tuple(one for one in found.objects if one.path != MASTER)
    faults = faults_of(store, lesson, objects)
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
        found = get_or_none(store, name)
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
        stored = get_or_none(store, name)
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
