"""Plain words for people: errors with an exit status, names, numbers."""

import os

from farm.batch import ERRORS, status_of

__all__ = ["ERRORS", "counted", "readable", "status_of"]


def readable(name: str) -> str:
    """A file name as text that can be written anywhere, whatever bytes it holds."""
    return os.fsencode(name).decode("utf-8", "replace")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
