"""The catalog: every published lesson; one release after the other, one swap each."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from farm.errors import Conflict, NotFound, StoreError, Unknown
from farm.store import Store
from manifests.catalog import catalog_json, read_catalog
from manifests.feed import feed_xml
from manifests.model import Catalog, CatalogEntry, Pointer, Text
from manifests.release import pointer_json, read_pointer, read_release
from manifests.site import site_files

POINTER = "catalog/catalog.json"
JSON = "application/json"
PATIENCE = 100
"""Swaps tried before a catalog that others keep changing is given up."""
READS = 16
"""Lessons read at once."""

Lessons = Mapping[str, CatalogEntry]
"""By lesson id."""


def enter(store: Store, entry: CatalogEntry) -> Catalog:
    """Put one lesson's current release into the catalog, whatever others do meanwhile."""

    def change(lessons: Lessons) -> Lessons:
        known = lessons.get(entry.lesson)
        newer = known is not None and known.release > entry.release
        return lessons if newer else {**lessons, entry.lesson: entry}

    return _swap(store, change)


def rebuild(store: Store) -> Catalog:
    """Write the catalog again from the lessons themselves."""
    found = {entry.lesson: entry for entry in _published(store)}
    return _swap(store, lambda _: found)


def _swap(store: Store, change: Callable[[Lessons], Lessons]) -> Catalog:
    """Apply `change` to the current catalog by one conditional write, again where others won."""
    for _ in range(PATIENCE):
        tag, current = _current(store)
        before = {one.lesson: one for one in current.lessons} if current else {}
        after = change(before)
        if current is None or after != before:
            number = _write_release(store, tuple(after.values()), current)
            if not _point(store, number, tag):
                continue
            current = read_catalog(store.get(f"catalog/releases/{number}.json").data)
        _write_pages(store, current)
        return current
    raise StoreError("Others keep changing the catalog; run `farm catalog` when they are done.")


def _current(store: Store) -> tuple[str | None, Catalog | None]:
    """The pointer's tag and the catalog it points to; None and None where there is none yet."""
    try:
        stored = store.get(POINTER)
    except NotFound:
        return None, None
    path = f"catalog/{read_pointer(stored.data).path}"
    return stored.tag, read_catalog(store.get(path).data)


def _write_release(store: Store, lessons: tuple[CatalogEntry, ...], current: Catalog | None) -> int:
    """The next free number: one taken by a run that ended before its swap is passed over."""
    previous = current.number if current else None
    number = (previous or 0) + 1
    while True:
        data = catalog_json(lessons, number, previous)
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


def _write_pages(store: Store, catalog: Catalog) -> None:
    for text in (*site_files(catalog), feed_xml(catalog)):
        if not _same(store, text):
            store.put(text.path, text.text.encode(), type=text.type)


def _same(store: Store, text: Text) -> bool:
    try:
        return store.get(text.path).data == text.text.encode()
    except NotFound:
        return False


def _published(store: Store) -> Iterator[CatalogEntry]:
    """What the current release of every lesson says of itself."""
    pointers = [info.name for info in store.list("lessons/") if info.name.endswith("/lesson.json")]

    def read(name: str) -> CatalogEntry:
        pointer = read_pointer(store.get(name).data)
        return read_release(store.get(name.removesuffix("lesson.json") + pointer.path).data).entry

    with ThreadPoolExecutor(READS) as reads:
        yield from reads.map(read, pointers)
