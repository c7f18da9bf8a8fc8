"""What makes one data disc: every name on it is decided already."""

from dataclasses import dataclass

from encoders.tasks import Artifact

SUMS = "SHA256SUMS"
"""The file that has the hash of all others, as `sha256sum -c` reads it."""


@dataclass(frozen=True, slots=True)
class DiscFile:
    path: str
    """On the disc, parts between `/`; each part at most 64 characters of the Basic Multilingual
    Plane that FAT, NTFS and Joliet allow; those of a folder differ in their first 103 bytes."""
    file: Artifact
    """In the task's `inputs`."""


@dataclass(frozen=True, slots=True)
class DiscText:
    path: str
    """On the disc, as of a `DiscFile`."""
    text: str
    """Written in UTF-8 as it is, line ends included."""


@dataclass(frozen=True, slots=True)
class DataDiscTask:
    """One disc."""

    name: str
    """Of the file, e.g. `datadisc` or `datadisc-2`."""
    label: str
    """The volume's name; what ISO 9660 does not allow in it becomes `_`."""
    title: str
    """The course's."""
    disc: int
    """From 1."""
    discs: int
    files: tuple[DiscFile, ...]
    texts: tuple[DiscText, ...]
    """`SHA256SUMS` is not among them: it is made from all that is."""
    capacity: int
    """Bytes the image may have."""
    inputs: str
    folder: str
