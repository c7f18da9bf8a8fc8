"""What a store remembers of itself: `catalog/settings.json`."""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from farm.errors import Conflict, FarmError, NotFound, StoreError, Unknown
from farm.pointers import JSON, tries
from farm.store import Store
from manifests.addresses import checked_url
from manifests.errors import ManifestError

NAME = "catalog/settings.json"
_FORMAT = "courseware-settings-1"
_LIBRARY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Settings:
    public_url: str | None = None
    """Where the store is seen from outside, with a slash at its end; None: nobody said."""
    pages: str | None = None
    """What lessons' pages were last written with, all of them."""
    office: bool = False
    """Whether an office releases the catalog: what is made waits until it is approved."""
    library: str | None = None
    """32 random hex digits that tell this library from any other; None until `library_of`."""


class OfficeStore(FarmError):
    """Only its office publishes in this store."""

    status = 2


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


def library_of(store: Store) -> str:
    """The library's id, which is made when it is first asked for, once."""
    made = secrets.token_hex(16)
    known = change_settings(store, lambda known: replace(known, library=known.library or made))
    return known.library or made


def make_office(store: Store) -> Settings:
    """From now on lessons are shown by the catalogs of an office alone."""
    library_of(store)
    return change_settings(store, lambda known: replace(known, office=True))


def refuse_office(store: Store) -> None:
    """Before anything is done that would show lessons. Raises OfficeStore in an office's store."""
    if read_settings(store).office:
        raise OfficeStore(
            f"In {store.url} lessons are shown only when the office has approved them, so nothing "
            "was done; hand recordings in with `farm submit`, and release the catalog at the "
            "office's door. 该课件库由省中心审核发布：请用 farm submit 提交录像，由省中心发布目录。"
        )


def _read(store: Store) -> tuple[str | None, Settings]:
    try:
        stored = store.get(NAME)
    except NotFound:
        return None, Settings()
    try:
        value = json.loads(stored.data)
        return stored.tag, _settings(value)
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


def _settings(value: Any) -> Settings:
    """Raises ValueError and its like where it is none."""
    url, pages = value.get("public_url"), value.get("pages")
    office, library = value.get("office", False), value.get("library")
    if (
        value["format"] != _FORMAT
        or not isinstance(pages, str | None)
        or not isinstance(office, bool)
        or not (library is None or _LIBRARY.fullmatch(library))
    ):
        raise ValueError(_FORMAT)
    return Settings(checked_url(url) if url else None, pages, office, library)


def _json(settings: Settings) -> bytes:
    value: dict[str, Any] = {
        "format": _FORMAT,
        "public_url": settings.public_url,
        "pages": settings.pages,
    }
    if settings.office:
        value["office"] = True
    if settings.library:
        value["library"] = settings.library
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
