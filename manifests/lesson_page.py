"""The static page of one lesson: what is published of it, readable without scripts."""

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from manifests.addresses import watch_address
from manifests.details import milliseconds
from manifests.entries import CATEGORIES
from manifests.jsonld import about_of_entry, in_script, lesson_json_ld
from manifests.media import rounded
from manifests.model import About, Object, Product, ProductFile, Release, Text
from manifests.site import asset_names, render

_UP = "../../"


def lesson_page(release: Release, url: str | None = None) -> Text:
    """`lessons/<lesson>/index.html`, made of the lesson's current release.

    `url`: where the store is seen from outside; without it addresses are relative to the page.
    """
    entry = release.entry
    about = release.about or about_of_entry(entry)
    page = f"lessons/{entry.lesson}/index.html"
    text = render(
        "lesson.html",
        up=_UP,
        files=asset_names(),
        lesson=entry.lesson,
        about=about,
        category=CATEGORIES[about.category],
        canonical=url + page if url else None,
        watch=watch_address(_UP, entry),
        poster=_UP + entry.poster if entry.poster else None,
        json_ld=Markup(in_script(lesson_json_ld(release, url or _UP))),  # noqa: S704 - escaped
        dublin_core=_first(release.objects, "media/dublin-core-"),
        track=_track(release.objects),
        captions=release.captions,
        video=_playable(release, "video/mp4"),
        audio=_sound(release),
        meta=_meta(release, about),
        facts=_facts(about),
        chapters=_chapters(release),
        products=[_product(one) for one in release.products if one.kind != "hls"],
    )
    return Text(path=page, type="text/html", text=text)


def _first(objects: tuple[Object, ...], prefix: str) -> str | None:
    return next((one.path for one in objects if one.path.startswith(prefix)), None)


def _track(objects: tuple[Object, ...]) -> str | None:
    tracks = [one for one in objects if one.type == "text/vtt"]
    return _first(tuple(tracks), "media/chapters-")


def _playable(release: Release, kind: str) -> str | None:
    mains = (one.main for one in release.products)
    return next((main.path for main in mains if main.type == kind), None)


def _sound(release: Release) -> Object | None:
    files = [file.object for one in release.products for file in one.files]
    kinds = ("audio/mpeg", "audio/mp4")
    return next((one for kind in kinds for one in files if one.type == kind), None)


def _meta(release: Release, about: About) -> list[str]:
    place = f"{about.course} {about.number}" if about.course and about.number else about.course
    minutes = f"{max(1, math.ceil(release.entry.duration / 60))} 分钟 min"
    parts = [place, about.speaker, about.base, minutes, release.entry.published[:10]]
    return [part for part in parts if part]


def _facts(about: About) -> list[tuple[str, str]]:
    facts = (
        ("适用对象 Audience", about.audience),
        ("关键词 Keywords", "，".join(about.keywords)),
        ("获奖 Awards", "；".join(about.awards)),
        ("许可 Licence", about.licence),
        ("录制 Recorded", about.recorded),
    )
    return [(name, value) for name, value in facts if value]


def _chapters(release: Release) -> list[Mapping[str, Any]]:
    return [
        {
            "title": one.title,
            "clock": _clock(rounded(one.start)),
            "seconds": milliseconds(one.start),
        }
        for one in sorted(release.chapters, key=lambda one: one.start)
    ]


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _product(product: Product) -> Mapping[str, Any]:
    return {
        "path": product.main.path,
        "title": product.title,
        "title_zh": product.title_zh,
        "codecs": " ".join(product.codecs),
        "size": _megabytes(product.main.size),
        "more": [_more(one) for one in product.files[1:]],
    }


def _more(file: ProductFile) -> Mapping[str, Any]:
    return {
        "path": file.object.path,
        "name": file.role.removeprefix("main ") or file.role,
        "size": _megabytes(file.object.size),
    }


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{max(0.1, size / 1e6):.1f} MB"
