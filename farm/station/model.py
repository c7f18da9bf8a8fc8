"""What a station is asked for, and what it tells."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from farm.errors import FarmError

DISCS = frozenset({"dvd", "vcd", "svcd", "datadisc"})
"""Kinds of products a station takes only where they are named."""


class Busy(FarmError):
    """Another sync works on the same folder."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a station wants of a library."""

    profiles: tuple[str, ...] = ()
    """Empty: all but discs."""
    categories: tuple[str, ...] = ()
    """Empty: all."""
    courses: tuple[str, ...] = ()
    """Names; empty: all, and lessons of none."""
    max_height: int | None = None
    """Rows of the largest picture that is streamed; None: all there are."""

    @property
    def digest(self) -> str:
        """The same for the same products: a lesson that is held by it is not made again."""
        told = (sorted(self.profiles), self.max_height)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Options:
    url: str
    """Of the library, or of its `catalog/catalog.json`: http, https or file, or a folder."""
    folder: Path
    """Where the station's lessons lie."""
    keys: tuple[bytes, ...] = ()
    """Raw public keys to begin with; what was accepted before stands above them."""
    choice: Choice = field(default_factory=Choice)
    quota: int | None = None
    """Bytes of lessons, at most; None: as the disk holds."""
    rate: float | None = None
    """Bytes a second, at most."""
    trust_first: bool = False
    """Take the keys of the first catalog that comes for the office's."""
    unsigned: bool = False
    """Take a library nobody signs."""
    check: bool = False
    """Read again what is held, and fetch what rotted."""
    connections: int = 4
    """Objects fetched at once."""
    tries: int = 8
    """In a row without a byte, before the library is given up."""
    pause: float = 0.5
    """Seconds before the second try; twice as long each time, 30 at most."""


# --- what is told on the way ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    """A catalog was verified."""

    number: int
    version: int
    """0 where nobody signs."""
    lessons: int
    """Of it, those this station wants."""


@dataclass(frozen=True, slots=True)
class Warned:
    warning: str


@dataclass(frozen=True, slots=True)
class Progressed:
    lesson: str
    title: str
    done: int
    size: int
    """Bytes of the lesson to be fetched."""
    fetched: int
    """Bytes that came so far, of everything."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A lesson is whole, and shown."""

    lesson: str
    title: str
    release: int
    size: int
    """Bytes it takes."""


@dataclass(frozen=True, slots=True)
class Removed:
    lesson: str
    reason: str
    """`withdrawn`, or not chosen any more; `evicted` to keep the quota."""


@dataclass(frozen=True, slots=True)
class Skipped:
    lesson: str
    title: str
    reason: str
    """`quota`: larger than all of it; `products`: it has none that were chosen."""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A lesson that could not be brought; what was there of it stays."""

    lesson: str
    error: str


@dataclass(frozen=True, slots=True)
class Synced:
    """How it ended."""

    number: int
    """Of the catalog."""
    version: int
    """Of its signing; 0 where nobody signs."""
    changed: bool
    """False where there was nothing new."""
    lessons: int
    """Held now."""
    brought: int
    removed: int
    left_out: int
    """Wanted, and beyond the quota."""
    held_bytes: int
    fetched: int
    """Bytes that came, as they came (squeezed, where they were)."""
    requests: int


Event = Accepted | Warned | Progressed | Brought | Removed | Skipped | Failed | Synced
Emit = Callable[[Event], None]
