"""One lesson as a catalog tells it: to JSON and back."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from manifests.errors import ManifestError
from manifests.model import CatalogEntry, Enclosure, Size
from manifests.plain import plain
from manifests.reading import Fields

CATEGORIES: Mapping[str, tuple[str, str]] = {
    "feature": ("专题片", "Feature films"),
    "agriculture": ("农科片", "Agricultural science"),
    "computer": ("计算机课件", "Computer courseware"),
    "audio": ("语音节目", "Audio programmes"),
}
"""Category: its name in Chinese and English."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def entry_value(entry: CatalogEntry) -> dict[str, Any]:
    """JSON values; what people wrote is made plain (see `manifests.plain`).

    A size is a list `[name, bytes, width, height]`, and what is not known is left out: the page
    fetches this for every lesson, over poor lines.
    """
    value = {
        "lesson": entry.lesson,
        "release": entry.release,
        "title": plain(entry.title) or entry.lesson,
        "base": plain(entry.base),
        "category": entry.category,
        "course": plain(entry.course) if entry.course else None,
        "duration": str(entry.duration),
        "master": entry.master,
        "poster": entry.poster,
        "thumbnails": entry.thumbnails,
        "sizes": [[one.name, one.bytes, one.width, one.height] for one in entry.sizes],
        "languages": list(entry.languages),
        "published": entry.published,
        "enclosure": asdict(entry.enclosure) if entry.enclosure else None,
    }
    return {name: kept for name, kept in value.items() if kept is not None}


def read_entry(fields: Fields) -> CatalogEntry:
    """Raises ManifestError naming the field that cannot be right."""
    lesson = fields.text("lesson")
    if not _NAME.fullmatch(lesson):
        raise ManifestError(f"{fields.place}: the lesson id {lesson!r} cannot be an address.")
    category = fields.text("category")
    if category not in CATEGORIES:
        known = ", ".join(CATEGORIES)
        raise ManifestError(f"{fields.place}: {category!r} is not a category; use {known}.")
    return CatalogEntry(
        lesson=lesson,
        release=fields.integer("release", 1),
        title=fields.text("title"),
        base=fields.text("base"),
        category=category,
        course=fields.maybe_text("course"),
        duration=fields.fraction("duration"),
        master=fields.path("master"),
        poster=fields.maybe_path("poster"),
        thumbnails=fields.maybe_path("thumbnails"),
        sizes=_read_sizes(fields),
        languages=fields.texts("languages"),
        published=_date(fields),
        enclosure=_read_enclosure(fields),
    )


def _read_sizes(fields: Fields) -> tuple[Size, ...]:
    found = fields.value.get("sizes")
    if not isinstance(found, list):
        raise ManifestError(f"{fields.place}: 'sizes' should be a list.")
    return tuple(_read_size(fields, one) for one in found)


def _read_size(fields: Fields, value: object) -> Size:
    match value:
        case [str(name), int(size), int(width), int(height)] if min(size, width, height) >= 0:
            return Size(name, size, width, height)
        case _:
            raise ManifestError(
                f"{fields.place}: a size should be [name, bytes, width, height], not {value!r}."
            )


def _date(fields: Fields) -> str:
    published = fields.text("published")
    try:
        datetime.fromisoformat(published)
    except ValueError as fault:
        raise ManifestError(
            f"{fields.place}: 'published' should be an ISO 8601 date, such as 2024-05-01."
        ) from fault
    return published


def _read_enclosure(fields: Fields) -> Enclosure | None:
    if fields.value.get("enclosure") is None:
        return None
    inner = Fields(f"{fields.place}, enclosure", fields.value["enclosure"])
    return Enclosure(path=inner.path("path"), size=inner.integer("size"), type=inner.text("type"))
