"""Names of objects, and what a name says: its media type, and how long it may be cached."""

import re
import unicodedata
from pathlib import PurePosixPath

from farm.errors import StoreError

LONGEST_NAME = 800
"""Bytes of UTF-8: S3 allows 1024 for prefix and name together."""
LONGEST_PART = 200
"""Bytes of UTF-8 between two slashes: file systems allow 255, and room is left for a suffix."""

FOREVER = "public, max-age=31536000, immutable"
CHECK_FIRST = "no-cache"
_WRITTEN_ONCE = re.compile(
    r"-[0-9a-f]{12}(\.[A-Za-z0-9]+)+$|/releases/\d+\.json$|/deltas/\d+-\d+\.json$"
)

OCTETS = "application/octet-stream"
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ts": "video/mp2t",
    ".mpg": "video/mpeg",
    ".vtt": "text/vtt",
    ".json": "application/json",
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".txt": "text/plain",
    ".iso": "application/vnd.efi.iso",
    ".bin": "application/x-cd-image",
    ".cue": "text/plain",
    ".sha256": "text/plain",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
"""Apple's authoring specification 10.4 for the first ones; IANA's registry for the others."""

_SQUEEZED = {
    "application/vnd.apple.mpegurl",
    "application/json",
    "application/xml",
    "application/rss+xml",
    "image/svg+xml",
    "text/html",
    "text/css",
    "text/javascript",
    "text/plain",
}


def checked(name: str) -> str:
    """The name, where it is one: relative, plain, of bounded length. Raises StoreError."""
    parts = name.split("/")
    try:
        sound = len(name.encode()) <= LONGEST_NAME and all(map(_sound, parts))
    except UnicodeEncodeError:
        sound = False
    if not sound:
        raise StoreError(f"{name[:80]!r} cannot be the name of an object in a store.")
    return name


def _sound(part: str) -> bool:
    """Dots come first in `..` and in what a store keeps for itself."""
    return (
        0 < len(part.encode()) <= LONGEST_PART
        and not part.startswith(".")
        and "\\" not in part
        and not any(unicodedata.category(character) == "Cc" for character in part)
    )


def checked_prefix(prefix: str) -> str:
    """A prefix of names: a name, a name and a slash, or nothing. Raises StoreError."""
    if prefix:
        checked(prefix.removesuffix("/"))
    return prefix


def type_of(name: str) -> str:
    """Media type by extension."""
    return _TYPES.get(PurePosixPath(name).suffix.lower(), OCTETS)


def compressible(type: str) -> bool:
    """Whether a store may keep objects of this type gzip-encoded.

    WebVTT is left out: subtitle segments are found again by their size in a listing.
    """
    return type in _SQUEEZED


def cache_of(name: str) -> str:
    """Cache-Control: for ever where the name tells the content, else asked for every time."""
    return FOREVER if _WRITTEN_ONCE.search(name) else CHECK_FIRST
