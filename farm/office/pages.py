"""Pages and feeds of a catalog of any size: what a release changes of them, and no more.

A feed of 100,000 lessons is of use to nobody, and one for each of 5,000 courses need not be
written again where a single lesson is mended: the main feed has the newest lessons, and only the
feeds of courses a release touches are rendered.
"""

import heapq
from collections.abc import Callable, Iterable, Set
from datetime import UTC, datetime

from farm.at_once import at_once
from farm.catalog import PAGES, write_text
from farm.settings import read_settings
from farm.store import Store, Stored, get_or_none
from manifests.feed import FEEDS, NEWEST, course_feeds, course_slug, feed_xml
from manifests.model import Catalog, Text
from manifests.schemas import schema_texts
from manifests.site import site_files
from manifests.snapshot import Snapshot, course_in, courses_in, published_in, read_text

WRITERS = 16
"""Objects read, or written, at once."""


def write_pages(
    store: Store, target: Snapshot, courses: Set[str] | None, check: Callable[[], None]
) -> None:
    """Bring pages, and the feeds of these courses, in line with `target`; None: of all.

    They are read, then `check` raises unless `target` is current, then they are written over what
    was read and nothing else: a newer one's are safe. Raises Conflict or Unknown where somebody
    else was first.
    """
    listed = courses_in(target.lessons)
    wanted = listed if courses is None else listed & courses
    feeds = {info.name for info in store.list(FEEDS)} if courses is None else _feeds(courses)
    before = _as_they_are(store, (*PAGES, *sorted(feeds | _feeds(wanted))))
    check()
    for text in _texts(store, target, wanted):
        write_text(store, text, before)
    check()
    with at_once(WRITERS) as writers:
        list(writers.map(store.delete, feeds - _feeds(wanted)))


def _feeds(courses: Iterable[str]) -> set[str]:
    return {f"{FEEDS}{course_slug(one)}.xml" for one in courses}


def _as_they_are(store: Store, names: tuple[str, ...]) -> dict[str, Stored | None]:
    with at_once(WRITERS) as readers:
        found = readers.map(lambda name: get_or_none(store, name), names)
        return dict(zip(names, found, strict=True))


def _texts(store: Store, target: Snapshot, courses: Set[str]) -> Iterable[Text]:
    url = read_settings(store).public_url
    newest = _catalog(target, _newest(target))
    of_courses = (text for text in target.lessons.values() if course_in(text) in courses)
    yield from schema_texts()
    yield from course_feeds(_catalog(target, of_courses), url)
    yield feed_xml(newest, url)
    yield from site_files(newest)


def _newest(snapshot: Snapshot) -> list[bytes]:
    return heapq.nlargest(NEWEST, snapshot.lessons.values(), key=_moment)


def _moment(text: bytes) -> datetime:
    moment = datetime.fromisoformat(published_in(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _catalog(snapshot: Snapshot, texts: Iterable[bytes]) -> Catalog:
    return Catalog(snapshot.number, snapshot.previous, tuple(map(read_text, texts)))
