"""Finished files: named by their content, and only after they were read back from disk."""

import hashlib
from pathlib import Path

from encoders.tasks import Artifact

HASH_DIGITS = 12
"""Hex digits of the sha256 that go into a name."""


def set_aside(folder: Path, name: str, data: bytes) -> Path:
    """Write `data` whole to `<name>.part` in `folder`. Raises OSError, e.g. on a full disk."""
    part = folder / f"{name}.part"
    with part.open("wb") as file:
        file.write(data)
    if part.stat().st_size != len(data):
        raise OSError(f"{part.name}: {part.stat().st_size} bytes on disk of {len(data)} written")
    return part


def publish(part: Path, folder: Path, name: str, extension: str, type: str) -> Artifact:
    """Rename a verified file to its final name; size and hash are of what is on disk.

    Raises OSError where the file cannot be read back.
    """
    with part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    final = folder / f"{name}-{sha256[:HASH_DIGITS]}.{extension}"
    part.replace(final)
    return Artifact(name=final.name, size=size, sha256=sha256, type=type)


def finish(folder: Path, name: str, extension: str, data: bytes, type: str) -> Artifact:
    """Write `data` as a finished file, for what needs no opening to be verified.

    Raises OSError where what is on disk is not `data`.
    """
    made = publish(set_aside(folder, name, data), folder, name, extension, type)
    if made.sha256 != hashlib.sha256(data).hexdigest():
        raise OSError(f"{made.name}: the disk gave back other bytes than were written")
    return made
