"""The release of a course's discs: to JSON and back, and in brief for the catalog."""

import hashlib
import re
from dataclasses import asdict
from typing import Any

from manifests.errors import ManifestError
from manifests.model import CourseEntry, CourseRelease, Disc, DiscLesson, DiscOffer, DiscSet
from manifests.plain import plain
from manifests.products import read_file
from manifests.reading import Fields, canonical, parsed

FORMAT = "course-1"
KINDS = ("dvd", "datadisc", "vcd", "svcd")
"""Of discs, in the order they are listed."""

_ID = re.compile("[0-9a-f]{12}")
_LESSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def course_id(name: str) -> str:
    """12 hex digits: the same for names that read the same."""
    return hashlib.sha256(plain(name).encode()).hexdigest()[:12]


def course_folder(id: str) -> str:
    return f"courses/{id}/"


def course_json(release: CourseRelease) -> bytes:
    """`releases/<n>.json`: every disc of the course. Raises ManifestError where a field cannot be
    right."""
    value = {
        "$schema": f"../../../catalog/schema/{FORMAT}.json",
        "format": f"courseware-{FORMAT}",
        "number": release.number,
        "id": release.id,
        "name": plain(release.name),
        "sets": [_set_value(one) for one in release.sets],
    }
    data = canonical(value)
    read_course(data)
    return data


def read_course(data: bytes) -> CourseRelease:
    """Raises ManifestError saying what is wrong."""
    fields = parsed(data, "course")
    sets = fields.each("sets", _read_set)
    kinds = [one.kind for one in sets]
    if kinds != [kind for kind in KINDS if kind in kinds]:
        raise ManifestError(
            f"The course: 'sets' should be one of a kind, in the order {', '.join(KINDS)}."
        )
    return CourseRelease(
        number=fields.integer("number", 1),
        id=_id(fields, "id"),
        name=fields.text("name"),
        sets=sets,
    )


def course_entry(release: CourseRelease) -> CourseEntry:
    """What a catalog says of it."""
    folder = course_folder(release.id)
    discs = tuple(_offer(folder, one.kind, disc) for one in release.sets for disc in one.discs)
    return CourseEntry(release.id, release.number, release.name, discs)


def entry_value(entry: CourseEntry) -> dict[str, Any]:
    """JSON values; paths start from the course's folder, and what is not there is left out."""
    folder = course_folder(entry.id)
    return {
        "id": entry.id,
        "release": entry.release,
        "name": plain(entry.name),
        "discs": [_offer_value(folder, one) for one in entry.discs],
    }


def read_course_entry(fields: Fields) -> CourseEntry:
    """Raises ManifestError naming the field that cannot be right."""
    id = _id(fields, "id")
    folder = course_folder(id)
    return CourseEntry(
        id=id,
        release=fields.integer("release", 1),
        name=fields.text("name"),
        discs=fields.each("discs", lambda one: _read_offer(folder, one)),
    )


def _set_value(one: DiscSet) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "discs": [
            {
                "number": number,
                "of": len(one.discs),
                "lessons": [asdict(lesson) for lesson in disc.lessons],
                "capacity": disc.capacity,
                "filled_percent": disc.filled,
                "files": [{"role": file.role, **asdict(file.object)} for file in disc.files],
            }
            for number, disc in enumerate(one.discs, 1)
        ],
    }


def _read_set(fields: Fields) -> DiscSet:
    discs = fields.each("discs", _read_disc)
    places = [place for place, _ in discs]
    if not discs or places != [(number, len(discs)) for number in range(1, len(discs) + 1)]:
        raise ManifestError(f"{fields.place}: discs should be numbered from 1, of how many.")
    return DiscSet(kind=_kind(fields), discs=tuple(disc for _, disc in discs))


def _read_disc(fields: Fields) -> tuple[tuple[int, int], Disc]:
    """Its number and of how many, and the disc."""
    files = fields.each("files", read_file)
    if not files:
        raise ManifestError(f"{fields.place}: a disc has at least one file.")
    disc = Disc(
        lessons=fields.each("lessons", _read_lesson),
        capacity=fields.integer("capacity", 1),
        files=files,
    )
    return (fields.integer("number", 1), fields.integer("of", 1)), disc


def _read_lesson(fields: Fields) -> DiscLesson:
    lesson = fields.text("lesson")
    if not _LESSON.fullmatch(lesson):
        raise ManifestError(f"{fields.place}: the lesson id {lesson!r} cannot be an address.")
    return DiscLesson(lesson, fields.integer("release", 1))


def _kind(fields: Fields) -> str:
    kind = fields.text("kind")
    if kind not in KINDS:
        raise ManifestError(f"{fields.place}: {kind!r} is no kind of disc.")
    return kind


def _id(fields: Fields, name: str) -> str:
    found = fields.text(name)
    if not _ID.fullmatch(found):
        raise ManifestError(f"{fields.place}: {name!r} should be 12 hex digits.")
    return found


def _offer(folder: str, kind: str, disc: Disc) -> DiscOffer:
    others = {file.role: folder + file.object.path for file in disc.files[1:]}
    return DiscOffer(
        kind=kind,
        path=folder + disc.image.path,
        size=disc.image.size,
        sha256=disc.image.sha256,
        label=others.get("label"),
        contents=others.get("contents"),
        cue=others.get("cue"),
    )


def _offer_value(folder: str, offer: DiscOffer) -> dict[str, Any]:
    def short(path: str | None) -> str | None:
        return path.removeprefix(folder) if path else None

    value = {
        "kind": offer.kind,
        "path": short(offer.path),
        "bytes": offer.size,
        "sha256": offer.sha256,
        "label": short(offer.label),
        "contents": short(offer.contents),
        "cue": short(offer.cue),
    }
    return {name: kept for name, kept in value.items() if kept is not None}


def _read_offer(folder: str, fields: Fields) -> DiscOffer:
    def whole(name: str) -> str | None:
        found = fields.maybe_path(name)
        return folder + found if found else None

    return DiscOffer(
        kind=_kind(fields),
        path=folder + fields.path("path"),
        size=fields.integer("bytes"),
        sha256=fields.sha256("sha256"),
        label=whole("label"),
        contents=whole("contents"),
        cue=whole("cue"),
    )
