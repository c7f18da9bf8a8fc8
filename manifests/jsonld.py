"""A lesson as schema.org JSON-LD, for search engines and other catalogs."""

import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from manifests.addresses import address, watch_address
from manifests.details import milliseconds
from manifests.durations import iso_duration
from manifests.entries import CATEGORIES
from manifests.model import About, CatalogEntry, Chapter, Product, Release
from manifests.plain import plain

_LICENCES = "https://spdx.org/licenses/"


def lesson_json_ld(release: Release, base: str) -> Mapping[str, Any]:
    """`base`: the store's address, or the way up to it such as `../../`. What people wrote is made
    plain, what is not known is left out."""
    entry = release.entry
    about = release.about or about_of_entry(entry)
    kind = "AudioObject" if about.category == "audio" else "VideoObject"
    chinese, english = CATEGORIES[about.category]
    value = {
        "@context": "https://schema.org",
        "@type": [kind, "LearningResource"],
        "@id": watch_address(base, entry),
        "identifier": entry.lesson,
        "name": plain(about.title) or entry.lesson,
        "description": plain(about.description or "")
        or plain(f"{chinese} {english}: {about.title}"),
        "url": watch_address(base, entry),
        "genre": [chinese, english],
        "inLanguage": [about.language] if about.language else list(entry.languages),
        "educationalUse": "distance education",
        "learningResourceType": "lesson",
        "isAccessibleForFree": True,
        "uploadDate": entry.published,
        "dateCreated": about.recorded,
        "duration": iso_duration(entry.duration),
        "thumbnailUrl": address(base, entry.poster) if entry.poster else None,
        **_people(about),
        **_media(release, base),
        "hasPart": _clips(release, base),
        "isPartOf": _course(about),
    }
    shown = _plain_values(value)
    return {name: kept for name, kept in shown.items() if kept not in (None, "", [])}


def _plain_values(value: Any) -> Any:
    """Every text in it, however deep, made plain."""
    match value:
        case str():
            return plain(value)
        case dict():
            return {name: _plain_values(one) for name, one in value.items()}
        case list():
            return [_plain_values(one) for one in value]
        case _:
            return value


def in_script(value: Mapping[str, Any]) -> str:
    """JSON that can stand in a `<script>` whatever texts it holds: nothing in it ends or opens
    markup, and it is one line for scripts of any age."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def about_of_entry(entry: CatalogEntry) -> About:
    """What a release of before told, in its entry alone."""
    return About(
        title=entry.title,
        base=entry.base,
        category=entry.category,
        course=entry.course,
        number=entry.number,
        speaker=entry.speaker,
    )


def _people(about: About) -> dict[str, Any]:
    licence = plain(about.licence or "")
    spdx = licence and " " not in licence and licence.isascii() and ":" not in licence
    return {
        "author": {"@type": "Person", "name": about.speaker} if about.speaker else None,
        "publisher": {"@type": "Organization", "name": about.base} if about.base else None,
        "audience": (
            {"@type": "EducationalAudience", "audienceType": about.audience}
            if about.audience
            else None
        ),
        "keywords": list(about.keywords),
        "award": list(about.awards),
        "license": f"{_LICENCES}{licence}.html" if spdx else licence,
    }


def _media(release: Release, base: str) -> dict[str, Any]:
    """`contentUrl` is a file a program can play; every product is an encoding."""
    folder = f"lessons/{release.entry.lesson}/"
    encodings = [_encoding(one, base + folder) for one in release.products]
    playable = [one for one in encodings if one["encodingFormat"].startswith(("video/", "audio/"))]
    sound = release.entry.category == "audio"
    wanted = ("audio/mpeg", "audio/") if sound else ("video/mp4", "video/")
    best = sorted(
        playable,
        key=lambda one: [not one["encodingFormat"].startswith(kind) for kind in wanted],
    )
    master = release.entry.master
    content = best[0]["contentUrl"] if best else address(base, master) if master else None
    return {"contentUrl": content, "encoding": encodings}


def _encoding(product: Product, folder: str) -> dict[str, Any]:
    value = {
        "@type": "MediaObject",
        "name": f"{product.title_zh} {product.title}",
        "contentUrl": address(folder, product.main.path),
        "encodingFormat": product.main.type,
        "contentSize": f"{product.main.size + product.behind} B",
        "sha256": product.main.sha256,
        "bitrate": str(product.bit_rate) if product.bit_rate else None,
    }
    return {name: kept for name, kept in value.items() if kept is not None}


def _clips(release: Release, base: str) -> list[dict[str, Any]]:
    chapters: list[Chapter] = sorted(release.chapters, key=lambda one: one.start)
    ends = (one.start for one in chapters[1:])
    watch = watch_address(base, release.entry)
    return [
        {
            "@type": "Clip",
            "name": chapter.title,
            "startOffset": milliseconds(chapter.start),
            "endOffset": milliseconds(end if end is not None else release.entry.duration),
            "url": f"{watch}&t={milliseconds(chapter.start)}",
        }
        for chapter, end in zip_longest(chapters, ends)
        if chapter is not None
    ]


def _course(about: About) -> dict[str, Any] | None:
    if not about.course:
        return None
    value = {"@type": "Course", "name": about.course}
    provider = {"@type": "Organization", "name": about.base}
    return {**value, "provider": provider} if about.base else value
