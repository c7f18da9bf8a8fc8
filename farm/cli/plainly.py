"""Plain words for people: errors as one sentence with an exit status, names, numbers."""

import os

from farm.errors import EncodeFailed, FarmError
from manifests.errors import ManifestError
from workers.errors import WorkerError

ERRORS = (FarmError, ManifestError, WorkerError, OSError)
"""Everything that may go wrong without the farm itself being wrong."""


def status_of(error: Exception) -> int:
    """The farm's own errors know theirs; a worker or disk that fails is a failed encode."""
    match error:
        case FarmError():
            return error.status
        case ManifestError():
            return FarmError.status
        case _:
            return EncodeFailed.status


def readable(name: str) -> str:
    """A file name as text that can be written anywhere, whatever bytes it holds."""
    return os.fsencode(name).decode("utf-8", "replace")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
