"""The catalog: every published lesson and disc; one release after the other, one swap each."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from farm.at_once import at_once
from farm.errors import Conflict, NotFound, StoreError, Unknown
from farm.housekeeping import courses_of, lessons_of
from farm.lesson_pages import settle_page
from farm.pointers import JSON, read_current, read_numbered, read_numbered_course, tries
from farm.publish import listed_entry
from farm.settings import (
    Settings,
    change_settings,
    read_settings,
    refuse_office,
    with_public_url,
)
from farm.store import Store, Stored, get_or_none
from manifests.catalog import catalog_json, read_catalog
from manifests.course import course_entry
from manifests.errors import ManifestError
from manifests.feed import FEEDS, course_feeds, feed_xml
from manifests.model import Catalog, CatalogEntry, CourseEntry, Pointer, Text
from manifests.release import pointer_json, read_pointer
from manifests.schemas import schema_texts
from manifests.site import asset_names, site_files

POINTER = "catalog/catalog.json"
PAGES = ("catalog/index.html", "catalog/watch.html", "catalog/feed.xml")
"""What is written again with every catalog; all else on the site is named by its content."""
log = logging.getLogger(__name__)
READS = 16
"""Lessons read at once."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a catalog lists, by id."""

    lessons: Mapping[str, CatalogEntry]
    courses: Mapping[str, CourseEntry]
    """Those with discs."""


def enter(store: Store, entry: CatalogEntry, public_url: str | None = None) -> Catalog:
    """Put one lesson's current release into the catalog, whatever others do meanwhile.

    `public_url`: where the store is seen from outside, remembered in it; None: as was said before.

    Raises OfficeStore in an office's store, StoreError where the current catalog does not read:
    `rebuild` mends that.
    """
    refuse_office(store)
    _settle_pages(store, with_public_url(store, public_url), entry.lesson)

    def change(listed: Listed) -> Listed:
        known = listed.lessons.get(entry.lesson)
        if known is not None and known.release > entry.release:
            return listed
        return replace(listed, lessons={**listed.lessons, entry.lesson: entry})

    return _swap(store, change, _current)


def enter_course(store: Store, entry: CourseEntry) -> Catalog:
    """As `enter`, of a course's discs."""
    refuse_office(store)

    def change(listed: Listed) -> Listed:
        known = listed.courses.get(entry.id)
        if known is not None and known.release > entry.release:
            return listed
        return replace(listed, courses={**listed.courses, entry.id: entry})

    return _swap(store, change, _current)


def rebuild(store: Store, public_url: str | None = None) -> Catalog:
    """Write the catalog again from lessons and courses themselves, also over one that does not
    read, and the page of every lesson. `public_url`: see `enter`.

    They are read after the pointer that is replaced: a lesson entered meanwhile is not lost. Raises
    OfficeStore in an office's store.
    """
    refuse_office(store)
    _settle_pages(store, with_public_url(store, public_url))
    return _swap(store, lambda _: _published(store), _current_or_damaged)


def _settle_pages(store: Store, settings: Settings, lesson: str | None = None) -> None:
    """Lessons' pages before the catalog that leads to them: of one lesson, or of all where they
    were last written otherwise than they would be now, or all are asked for."""
    wanted = f"{' '.join(asset_names().values())} {settings.public_url or ''}"
    if lesson is not None and settings.pages == wanted:
        settle_page(store, lesson, settings.public_url)
        return

    def settle(one: str) -> None:
        try:
            settle_page(store, one, settings.public_url)
        except StoreError as error:
            if lesson in (None, one):
                raise
            log.warning("the page of %s was not written: %s", one, error)

    with at_once(READS) as writers:
        list(writers.map(settle, lessons_of(store)))
    change_settings(store, lambda known: replace(known, pages=wanted))


@dataclass(frozen=True, slots=True)
class _Current:
    """The catalog as it was found."""

    tag: str | None
    """Of the pointer; None where there is none yet."""
    number: int
    """0 where it is not known."""
    catalog: Catalog | None

    @property
    def listed(self) -> Listed:
        if self.catalog is None:
            return Listed({}, {})
        return Listed(
            {one.lesson: one for one in self.catalog.lessons},
            {one.id: one for one in self.catalog.courses},
        )


def _swap(
    store: Store, change: Callable[[Listed], Listed], look: Callable[[Store], _Current]
) -> Catalog:
    """Apply `change` to the current catalog by one conditional write, again where others won."""
    for _ in tries("the catalog"):
        found = look(store)
        after = change(found.listed)
        if found.catalog is not None and after == found.listed:
            return _write_pages(store)
        number = _write_release(store, after, found)
        if _point(store, number, found.tag):
            return _write_pages(store)
    raise AssertionError("tries ends by raising")


