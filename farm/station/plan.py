"""Which lessons of a catalog a station takes, in which order, and what gives way. Pure.

The order is by the day the office published a lesson, the newest first. With a quota lessons are
taken in that order until the first that does not fit any more: it and all older ones are left out,
so that what is kept does not depend on what was there before. One that is larger than the whole
quota is passed over.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import lru_cache

from farm.station.model import Choice
from farm.station.state import Held
from manifests.plain import plain
from manifests.snapshot import Snapshot, course_in, published_in


@dataclass(frozen=True, slots=True)
class Listed:
    """A lesson of the catalog this station wants."""

    lesson: str
    text: bytes
    """What the catalog says of it."""
    moment: float
    """Seconds since the epoch when it was published."""
    key: str
    """Hash of `text` and of the products that are chosen: what is held by it is current."""


def wanted(snapshot: Snapshot, choice: Choice) -> list[Listed]:
    """The newest first; those of one moment by their ids."""
    categories = [b',"category":"%s",' % one.encode() for one in choice.categories]
    courses = {plain(one) for one in choice.courses}
    digest = choice.digest.encode()
    found = [
        Listed(lesson, text, moment_of(published_in(text)), _key(text, digest))
        for lesson, text in snapshot.lessons.items()
        if (not categories or any(one in text for one in categories))
        and (not courses or course_in(text) in courses)
    ]
    return sorted(found, key=lambda one: (-one.moment, one.lesson))


def _key(text: bytes, digest: bytes) -> str:
    return hashlib.sha256(digest + text).hexdigest()[:32]


@lru_cache(maxsize=4096)
def moment_of(published: str) -> float:
    """0 where it does not read: reading the entry will say so."""
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Verdict(Enum):
    TAKE = auto()
    TOO_LARGE = auto()
    """For the whole quota; the next one is looked at."""
    FULL = auto()
    """It and all that come after it are left out."""


def verdict(size: int, used: int, quota: int | None) -> Verdict:
    """Of the next lesson in order, of `size` bytes, after `used` bytes of newer ones."""
    if quota is None or used + size <= quota:
        return Verdict.TAKE
    return Verdict.TOO_LARGE if size > quota else Verdict.FULL


def victims(
    held: Mapping[str, Held], chosen: Collection[str], coming: int, quota: int | None
) -> tuple[str, ...]:
    """What has to go before `coming` bytes are fetched: of what is held and was not `chosen`, the
    oldest first."""
    if quota is None:
        return ()
    over = sum(one.size for one in held.values()) + coming - quota
    gone: list[str] = []
    if over > 0:
        others = (one for one in held.values() if one.lesson not in chosen)
        for one in sorted(others, key=lambda one: (one.moment, one.lesson)):
            if over <= 0:
                break
            gone.append(one.lesson)
            over -= one.size
    return tuple(gone)
