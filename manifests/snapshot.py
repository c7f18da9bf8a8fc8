"""A catalog's snapshot cut into the texts it consists of, each kept to the byte.

Catalogs of 100,000 lessons are compared, patched and written again without turning every entry
into values: what has not changed is copied. It rests on snapshots being canonical JSON
(`manifests.reading.canonical`): no text can hold an unescaped quotation mark, so `},{"base":` and
`"lessons":[` stand where entries and their list begin, and nowhere else.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manifests.entries import entry_value, read_entry
from manifests.errors import ManifestError
from manifests.model import CatalogEntry
from manifests.reading import Fields, canonical, parsed

_OPEN = b'"lessons":['
_CLOSE = b'],"number":'
_FIRST = b'{"base":'
"""Every entry begins with the name that sorts first."""
_BETWEEN = b"}," + _FIRST
_LESSON = re.compile(rb'"lesson":"([A-Za-z0-9][A-Za-z0-9._-]*)"')
_RELEASE = re.compile(rb',"release":(\d+)[,}]')
_COURSE = re.compile(rb',"course":("(?:[^"\\]|\\.)*")')
_SHA256 = re.compile(rb',"sha256":"[0-9a-f]{64}"')
_PUBLISHED = re.compile(rb',"published":"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One immutable state of the catalog, in pieces."""

    top: Mapping[str, Any]
    """Every field but the lessons, as JSON values."""
    lessons: Mapping[str, bytes]
    """The canonical text of each lesson's entry, by id."""

    @property
    def number(self) -> int:
        return int(self.top["number"])

    @property
    def previous(self) -> int | None:
        found = self.top["previous"]
        return None if found is None else int(found)

    def release_of(self, lesson: str) -> int | None:
        """The release of a lesson it lists; None where it does not."""
        text = self.lessons.get(lesson)
        return None if text is None else release_in(text)

    def entry(self, lesson: str) -> CatalogEntry:
        """Raises KeyError where it is not listed, ManifestError where it does not read."""
        return read_text(self.lessons[lesson])


def cut(data: bytes) -> Snapshot:
    """Raises ManifestError where it is no snapshot of a catalog, or was not written by `joined` or
    `catalog_json`."""
    start, end = data.find(_OPEN) + len(_OPEN), data.rfind(_CLOSE)
    if not len(_OPEN) <= start <= end:
        raise ManifestError("The catalog does not read; restore it from a release.")
    frame = data[:start] + data[end:]
    top = parsed(frame, "catalog", (1, 2))
    top.integer("number", 1)
    top.maybe_integer("previous", 1)
    lessons = _by_lesson(_texts(data, start, end))
    if canonical(top.value) != frame or list(lessons) != sorted(lessons):
        raise ManifestError("The catalog is not canonical JSON sorted by lesson.")
    values = {name: value for name, value in top.value.items() if name != "lessons"}
    return Snapshot(values, lessons)


def joined(snapshot: Snapshot) -> bytes:
    """`catalog/releases/<n>.json`."""
    head, _, tail = canonical({**snapshot.top, "lessons": []}).partition(_OPEN)
    texts = (snapshot.lessons[lesson] for lesson in sorted(snapshot.lessons))
    return b"".join((head, _OPEN, b",".join(texts), tail))


def entry_text(entry: CatalogEntry) -> bytes:
    """The canonical text of an entry. Raises ManifestError where it would not read again."""
    return written(entry)[0]


def written(entry: CatalogEntry) -> tuple[bytes, CatalogEntry]:
    """As `entry_text`, and the entry as it reads again: what people wrote is plain in it."""
    text = canonical(entry_value(entry)).rstrip(b"\n")
    again = read_text(text)
    if again.lesson != entry.lesson or not text.startswith(_FIRST):
        raise ManifestError(f"The entry of {entry.lesson} cannot be written.")
    return text, again


def read_text(text: bytes) -> CatalogEntry:
    """Raises ManifestError saying what is wrong."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise ManifestError("An entry of the catalog is not JSON; restore a release.") from fault
    return read_entry(Fields("The catalog, an entry", value))


def release_in(text: bytes) -> int:
    """The number of the release an entry's text names."""
    found = _RELEASE.search(text)
    if found is None:
        raise ManifestError("An entry of the catalog names no release; restore a release.")
    return int(found[1])


def is_vouched(text: bytes) -> bool:
    """Whether an entry's text tells the hash of the lesson's release."""
    return _SHA256.search(text) is not None


def course_in(text: bytes) -> str | None:
    """The course an entry's text names."""
    found = _COURSE.search(text)
    return str(json.loads(found[1])) if found else None


def courses_in(lessons: Mapping[str, bytes]) -> set[str]:
    """The courses that entries' texts name, each once."""
    found = {one[1] for one in map(_COURSE.search, lessons.values()) if one}
    return {str(json.loads(one)) for one in found} - {""}


def published_in(text: bytes) -> str:
    """When a lesson was published, as its entry's text says it: ISO 8601."""
    found = _PUBLISHED.search(text)
    return found[1].decode() if found else ""


def _texts(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """The entries of the list between two places."""
    if start == end:
        return
    if not data.startswith(_FIRST, start) or not data.endswith(b"}", start, end):
        raise ManifestError("The catalog's lessons do not read; restore it from a release.")
    inner = data[start + len(_FIRST) : end - 1].split(_BETWEEN)
    # From the end on, so that what was taken is let go.
    inner.reverse()
    while inner:
        yield b"".join((_FIRST, inner.pop(), b"}"))


def _by_lesson(texts: Iterator[bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for text in texts:
        id = _LESSON.search(text)
        if id is None:
            raise ManifestError("An entry of the catalog names no lesson; restore a release.")
        lesson = id[1].decode()
        if lesson in found:
            raise ManifestError(f"{lesson} is in the catalog twice; restore it from a release.")
        found[lesson] = text
    return found
