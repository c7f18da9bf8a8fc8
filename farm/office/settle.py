"""After the swap: stable links, pages and feeds follow the catalog that is current.

The catalog is what counts, and it is whole without this; lessons' own pointers, by which people
with a link come, follow. It is done again wherever it ended, by anybody, and by several at once.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from farm.at_once import at_once
from farm.errors import Conflict, NotFound, Stale, StoreError, Unknown
from farm.held import hide, release_to
from farm.housekeeping import lessons_of
from farm.office.head import Head, read_head, read_snapshot
from farm.office.pages import write_pages
from farm.office.since import Touched, touched_since
from farm.pointers import JSON, read_current, take_fence, tries
from farm.store import Store
from manifests.snapshot import Snapshot

SETTLED = "catalog/settled.json"
"""Which catalog release was followed to the end."""
_FORMAT = "courseware-settled-1"
WORKERS = 16
"""Lessons at once."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    number: int
    """Of the catalog release; 0 where there is none."""
    lessons: int
    """Looked at."""
    faults: Mapping[str, str]
    """What went wrong, by lesson; they are tried again the next time."""


class _Moved(Exception):
    """Another catalog is current now."""


def settle(store: Store, *, everything: bool = False) -> Settled:
    """Bring every lesson in line with the current catalog: shown in the release it names, or
    hidden; then pages and feeds.

    Looks at what changed since the last time it came to its end; `everything`: at every lesson.
    Raises StoreError where the catalog does not read.
    """
    since = None if everything else _settled(store)
    for _ in tries("the lessons of the catalog"):
        head = read_head(store, None)
        target = read_snapshot(store, head)
        if target is None:
            return Settled(0, 0, {})
        touched = None if since is None else touched_since(store, since, target)
        try:
            return _follow(store, head, target, touched)
        except (_Moved, Conflict, Unknown):
            continue
    raise AssertionError("tries ends by raising")


def _follow(store: Store, head: Head, target: Snapshot, touched: Touched | None) -> Settled:
    """`touched`: None where everything may be out of line."""
    lessons = {*lessons_of(store), *target.lessons} if touched is None else touched.lessons
    faults: dict[str, str] = {}

    def one(lesson: str) -> None:
        try:
            _bring(store, head, lesson, target.release_of(lesson))
        except Stale as error:
            raise _Moved from error
        except (Conflict, Unknown):
            raise
        except StoreError as error:
            log.warning("%s does not follow the catalog yet: %s", lesson, error)
            faults[lesson] = str(error)

    with at_once(WORKERS) as workers:
        list(workers.map(one, sorted(lessons)))
    if touched is None or lessons:
        courses = None if touched is None else touched.courses
        write_pages(store, target, courses, lambda: _check(store, head))
    _check(store, head)
    if not faults:
        _note(store, head.number)
    return Settled(head.number, len(lessons), faults)


def _check(store: Store, head: Head) -> None:
    """Raises _Moved where another catalog is current by now."""
    if read_head(store, None).number != head.number:
        raise _Moved


def _bring(store: Store, head: Head, lesson: str, release: int | None) -> None:
    """The fence is taken before the catalog is looked at again: where another one is current by
    then, whoever follows that one has a higher fence or comes after."""
    current = read_current(store, lesson)
    if release is None and (current is None or current.pointer.void):
        hide(store, lesson)
        return
    if current and not current.pointer.void and current.pointer.release == release:
        release_to(store, lesson, release, current.pointer.fence, checked=True)
        return
    fence = take_fence(store, lesson)
    _check(store, head)
    if release is None:
        hide(store, lesson, fence)
    else:
        release_to(store, lesson, release, fence, checked=True)


def _settled(store: Store) -> int | None:
    """The catalog release that was followed last; None where that is not known."""
    try:
        value = json.loads(store.get(SETTLED).data)
        return int(value["number"]) if value["format"] == _FORMAT else None
    except (NotFound, ValueError, KeyError, TypeError):
        return None


def _note(store: Store, number: int) -> None:
    value = {"format": _FORMAT, "number": number}
    data = json.dumps(value, sort_keys=True).encode() + b"\n"
    try:
        store.put(SETTLED, data, type=JSON)
    except Unknown:
        return  # it is followed again
