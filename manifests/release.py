"""The release of a lesson, and pointers: what is published, and which of it is current."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

from manifests.entries import entry_value, read_entry
from manifests.errors import ManifestError
from manifests.model import Object, Pointer, Presentation, Product, Release, Size
from manifests.products import (
    about_value,
    caption_value,
    chapter_value,
    product_value,
    read_about,
    read_caption,
    read_chapter,
    read_object,
    read_product,
)
from manifests.reading import Fields, canonical, parsed

T = TypeVar("T")

FORMAT = "release-2"


def release_json(release: Release) -> bytes:
    """`releases/<n>.json`: everything that is known of one published state of a lesson.

    Its entry has no sha256: that is of these very bytes, and stands in catalogs. Raises
    ManifestError where the opaque values are not JSON, or a path is not a plain one.
    """
    value = {
        "$schema": f"../../../catalog/schema/{FORMAT}.json",
        "format": f"courseware-{FORMAT}",
        "number": release.number,
        "entry": entry_value(replace(release.entry, sha256=None)),
        "recording": release.recording,
        "findings": list(release.findings),
        "renditions": list(release.renditions),
        "objects": [asdict(stored) for stored in release.objects],
        "notes": release.notes,
        "products": [product_value(one) for one in release.products],
        "chapters": [chapter_value(one) for one in release.chapters],
        "captions": [caption_value(one) for one in release.captions],
        "about": about_value(release.about) if release.about else None,
    }
    data = canonical(value)
    read_release(data)
    return data


def read_release(data: bytes) -> Release:
    """Of this format or the first one, which knew of no products; releases stay as they are.

    Raises ManifestError saying what is wrong.
    """
    fields = parsed(data, "release", (1, 2))
    objects = fields.each("objects", read_object)
    known = {one.path: one for one in objects}
    about = fields.value.get("about")
    return Release(
        number=fields.integer("number", 1),
        entry=read_entry(Fields("The release, entry", fields.mapping("entry"))),
        recording=fields.mapping("recording"),
        findings=fields.each("findings", _opaque),
        renditions=fields.each("renditions", _opaque),
        objects=objects,
        notes=fields.mapping("notes"),
        products=_maybe_each(fields, "products", lambda one: _read_own(one, known)),
        chapters=_maybe_each(fields, "chapters", lambda one: read_chapter(one, known)),
        captions=_maybe_each(fields, "captions", lambda one: read_caption(one, known)),
        about=None if about is None else read_about(Fields("The release, about", about)),
    )


def _maybe_each(fields: Fields, name: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
    return fields.each(name, read) if name in fields.value else ()


def _read_own(fields: Fields, objects: Mapping[str, Object]) -> Product:
    product = read_product(fields)
    for file in product.files:
        if objects.get(file.object.path) != file.object:
            raise ManifestError(
                f"{fields.place}: {file.object.path} is not among the objects of the release."
            )
    return product


def pointer_json(pointer: Pointer) -> bytes:
    """`lesson.json`, `waiting.json` or `catalog.json`; `void` is left out where it is false.

    Raises ManifestError where a field cannot be right.
    """
    fields = asdict(pointer)
    if not pointer.void:
        del fields["void"]
    data = canonical({"format": "courseware-pointer-1", **fields})
    read_pointer(data)
    return data


def read_pointer(data: bytes) -> Pointer:
    """Raises ManifestError saying what is wrong."""
    fields = parsed(data, "pointer")
    return Pointer(
        subject=fields.path("subject"),
        release=fields.integer("release", 1),
        path=fields.path("path"),
        sha256=fields.sha256("sha256"),
        fence=fields.integer("fence"),
        void=fields.maybe_flag("void"),
    )


def rendition_values(p: Presentation) -> tuple[Mapping[str, Any], ...]:
    """What was made, for a release's `renditions`: one mapping a rendition."""
    videos = (
        {
            "kind": "video",
            "name": video.name,
            "width": video.width,
            "height": video.height,
            "frame_rate": str(video.frame_rate),
            "codecs": video.codecs,
            "segments": len(video.segments),
            "bytes": sum(segment.object.size for segment in video.segments),
        }
        for video in p.video
    )
    audios = (
        {
            "kind": "audio",
            "name": audio.name,
            "language": audio.language,
            "label": audio.label,
            "channels": audio.channels,
            "codecs": audio.codecs,
            "segments": len(audio.segments),
            "bytes": sum(segment.object.size for segment in audio.segments),
        }
        for audio in p.audio
    )
    subtitles = (
        {
            "kind": "subtitles",
            "name": subtitle.name,
            "language": subtitle.language,
            "label": subtitle.label,
            "segments": len(subtitle.segments),
            "bytes": sum(segment.object.size for segment in subtitle.segments),
        }
        for subtitle in p.subtitles
    )
    return (*videos, *audios, *subtitles)


def sizes(p: Presentation) -> tuple[Size, ...]:
    """What a viewer fetches in each quality, from the least to the most; sound alone is first."""
    sound = sum(s.object.size for s in p.audio[0].segments) + p.audio[0].init.size if p.audio else 0
    alone = (Size(p.audio[0].name, sound),) if p.audio else ()
    videos = (
        Size(
            name=video.name,
            bytes=sound + video.init.size + sum(s.object.size for s in video.segments),
            width=video.width,
            height=video.height,
        )
        for video in p.video
    )
    return (*alone, *sorted(videos, key=lambda size: size.bytes))


def languages(p: Presentation) -> tuple[str, ...]:
    """Of sound and captions, each once, unknown ones left out."""
    tracks = (*(t.language for t in p.audio), *(t.language for t in p.subtitles))
    return tuple(dict.fromkeys(language for language in tracks if language != "und"))


def _opaque(fields: Fields) -> Mapping[str, Any]:
    return fields.value
