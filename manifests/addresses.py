"""Addresses of what is in the store, as seen from outside or from a file in it."""

import re
from urllib.parse import quote

from manifests.errors import ManifestError
from manifests.model import CatalogEntry

_PUBLIC = re.compile(r"https?://[A-Za-z0-9.\[\]:_~-]+(/[A-Za-z0-9._~%/-]*)?")


def checked_url(url: str) -> str:
    """The address the store has from outside, with one slash at its end. Raises ManifestError."""
    if not _PUBLIC.fullmatch(url):
        raise ManifestError(
            f"{url!r} is not the address of a folder on the web; write it as "
            "https://lessons.example.org/ 应为网址，例如 https://lessons.example.org/"
        )
    return url.rstrip("/") + "/"


def address(base: str, path: str) -> str:
    """`base`: the store's address, or the way up to it such as `../`."""
    return base + quote(path)


def watch_address(base: str, entry: CatalogEntry) -> str:
    """Of a lesson's page; it is told where there is no playlist to look for."""
    whole = "" if entry.master else "&as=file"
    return f"{base}catalog/watch.html?lesson={quote(entry.lesson)}{whole}"
