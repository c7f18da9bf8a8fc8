"""Products, chapters and what people say of a lesson, as a release tells them: to JSON and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from manifests.entries import CATEGORIES
from manifests.errors import ManifestError
from manifests.model import About, CaptionFile, Chapter, Object, Product, ProductFile
from manifests.plain import plain
from manifests.reading import Fields, fraction_text


def about_value(about: About) -> dict[str, Any]:
    """JSON values; what people wrote is made plain, what is not known is left out."""
    texts = {name: plain(text) for name, text in _texts(about).items() if text}
    value: dict[str, Any] = {
        **{name: text for name, text in texts.items() if text},
        "category": about.category,
        "number": about.number,
        "keywords": _plain_list(about.keywords),
        "awards": _plain_list(about.awards),
    }
    return {name: kept for name, kept in value.items() if kept not in (None, [])}


def read_about(fields: Fields) -> About:
    """Raises ManifestError naming the field that cannot be right."""
    category = fields.text("category")
    if category not in CATEGORIES:
        raise ManifestError(f"{fields.place}: {category!r} is not a category.")
    return About(
        title=fields.maybe_text("title") or "",
        base=fields.maybe_text("base") or "",
        category=category,
        course=fields.maybe_text("course"),
        number=fields.maybe_integer("number", 1),
        speaker=fields.maybe_text("speaker"),
        audience=fields.maybe_text("audience"),
        keywords=_maybe_texts(fields, "keywords"),
        awards=_maybe_texts(fields, "awards"),
        licence=fields.maybe_text("licence"),
        description=fields.maybe_text("description"),
        language=fields.maybe_text("language"),
        recorded=fields.maybe_text("recorded"),
    )


def product_value(product: Product) -> dict[str, Any]:
    """JSON values; `size` is of all of it."""
    value: dict[str, Any] = {
        "profile": product.profile,
        "kind": product.kind,
        "title": plain(product.title),
        "title_zh": plain(product.title_zh),
        "files": [{"role": one.role, **asdict(one.object)} for one in product.files],
        "size": product.size,
        "duration": fraction_text(product.duration),
        "bit_rate": product.bit_rate,
        "codecs": list(product.codecs),
        "languages": list(product.languages),
        "measured": dict(product.measured),
        "parts": product.parts,
    }
    return {name: kept for name, kept in value.items() if kept is not None}


def read_product(fields: Fields) -> Product:
    """Raises ManifestError naming the field that cannot be right."""
    files = fields.each("files", read_file)
    if not files:
        raise ManifestError(f"{fields.place}: a product has at least one file.")
    behind = fields.integer("size") - sum(one.object.size for one in files)
    if behind < 0:
        raise ManifestError(f"{fields.place}: 'size' is less than that of its files.")
    return Product(
        profile=fields.text("profile"),
        kind=fields.text("kind"),
        title=fields.text("title"),
        title_zh=fields.text("title_zh"),
        files=files,
        duration=fields.fraction("duration"),
        bit_rate=fields.maybe_integer("bit_rate"),
        codecs=fields.texts("codecs"),
        languages=fields.texts("languages"),
        measured=_numbers(fields, "measured"),
        parts=None if fields.value.get("parts") is None else fields.mapping("parts"),
        behind=behind,
    )


def start_of(product: Product, file: ProductFile) -> Fraction:
    """Lesson clock, seconds, to the millisecond: where a file of sound begins that was trimmed;
    negative where an ident comes first. Of several files of a product, each has its own."""
    _, _, which = file.role.partition(" ")
    measured = product.measured.get(f"{which} start_s" if which else "start_s", 0)
    return Fraction(round(measured * 1000), 1000)


def podcast_file(products: Sequence[Product]) -> tuple[Product, ProductFile] | None:
    """The sound for podcast players, MP3 before others: every one of them plays it."""
    files = [(product, file) for product in products for file in product.files]
    for kind in ("audio/mpeg", "audio/mp4"):
        for product, file in files:
            if file.object.type == kind:
                return product, file
    return None


def chapter_value(chapter: Chapter) -> dict[str, Any]:
    value = {"start": fraction_text(chapter.start), "title": plain(chapter.title)}
    return {**value, "picture": chapter.picture.path} if chapter.picture else value


def read_chapter(fields: Fields, objects: Mapping[str, Object]) -> Chapter:
    """`objects`: those of the release, by path. Raises ManifestError."""
    shown = fields.value.get("picture") is not None
    return Chapter(
        start=fields.fraction("start"),
        title=fields.text("title"),
        picture=_known(fields, "picture", objects) if shown else None,
    )


def caption_value(captions: CaptionFile) -> dict[str, Any]:
    return {
        "language": plain(captions.language),
        "label": plain(captions.label),
        "path": captions.object.path,
    }


def read_caption(fields: Fields, objects: Mapping[str, Object]) -> CaptionFile:
    """`objects`: those of the release, by path. Raises ManifestError."""
    return CaptionFile(
        language=fields.text("language"),
        label=fields.text("label"),
        object=_known(fields, "path", objects),
    )


def _known(fields: Fields, name: str, objects: Mapping[str, Object]) -> Object:
    path = fields.path(name)
    if path not in objects:
        raise ManifestError(f"{fields.place}: {path} is no object of the release.")
    return objects[path]


def read_object(fields: Fields) -> Object:
    """Raises ManifestError naming the field that cannot be right."""
    return Object(
        path=fields.path("path"),
        size=fields.integer("size"),
        sha256=fields.sha256("sha256"),
        type=fields.text("type"),
    )


def read_file(fields: Fields) -> ProductFile:
    """Raises ManifestError naming the field that cannot be right."""
    return ProductFile(role=fields.text("role"), object=read_object(fields))


def _texts(about: About) -> dict[str, str | None]:
    return {
        "title": about.title,
        "base": about.base,
        "course": about.course,
        "speaker": about.speaker,
        "audience": about.audience,
        "licence": about.licence,
        "description": about.description,
        "language": about.language,
        "recorded": about.recorded,
    }


def _plain_list(texts: tuple[str, ...]) -> list[str]:
    return [shown for shown in map(plain, texts) if shown]


def _maybe_texts(fields: Fields, name: str) -> tuple[str, ...]:
    return () if fields.value.get(name) is None else fields.texts(name)


def _numbers(fields: Fields, name: str) -> Mapping[str, float]:
    found = fields.mapping(name)
    for key, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ManifestError(f"{fields.place}, {name}: {key!r} should be a number.")
    return found
