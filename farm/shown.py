"""Which releases the last catalogs name: what a step back of the catalog leads to has to stay."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from farm.errors import StoreError
from farm.pointers import COURSES
from farm.settings import read_settings
from farm.store import Store, get_or_none
from manifests.errors import ManifestError
from manifests.release import read_pointer

LAST = 10
"""Catalogs that can be stepped back to, the current one included."""
POINTER = "catalog/catalog.json"

Shown = Mapping[str, frozenset[int]]
"""Numbers of releases by subject: see `farm.pointers`."""


def shown_releases(store: Store, last: int = LAST) -> Shown:
    """What the `last` catalogs of an office name; nothing in a library without an office, where
    nobody steps back.

    Raises StoreError where one of them is not there or does not read.
    """
    if not read_settings(store).office:
        return {}
    shown: defaultdict[str, set[int]] = defaultdict(set)
    for catalog in _catalogs(store, last):
        for one in catalog["lessons"]:
            shown[one["lesson"]].add(one["release"])
        for one in catalog.get("discs", ()):
            shown[COURSES + one["id"]].add(one["release"])
    return {subject: frozenset(numbers) for subject, numbers in shown.items()}


def _catalogs(store: Store, last: int) -> Iterator[Mapping[str, Any]]:
    """From the current one back. They may list 100,000 lessons: two fields of each are looked at,
    and no more is read into values."""
    pointer = get_or_none(store, POINTER)
    number = None
    if pointer is not None:
        try:
            number = read_pointer(pointer.data).release
        except ManifestError as error:
            raise _damaged(store, POINTER) from error
    for _ in range(last):
        if number is None:
            return
        name = f"catalog/releases/{number}.json"
        stored = get_or_none(store, name)
        if stored is None:
            raise _damaged(store, name)
        try:
            catalog = json.loads(stored.data)
            number = catalog["previous"]
            yield {"lessons": catalog["lessons"], "discs": catalog.get("discs", ())}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _damaged(store, name) from error


def _damaged(store: Store, name: str) -> StoreError:
    return StoreError(
        f"{name} of {store.url} is missing or damaged, so it is not known what its lessons need; "
        "release the catalog again at the office's door."
    )
