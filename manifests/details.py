"""What the lesson's page shows besides what the catalog says, and podcast players read.

One file for both: JSON Chapters 1.2 of the podcast namespace, which readers take with more in it.
https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from manifests.media import content_hash
from manifests.model import About, CaptionFile, Chapter, Product, Text
from manifests.plain import plain
from manifests.products import about_value, caption_value, podcast_file, start_of
from manifests.reading import canonical, fraction_text

CHAPTERS_TYPE = "application/json+chapters"
"""As a feed calls it."""


def details_json(
    about: About,
    products: Sequence[Product],
    chapters: Sequence[Chapter],
    captions: Sequence[CaptionFile] = (),
    *,
    thumbnails: str | None = None,
    record: str | None = None,
) -> Text:
    """`media/details-<hash>.json`: what is said of the lesson, its chapters and products in short.

    `thumbnails`, `record`: paths of the thumbnail track and the Dublin Core record. Paths are
    relative to the lesson's folder, but for a chapter's `img`, which is beside the file. Where the
    sound for podcast players begins elsewhere than the lesson, `startTime` is of that file, and
    `lessonTime` is added. Raises ManifestError for what JSON cannot hold.
    """
    value = {
        "version": "1.2.0",
        "title": plain(about.title),
        "chapters": _chapters(chapters, products),
        "about": about_value(about),
        "products": [_brief(one) for one in products],
        "captions": [caption_value(one) for one in captions],
        "thumbnails": thumbnails,
        "record": record,
    }
    text = canonical(value).decode()
    path = f"media/details-{content_hash(text)}.json"
    return Text(path=path, type="application/json", text=text)


def _chapters(chapters: Sequence[Chapter], products: Sequence[Product]) -> list[dict[str, Any]]:
    """A file begins within a chapter, which is its first; those before are in no table of it."""
    ordered = sorted(chapters, key=lambda one: one.start)
    heard = podcast_file(products)
    start = start_of(*heard) if heard else Fraction(0)
    if not start:
        return [_chapter(one) for one in ordered]
    first = max((n for n, one in enumerate(ordered) if one.start <= start), default=0)
    return [
        {
            **_chapter(one),
            "startTime": milliseconds(one.start - start if n > first else Fraction(0)),
            "lessonTime": milliseconds(one.start),
            **({"toc": False} if n < first else {}),
        }
        for n, one in enumerate(ordered)
    ]


def _chapter(chapter: Chapter) -> dict[str, Any]:
    value = {"startTime": milliseconds(chapter.start), "title": plain(chapter.title)}
    return {**value, "img": PurePosixPath(chapter.picture.path).name} if chapter.picture else value


def milliseconds(time: Fraction) -> int | float:
    """Seconds as other programs' JSON has them: to the millisecond."""
    rounded = round(time * 1000)
    return rounded // 1000 if rounded % 1000 == 0 else rounded / 1000


def _brief(product: Product) -> dict[str, Any]:
    value: dict[str, Any] = {
        "profile": product.profile,
        "kind": product.kind,
        "title": plain(product.title),
        "title_zh": plain(product.title_zh),
        "size": product.size,
        "duration": fraction_text(product.duration),
        "codecs": list(product.codecs),
        "languages": list(product.languages),
        "files": [
            [one.role, one.object.path, one.object.size, one.object.type] for one in product.files
        ],
    }
    return {**value, "bit_rate": product.bit_rate} if product.bit_rate else value
