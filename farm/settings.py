"""What a store remembers of itself: `catalog/settings.json`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from farm.errors import Conflict, NotFound, StoreError, Unknown
from farm.pointers import JSON, tries
from farm.store import Store
from manifests.addresses import checked_url
from manifests.errors import ManifestError

NAME = "catalog/settings.json"
_FORMAT = "courseware-settings-1"


@dataclass(frozen=True, slots=True)
class Settings:
    public_url: str | None = None
    """Where the store is seen from outside, with a slash at its end; None: nobody said."""
    pages: str | None = None
    """What lessons' pages were last written with, all of them."""


def read_settings(store: Store) -> Settings:
    """Raises StoreError where they do not read."""
    return _read(store)[1]


def change_settings(store: Store, change: Callable[[Settings], Settings]) -> Settings:
    """By one conditional write, again where others won; nothing is written that is so already."""
    for _ in tries("the settings of the catalog"):
        tag, known = _read(store)
        wanted = change(known)
        if wanted == known:
            return known
        try:
            store.put(NAME, _json(wanted), type=JSON, if_absent=tag is None, if_match=tag)
        except (Conflict, Unknown):
            continue
        return wanted
    raise AssertionError("tries ends by raising")


def with_public_url(store: Store, url: str | None) -> Settings:
    """The settings with what is said now: None leaves what was said before, empty takes it back.

    Raises ManifestError where it is no address.
    """
    if url is None:
        return read_settings(store)
    checked = checked_url(url) if url else None
    return change_settings(store, lambda known: replace(known, public_url=checked))


def _read(store: Store) -> tuple[str | None, Settings]:
    try:
        stored = store.get(NAME)
    except NotFound:
        return None, Settings()
    try:
        value = json.loads(stored.data)
        url, pages = value.get("public_url"), value.get("pages")
        if value["format"] != _FORMAT or not isinstance(pages, str | None):
            raise ValueError(_FORMAT)
        return stored.tag, Settings(checked_url(url) if url else None, pages)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        ManifestError,
        RecursionError,
    ) as error:
        raise StoreError(
            f"{NAME} of {store.url} is damaged; remove it, then run `farm catalog` with "
            "--public-url where the library has an address."
        ) from error


def _json(settings: Settings) -> bytes:
    value = {"format": _FORMAT, "public_url": settings.public_url, "pages": settings.pages}
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
