"""Which encoder this is: part of every chunk's key, so that two builds never share a chunk."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import av

LIBRARIES = ("av", "numpy", "pillow", "pydub", "pycdlib", "fpdf2", "fonttools")
"""Distributions that bytes come from; the last one cuts the fonts in what is printed."""


@cache
def build_id() -> str:
    """12 hex digits over the pinned libraries and this package's own source."""
    digest = hashlib.sha256()
    for one in (av.library_versions, *map(version, LIBRARIES)):
        digest.update(repr(one).encode())
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        if path.parent.name != "sample":
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def ffmpeg_version() -> str:
    """Of the libraries that decode and encode, as FFmpeg names it."""
    return str(av.ffmpeg_version_info)
