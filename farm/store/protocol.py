"""What the farm needs of an object store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from farm.errors import NotFound


@dataclass(frozen=True, slots=True)
class Info:
    """What the store says of one object."""

    name: str
    size: int
    """Stored bytes (after any content encoding)."""
    sha256: str | None
    """Hex, of the stored bytes, as the store itself keeps it; None where it keeps none."""
    type: str
    tag: str
    """Opaque version of the object (ETag), for conditional writes."""
    modified: float
    """Seconds since the epoch when it was written, by the store's clock."""


@dataclass(frozen=True, slots=True)
class Stored:
    data: bytes
    """Decoded: as given to `put`."""
    tag: str


class Store(Protocol):
    """Objects by name (`/`-separated, relative). All methods raise StoreError and its kin.

    A write is conditional or not: `if_absent` writes only where nothing is, `if_match` only over
    the version with that tag; a lost condition raises Conflict, a lost answer Unknown: in both
    cases read again and decide anew.
    """

    @property
    def url(self) -> str: ...

    def probe(self) -> None:
        """Raises Unsuitable where conditional writes are not honoured, StoreError where
        the store cannot be reached."""
        ...

    def get(self, name: str) -> Stored: ...

    def head(self, name: str) -> Info | None:
        """None where nothing is. A folder reads the whole file for its sha256."""
        ...

    def put(
        self,
        name: str,
        data: bytes | Path,
        *,
        type: str,
        cache: str | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> str:
        """Write one object whole, read back its size and hash; returns its tag."""
        ...

    def fetch(self, name: str, path: Path) -> None:
        """Download to a file (written aside, then renamed)."""
        ...

    def list(self, prefix: str) -> Iterator[Info]:
        """Every object whose name begins with `prefix`, by name; without `sha256`."""
        ...

    def delete(self, name: str) -> None:
        """No error where nothing is."""
        ...


def get_or_none(store: Store, name: str) -> Stored | None:
    """What is there under that name."""
    try:
        return store.get(name)
    except NotFound:
        return None
