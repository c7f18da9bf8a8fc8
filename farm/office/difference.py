"""What the next catalog changes, and what it makes every station fetch: told before it is released.

Values in, values out; what releases hold comes from a function the caller gives.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace

from manifests.model import CatalogEntry, Object, Release
from manifests.snapshot import Snapshot, read_text

OTHER = "other"
"""What belongs to no product: pictures, captions, what pages show."""
DISCS = frozenset({"dvd", "vcd", "svcd", "datadisc"})
"""Kinds of products stations take only where they are asked to."""
BESIDE = frozenset(
    {"image/jpeg", "image/png", "image/webp", "text/vtt", "application/json", "application/xml"}
)
"""Types of what stations take besides products; pieces discs are made of stay where they are."""
_TECHNICAL = {"release", "sha256", "master", "poster", "thumbnails", "details", "enclosure"}
"""Fields that change with every release, and say nothing to people."""

Read = Callable[[str, int], Release]
"""A release of a lesson, by its id and number."""


@dataclass(frozen=True, slots=True)
class Change:
    """One lesson as a reader sees it change."""

    lesson: str
    before: CatalogEntry | None
    """None where it is added."""
    after: CatalogEntry | None
    """None where it is withdrawn."""
    fields: tuple[str, ...] = ()
    """Of `CatalogEntry`, where both are there: `title`, `course`, `sizes`, `offers`, …; empty
    where only bytes changed, or nothing people see."""
    download: Mapping[str, int] | None = None
    """By profile, bytes a station that has `before` fetches; `other` is what belongs to none. None
    where it was not asked for."""
    discs: Mapping[str, int] | None = None
    """As `download`, of discs, which only stations fetch that ask for them."""

    @property
    def total(self) -> int:
        """Bytes, without discs."""
        return sum((self.download or {}).values())


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two catalogs, each part sorted by lesson."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    withdrawn: tuple[Change, ...]

    @property
    def download(self) -> Mapping[str, int]:
        """By profile, bytes a station that takes all but discs and has the old catalog fetches."""
        return _sum(one.download for one in (*self.added, *self.changed))

    @property
    def discs(self) -> Mapping[str, int]:
        """As `download`, of discs."""
        return _sum(one.discs for one in (*self.added, *self.changed))

    @property
    def total(self) -> int:
        """Bytes."""
        return sum(self.download.values())

    @property
    def weighed(self) -> bool:
        """Whether it is told what there is to download."""
        return all(one.download is not None for one in (*self.added, *self.changed))

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed or self.withdrawn)


def difference(
    before: Snapshot | None,
    lessons: Mapping[str, bytes],
    read: Mapping[str, CatalogEntry] | None = None,
) -> Difference:
    """From the current snapshot to entries' texts by lesson. Downloads are not told yet: `weighed`.

    `read`: texts of `lessons` that have been read already.

    Raises ManifestError where a text that differs does not read.
    """
    old: Mapping[str, bytes] = before.lessons if before else {}

    def change(lesson: str) -> Change:
        was = read_text(old[lesson]) if lesson in old else None
        will = _after(lesson, lessons, read or {})
        return Change(lesson, was, will, _fields(was, will))

    both = old.keys() & lessons.keys()
    return Difference(
        added=tuple(map(change, sorted(lessons.keys() - old.keys()))),
        changed=tuple(change(one) for one in sorted(both) if old[one] != lessons[one]),
        withdrawn=tuple(map(change, sorted(old.keys() - lessons.keys()))),
    )


def _after(
    lesson: str, lessons: Mapping[str, bytes], read: Mapping[str, CatalogEntry]
) -> CatalogEntry | None:
    if lesson in read:
        return read[lesson]
    return read_text(lessons[lesson]) if lesson in lessons else None


def _fields(before: CatalogEntry | None, after: CatalogEntry | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    names = (one.name for one in fields(CatalogEntry) if one.name not in _TECHNICAL)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _sum(parts: Iterable[Mapping[str, int] | None]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for one in parts:
        total.update(one or {})
    return dict(sorted(total.items()))


def weighed_change(change: Change, read: Read) -> Change:
    """With the bytes a station that has the lesson as it was has to fetch."""
    if change.after is None:
        return replace(change, download={}, discs={})
    after = read(change.lesson, change.after.release)
    had = {one.path for one in _before(change, read)}
    profiles = profile_of(after)
    discs = {one.profile for one in after.products if one.kind in DISCS}
    found: Counter[str] = Counter()
    for one in after.objects:
        profile = profiles.get(one.path, OTHER if one.type in BESIDE else None)
        if one.path not in had and one.path != "master.m3u8" and profile is not None:
            found[profile] += one.size
    return replace(
        change,
        download={name: size for name, size in found.items() if name not in discs},
        discs={name: size for name, size in found.items() if name in discs},
    )


def profile_of(release: Release) -> Mapping[str, str]:
    """The profile of each object that belongs to a product, by path. What several products share
    belongs to the first that names it."""
    found: dict[str, str] = {}
    for product in release.products:
        for file in product.files:
            found.setdefault(file.object.path, product.profile)
    products = release.products
    stream = next(
        (one.profile for one in products if one.kind == "hls"), None if products else "hls"
    )
    if stream is not None:
        for one in release.objects:
            if one.path not in found and _streamed(one):
                found[one.path] = stream
    return found


def _before(change: Change, read: Read) -> tuple[Object, ...]:
    return read(change.lesson, change.before.release).objects if change.before else ()


def _streamed(one: Object) -> bool:
    """Whether a player fetches it by way of the playlist."""
    return one.type == "application/vnd.apple.mpegurl" or one.path.endswith((".m4s", ".mp4"))
