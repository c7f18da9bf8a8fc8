"""One lesson as a catalog tells it: to JSON and back."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from manifests.errors import ManifestError
from manifests.model import CatalogEntry, Enclosure, Offer, Size
from manifests.plain import plain
from manifests.reading import Fields, fraction_text, is_path

CATEGORIES: Mapping[str, tuple[str, str]] = {
    "feature": ("专题片", "Feature films"),
    "agriculture": ("农科片", "Agricultural science"),
    "computer": ("计算机课件", "Computer courseware"),
    "audio": ("语音节目", "Audio programmes"),
}
"""Category: its name in Chinese and English."""

_TOLD = {
    ".mp4": "video/mp4",
    ".ts": "video/mp2t",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".iso": "application/vnd.efi.iso",
    ".zip": "application/zip",
}
"""Types an offer leaves out, for its name tells them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def entry_value(entry: CatalogEntry) -> dict[str, Any]:
    """JSON values; what people wrote is made plain (see `manifests.plain`).

    It is kept short, for the page fetches this for every lesson, over poor lines: a size is a list
    `[name, bytes, width, height]`; an offer `[profile, name, bytes, type]`, the last left out where
    the name tells it; paths start from the lesson's folder where they lie in it; and what is not
    known is left out.
    """

    def short(path: str | None) -> str | None:
        return path.removeprefix(folder_of(entry.lesson)) if path else None

    value = {
        "lesson": entry.lesson,
        "release": entry.release,
        "sha256": entry.sha256,
        "title": plain(entry.title) or entry.lesson,
        "base": plain(entry.base),
        "category": entry.category,
        "course": plain(entry.course) if entry.course else None,
        "number": entry.number,
        "speaker": plain(entry.speaker) or None if entry.speaker else None,
        "duration": fraction_text(entry.duration),
        "master": short(entry.master),
        "poster": short(entry.poster),
        "thumbnails": short(entry.thumbnails),
        "details": short(entry.details),
        "chapters": entry.chapters or None,
        "sizes": [[one.name, one.bytes, one.width, one.height] for one in entry.sizes],
        "offers": [_offer_value(entry, one) for one in entry.offers] or None,
        "languages": list(entry.languages),
        "published": entry.published,
        "enclosure": (
            {**asdict(entry.enclosure), "path": short(entry.enclosure.path)}
            if entry.enclosure
            else None
        ),
    }
    return {name: kept for name, kept in value.items() if kept is not None}


def _offer_value(entry: CatalogEntry, offer: Offer) -> list[Any]:
    path = offer.path.removeprefix(f"{folder_of(entry.lesson)}media/")
    told = _TOLD.get(PurePosixPath(path).suffix) == offer.type
    return [offer.profile, path, offer.size, *([] if told else [offer.type])]


def folder_of(lesson: str) -> str:
    return f"lessons/{lesson}/"


def _whole(lesson: str, path: str) -> str:
    """From the store on: the first format wrote paths so, and what is elsewhere is."""
    return path if path.startswith("lessons/") else folder_of(lesson) + path


def read_entry(fields: Fields) -> CatalogEntry:
    """Raises ManifestError naming the field that cannot be right."""
    lesson = fields.text("lesson")
    if not _NAME.fullmatch(lesson):
        raise ManifestError(f"{fields.place}: the lesson id {lesson!r} cannot be an address.")
    category = fields.text("category")
    if category not in CATEGORIES:
        known = ", ".join(CATEGORIES)
        raise ManifestError(f"{fields.place}: {category!r} is not a category; use {known}.")

    def path(name: str) -> str | None:
        found = fields.maybe_path(name)
        return _whole(lesson, found) if found else None

    return CatalogEntry(
        lesson=lesson,
        release=fields.integer("release", 1),
        title=fields.text("title"),
        base=fields.text("base"),
        category=category,
        course=fields.maybe_text("course"),
        duration=fields.fraction("duration"),
        master=path("master"),
        poster=path("poster"),
        thumbnails=path("thumbnails"),
        sizes=_read_sizes(fields),
        languages=fields.texts("languages"),
        published=_date(fields),
        enclosure=_read_enclosure(fields, lesson),
        number=fields.maybe_integer("number", 1),
        speaker=fields.maybe_text("speaker"),
        offers=_read_offers(fields, lesson),
        details=path("details"),
        chapters=fields.maybe_integer("chapters") or 0,
        sha256=fields.maybe_sha256("sha256"),
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


def _read_offers(fields: Fields, lesson: str) -> tuple[Offer, ...]:
    found = fields.value.get("offers", [])
    if not isinstance(found, list):
        raise ManifestError(f"{fields.place}: 'offers' should be a list.")
    return tuple(_read_offer(fields, lesson, one) for one in found)


def _read_offer(fields: Fields, lesson: str, value: object) -> Offer:
    match value:
        case [str(profile), str(path), int(size), *kinds] if size >= 0 and is_path(path):
            match kinds or [_TOLD.get(PurePosixPath(path).suffix)]:
                case [str(kind)]:
                    place = path if "/" in path else f"media/{path}"
                    return Offer(profile, _whole(lesson, place), size, kind)
    raise ManifestError(
        f"{fields.place}: an offer should be [profile, path, bytes, type], not {value!r}."
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


def _read_enclosure(fields: Fields, lesson: str) -> Enclosure | None:
    if fields.value.get("enclosure") is None:
        return None
    inner = Fields(f"{fields.place}, enclosure", fields.value["enclosure"])
    path = _whole(lesson, inner.path("path"))
    return Enclosure(path=path, size=inner.integer("size"), type=inner.text("type"))
