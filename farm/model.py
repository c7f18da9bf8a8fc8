"""The words of the farm as values: what is handed in, and what is asked for."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Category(StrEnum):
    """The four categories of courseware."""

    FEATURE = "feature"
    """专题片"""
    AGRICULTURE = "agriculture"
    """农科片"""
    COMPUTER = "computer"
    """计算机课件"""
    AUDIO = "audio"
    """语音节目"""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What people say of a recording; never decides how it is encoded."""

    title: str | None
    """None: as it was called before, or by its file name."""
    base: str
    """The production base's short name, part of every lesson id: `[a-z0-9-]`."""
    category: Category | None = None
    """None: as before; at first an audio programme where there is no picture, else a feature."""
    course: str | None = None
    """None: as before; empty: none."""
    number: int | None = None
    """Place in the course, from 1. None: as before; 0: none. So are the others below, where empty
    is none."""
    speaker: str | None = None
    audience: str | None = None
    keywords: tuple[str, ...] | None = None
    awards: tuple[str, ...] | None = None
    licence: str | None = None
    """SPDX identifier, address, or text."""
    description: str | None = None
    language: str | None = None
    """BCP 47."""
    recorded: str | None = None
    """ISO 8601 day, month or year."""
    base_name: str | None = None
    """The base's name as it is shown. None: as before; at first its short name."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file a base hands in."""

    path: Path
    size: int
    """Bytes."""
    sha256: str
    date: str
    """ISO 8601 day the file was last changed, UTC: a lesson is dated by its recording, so that the
    same recording gives the same bytes whenever it is handed in."""
    metadata: Metadata

    @property
    def lesson(self) -> str:
        """`<base>-<12 hex>`: the same file from the same base is the same lesson."""
        return f"{self.metadata.base}-{self.sha256[:12]}"


BASE = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
"""What the name of a base may be."""


LONGEST = 200
"""Characters of a title."""


def clean_title(text: str, longest: int = LONGEST) -> str:
    """One line of printable text: control and bidirectional override characters are dropped."""
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join(kept.split())[:longest].rstrip()


def title_of(path: Path) -> str:
    """A title for a recording that was handed in without one: its file name."""
    return clean_title(path.stem.replace("_", " ")) or "Untitled 未命名"