def _current(store: Store) -> _Current:
    try:
        stored = store.get(POINTER)
    except NotFound:
        return _Current(None, 0, None)
    try:
        pointer = read_pointer(stored.data)
        catalog = read_catalog(store.get(f"catalog/{pointer.path}").data)
    except (ManifestError, NotFound) as error:
        raise StoreError(
            f"The catalog of {store.url} is damaged ({error}); write it again with `farm catalog`."
        ) from error
    return _Current(stored.tag, pointer.release, catalog)


def _current_or_damaged(store: Store) -> _Current:
    try:
        return _current(store)
    except StoreError:
        stored = store.get(POINTER)
    try:
        return _Current(stored.tag, read_pointer(stored.data).release, None)
    except ManifestError:
        return _Current(stored.tag, 0, None)


def _write_release(store: Store, listed: Listed, found: _Current) -> int:
    """The next free number: one taken by a run that ended before its swap is passed over."""
    number = found.number + 1
    lessons, courses = tuple(listed.lessons.values()), tuple(listed.courses.values())
    while True:
        data = catalog_json(lessons, number, found.number or None, courses)
        try:
            store.put(f"catalog/releases/{number}.json", data, type=JSON, if_absent=True)
        except Conflict:
            number += 1
        except Unknown:
            continue  # the same number again: landed, it is a conflict
        else:
            return number


def _point(store: Store, number: int, tag: str | None) -> bool:
    """Swap the pointer; False where somebody else was first."""
    path = f"releases/{number}.json"
    digest = hashlib.sha256(store.get(f"catalog/{path}").data).hexdigest()
    pointer = Pointer(subject="catalog", release=number, path=path, sha256=digest, fence=0)
    try:
        store.put(POINTER, pointer_json(pointer), type=JSON, if_absent=tag is None, if_match=tag)
    except (Conflict, Unknown):
        return False  # read again: where the swap did land, there is nothing left to change
    return True


def _write_pages(store: Store) -> Catalog:
    """Bring pages and feeds in line with the current catalog, whoever writes either meanwhile.

    They are read before the pointer, so a write over those versions cannot replace newer ones.
    """
    for _ in tries("the pages of the catalog"):
        before = _pages(store)
        current = _current(store)
        if current.catalog is None:
            raise StoreError(f"The catalog of {store.url} was removed; run the command again.")
        url = read_settings(store).public_url
        feeds = (*course_feeds(current.catalog, url), feed_xml(current.catalog, url))
        try:
            for text in (*schema_texts(), *feeds, *site_files(current.catalog)):
                write_text(store, text, before)
        except (Conflict, Unknown):
            continue
        for name in before.keys() - {text.path for text in feeds} - set(PAGES):
            # Before the pointer is looked at: who swaps it later sees that the feed is gone.
            store.delete(name)
        if _current(store).tag == current.tag:
            return current.catalog
    raise AssertionError("tries ends by raising")


def _pages(store: Store) -> dict[str, Stored | None]:
    """What is written again with every catalog, as it is now; feeds of courses among it."""
    names = (*PAGES, *(info.name for info in store.list(FEEDS)))
    with at_once(READS) as reads:
        return dict(
            zip(names, reads.map(lambda name: get_or_none(store, name), names), strict=True)
        )


def write_text(store: Store, text: Text, before: Mapping[str, Stored | None]) -> None:
    """Where it is not there already; a page over the version that was seen and no other."""
    data = text.text.encode()
    is_page = text.path in before or text.path.startswith(FEEDS)
    found = before.get(text.path) if is_page else get_or_none(store, text.path)
    if found is not None and found.data == data:
        return
    store.put(
        text.path,
        data,
        type=text.type,
        if_absent=is_page and found is None,
        if_match=found.tag if is_page and found else None,
    )


def _published(store: Store) -> Listed:
    """What the current release of every lesson and course says of itself."""

    def lesson(id: str) -> CatalogEntry | None:
        current = read_current(store, id)
        if current is None or current.pointer.void:
            return None
        release, _ = read_numbered(store, id, current.pointer.release)
        return listed_entry(release, current.pointer.sha256)

    with at_once(READS) as reads:
        lessons = {one.lesson: one for one in filter(None, reads.map(lesson, lessons_of(store)))}
    courses = filter(None, (_course(store, one) for one in courses_of(store)))
    return Listed(lessons, {one.id: one for one in courses})


def _course(store: Store, subject: str) -> CourseEntry | None:
    current = read_current(store, subject)
    if current is None:
        return None
    return course_entry(read_numbered_course(store, subject, current.pointer.release)[0])
