"""The static page of one lesson: what is published of it, readable without scripts."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup

from manifests.addresses import watch_address
from manifests.details import milliseconds
from manifests.entries import CATEGORIES
from manifests.jsonld import about_of_entry, in_script, lesson_json_ld
from manifests.media import rounded
from manifests.model import About, Object, Product, ProductFile, Release, Text
from manifests.site import asset_names, render, shown_length

_UP = "../../"
ROLES = {
    "sha256": "校验 sha256",
    "label": "盘面 label",
    "contents": "目录 contents",
    "cue": "轨道表 cue",
    "bin": "映像 image",
}
"""Of files beside a product's first one; `shared.js` has the same."""


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
    length = shown_length(release.entry.duration)
    parts = [place, about.speaker, about.base, length, release.entry.published[:10]]
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
    head = _head(product)
    _, _, which = head.role.partition(" ")
    return {
        "path": head.object.path,
        "title": product.title,
        "title_zh": product.title_zh,
        "which": which,
        "codecs": " ".join(product.codecs) or PurePosixPath(head.object.path).suffix[1:].upper(),
        "size": _size(head.object.size),
        "more": [_more(one) for one in product.files if one is not head],
    }


def _head(product: Product) -> ProductFile:
    """What a person means by the product: of a Video CD its image, which the cue is about."""
    images = (file for file in product.files if file.role.split()[0] == "bin")
    return next(images, product.files[0])


def _more(file: ProductFile) -> Mapping[str, Any]:
    role, _, which = file.role.partition(" ")
    name = "" if role == "main" and which else ROLES.get(role, role)
    return {
        "path": file.object.path,
        "name": f"{name} {which}".strip(),
        "size": _size(file.object.size),
    }


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.1f} MB"
