"""What a release says of a lesson. Pure: the same recording gives the same bytes."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import msgspec

from encoders.facts import Facts, Finding
from farm.errors import EncodeFailed
from farm.model import Recording
from manifests.chapters import chapters_text
from manifests.check import check
from manifests.details import details_json
from manifests.dublin_core import dublin_core
from manifests.hls import lesson_texts, objects_of
from manifests.media import content_hash
from manifests.model import (
    About,
    CaptionFile,
    CatalogEntry,
    Chapter,
    Enclosure,
    Object,
    Offer,
    Presentation,
    Product,
    ProductFile,
    Release,
    Text,
)
from manifests.products import podcast_file
from manifests.reading import fraction_text
from manifests.release import languages, rendition_values, sizes
from manifests.violations import Severity
from manifests.vtt import VTT_TYPE

MASTER = "master.m3u8"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson ready to be published."""

    objects: tuple[Object, ...]
    """Media, in the store already."""
    texts: tuple[Text, ...]
    """Playlists, tracks and metadata, to be written; `master.m3u8` is the last where there is
    one."""
    draft: Release
    """The release with number 0: it gets its number when it is published."""
    warnings: tuple[str, ...]
    """Recommendations the lesson does not follow."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """The HLS presentation with the profile it was made by."""

    made: Presentation
    profile: str
    title: str
    title_zh: str


def assemble(
    recording: Recording,
    facts: Facts,
    findings: Sequence[Finding],
    about: About,
    *,
    streaming: Streaming | None,
    products: Sequence[Product] = (),
    chapters: Sequence[Chapter] = (),
    captions: Sequence[CaptionFile] = (),
    poster: Object | None = None,
    pieces: Sequence[Object] = (),
    notes: Mapping[str, Any] | None = None,
) -> Lesson:
    """Raises EncodeFailed where a playlist breaks a rule, or nothing was made: nothing broken is
    published.

    `products`: all but HLS, which is put before them; `poster`: where HLS has none; `pieces`: what
    further products will be made of; `notes`: JSON values by profile for the release's notes.
    """
    playlists, warnings = _playlists(streaming) if streaming else ((), ())
    made = (*((_stream(streaming, playlists),) if streaming else ()), *products)
    if not made:
        raise EncodeFailed("Nothing was made of the recording; give at least one --profile.")
    duration = streaming.made.duration if streaming else max(one.duration for one in made)
    spoken = languages(streaming.made) if streaming else _languages(made)
    record = _record(recording, about, made, duration, spoken)
    track = _first(playlists, "media/thumbnails-")
    details = details_json(about, made, chapters, captions, thumbnails=track, record=record.path)
    texts = (details, record, *_chapter_track(chapters, duration), *playlists)
    shown = (*(one.picture for one in chapters), *(one.object for one in captions), poster, *pieces)
    media = tuple(_unique(_media(streaming, products, shown)))
    entry = _entry(recording, about, made, duration, spoken)
    entry = _streamed(entry, streaming, poster)
    return Lesson(
        objects=media,
        texts=texts,
        draft=Release(
            number=0,
            entry=replace(
                entry,
                details=f"lessons/{entry.lesson}/{details.path}",
                chapters=len(chapters),
            ),
            recording=_recording_values(recording, facts),
            findings=tuple(_plain(finding) for finding in findings),
            renditions=rendition_values(streaming.made) if streaming else (),
            objects=(*media, *map(text_object, texts)),
            notes=_notes(streaming, warnings, notes or {}),
            products=made,
            chapters=tuple(chapters),
            captions=tuple(captions),
            about=about,
        ),
        warnings=warnings,
    )


def text_object(text: Text) -> Object:
    data = text.text.encode()
    return Object(
        path=text.path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), type=text.type
    )


def _playlists(streaming: Streaming) -> tuple[tuple[Text, ...], tuple[str, ...]]:
    texts = lesson_texts(streaming.made)
    violations = check(streaming.made, {text.path: text.text for text in texts})
    errors = [v for v in violations if v.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        raise EncodeFailed(
            f"The finished lesson breaks rule {first.rule} at {first.place} ({first.message}), and "
            f"{len(errors) - 1} more; it was not published. Please report this with the recording."
        )
    return texts, tuple(f"{v.rule} {v.place}: {v.message}" for v in violations)


def _stream(streaming: Streaming, playlists: Sequence[Text]) -> Product:
    """HLS as a product: a person takes the playlist, and behind it is everything else."""
    made = streaming.made
    master = next(text for text in playlists if text.path == MASTER)
    others = sum(text_object(text).size for text in playlists if text is not master)
    return Product(
        profile=streaming.profile,
        kind="hls",
        title=streaming.title,
        title_zh=streaming.title_zh,
        files=(ProductFile("main", text_object(master)),),
        duration=made.duration,
        bit_rate=None,
        codecs=(*(("H.264",) if made.video else ()), *(("AAC",) if made.audio else ())),
        languages=languages(made),
        measured={},
        behind=others + sum(one.size for one in objects_of(made)),
    )


def _record(
    recording: Recording,
    about: About,
    made: Sequence[Product],
    duration: Fraction,
    spoken: tuple[str, ...],
) -> Text:
    return dublin_core(
        recording.lesson,
        about,
        made,
        duration=duration,
        languages=spoken,
        published=recording.date,
    )


def _chapter_track(chapters: Sequence[Chapter], duration: Fraction) -> tuple[Text, ...]:
    if not chapters:
        return ()
    text = chapters_text(tuple((one.start, one.title) for one in chapters), duration)
    path = f"media/chapters-{content_hash(text)}.vtt"
    return (Text(path=path, type=VTT_TYPE, text=text),)


def _first(texts: Sequence[Text], start: str) -> str | None:
    return next((text.path for text in texts if text.path.startswith(start)), None)


def _media(
    streaming: Streaming | None,
    products: Sequence[Product],
    others: Sequence[Object | None],
) -> Iterator[Object]:
    if streaming:
        yield from objects_of(streaming.made)
    for product in products:
        yield from (file.object for file in product.files)
    yield from filter(None, others)


def _unique(objects: Iterator[Object]) -> Iterator[Object]:
    """Each once: products may share files, chapters pictures."""
    seen: set[str] = set()
    for one in objects:
        if one.path not in seen:
            seen.add(one.path)
            yield one


def _entry(
    recording: Recording,
    about: About,
    made: Sequence[Product],
    duration: Fraction,
    spoken: tuple[str, ...],
) -> CatalogEntry:
    folder = f"lessons/{recording.lesson}"
    whole = [one for one in made if one.kind != "hls"]
    return CatalogEntry(
        lesson=recording.lesson,
        release=0,
        title=about.title,
        base=about.base,
        category=about.category,
        course=about.course,
        duration=duration,
        master=None,
        poster=None,
        thumbnails=None,
        sizes=(),
        languages=spoken,
        published=recording.date,
        enclosure=_enclosure(folder, whole),
        number=about.number,
        speaker=about.speaker,
        offers=tuple(
            Offer(one.profile, f"{folder}/{one.main.path}", one.main.size, one.main.type)
            for one in whole
        ),
    )


def _streamed(
    entry: CatalogEntry, streaming: Streaming | None, poster: Object | None
) -> CatalogEntry:
    folder = f"lessons/{entry.lesson}"
    made = streaming.made if streaming else None
    shown = (made.poster if made else None) or poster
    return replace(
        entry,
        master=f"{folder}/{MASTER}" if made else None,
        poster=f"{folder}/{shown.path}" if shown else None,
        sizes=sizes(made) if made else (),
    )


def _enclosure(folder: str, products: Sequence[Product]) -> Enclosure | None:
    found = podcast_file(products)
    if found is None:
        return None
    sound = found[1].object
    return Enclosure(f"{folder}/{sound.path}", sound.size, sound.type)


def _languages(products: Sequence[Product]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for product in products for one in product.languages))


def _notes(
    streaming: Streaming | None, warnings: tuple[str, ...], others: Mapping[str, Any]
) -> Mapping[str, Any]:
    if streaming is None:
        return others
    measured = others.get(streaming.profile, {})
    return {**others, streaming.profile: {**measured, "warnings": list(warnings)}}


def _recording_values(recording: Recording, facts: Facts) -> Mapping[str, Any]:
    video = replace(facts.video, key_frames=(), shifts=()) if facts.video else None
    audio = tuple(replace(track, shifts=()) for track in facts.audio)
    bare = replace(facts, video=video, audio=audio, pictures=(), findings=())
    return {**_plain(bare), "sha256": recording.sha256}


def _plain(value: object) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(value, enc_hook=_fraction)
    return built


def _fraction(value: object) -> str:
    if isinstance(value, Fraction):
        return fraction_text(value)
    raise NotImplementedError(type(value))
