"""What a release says of a lesson. Pure: the same recording gives the same bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import msgspec

from encoders.facts import Facts, Finding
from farm.errors import EncodeFailed
from farm.model import Category, Recording, title_of
from manifests.check import check
from manifests.hls import lesson_texts, objects_of
from manifests.model import CatalogEntry, Object, Presentation, Release, Text
from manifests.release import languages, rendition_values, sizes
from manifests.violations import Severity


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson ready to be published."""

    objects: tuple[Object, ...]
    """Media, in the store already."""
    texts: tuple[Text, ...]
    """Playlists and tracks, to be written; the last one is `master.m3u8`."""
    draft: Release
    """The release with number 0: it gets its number when it is published."""
    warnings: tuple[str, ...]
    """Recommendations the lesson does not follow."""


def assemble(
    recording: Recording,
    facts: Facts,
    findings: Sequence[Finding],
    profile: str,
    made: Presentation,
) -> Lesson:
    """Raises EncodeFailed where a playlist breaks a rule: nothing broken is published."""
    texts = lesson_texts(made)
    violations = check(made, {text.path: text.text for text in texts})
    errors = [v for v in violations if v.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        raise EncodeFailed(
            f"The finished lesson breaks rule {first.rule} at {first.place} ({first.message}), and "
            f"{len(errors) - 1} more; it was not published. Please report this with the recording."
        )
    objects = objects_of(made)
    warnings = tuple(f"{v.rule} {v.place}: {v.message}" for v in violations if v not in errors)
    return Lesson(
        objects=objects,
        texts=texts,
        draft=Release(
            number=0,
            entry=_entry(recording, facts, made, texts),
            recording=_recording_values(recording, facts),
            findings=tuple(_plain(finding) for finding in findings),
            renditions=rendition_values(made),
            objects=(*objects, *map(text_object, texts)),
            notes={profile: {"warnings": warnings}},
        ),
        warnings=warnings,
    )


def text_object(text: Text) -> Object:
    data = text.text.encode()
    return Object(
        path=text.path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), type=text.type
    )


def _entry(
    recording: Recording, facts: Facts, made: Presentation, texts: Sequence[Text]
) -> CatalogEntry:
    folder = f"lessons/{recording.lesson}"
    track = next((t.path for t in texts if t.path.startswith("media/thumbnails")), None)
    metadata = recording.metadata
    category = metadata.category or (Category.FEATURE if facts.video else Category.AUDIO)
    return CatalogEntry(
        lesson=recording.lesson,
        release=0,
        title=metadata.title or title_of(recording.path),
        base=metadata.base,
        category=category.value,
        course=metadata.course or None,
        duration=made.duration,
        master=f"{folder}/master.m3u8",
        poster=f"{folder}/{made.poster.path}" if made.poster else None,
        thumbnails=f"{folder}/{track}" if track else None,
        sizes=sizes(made),
        languages=languages(made),
        published=recording.date,
    )


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
        return str(value)
    raise NotImplementedError(type(value))
