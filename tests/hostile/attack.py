"""What an attack is, and how it has to end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.scene import Scene

MENDED: frozenset[str] = frozenset()
"""It becomes a lesson."""


@dataclass(frozen=True, slots=True)
class Attack:
    name: str
    make: Callable[[Scene], Path]
    """Writes the upload; returns its path."""
    refused: frozenset[str] | None
    """One of these findings refuses it; MENDED where it must not be refused; None where either
    will do, so long as it ends."""


def refused(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def upload(name: str, data: bytes | Callable[[], bytes]) -> Callable[[Scene], Path]:
    """A maker that writes bytes, known at once or made on demand, under a name."""

    def make(scene: Scene) -> Path:
        path = scene.upload / name
        path.write_bytes(data if isinstance(data, bytes) else data())
        return path

    return make
