"""Where lessons live: one protocol, two stores."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from farm.errors import StoreError
from farm.store.folder import FolderStore
from farm.store.protocol import Info, Store, Stored, get_or_none

__all__ = ["Info", "Store", "Stored", "get_or_none", "open_store"]

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""`s3:/bucket` is a slip, not a folder; one whose name begins so is written `./name`."""


def open_store(url: str) -> Store:
    """The store at a path, `file:///…` or `s3://bucket/prefix`. Nothing is touched or asked yet.

    Raises StoreError where the URL is none of these.
    """
    scheme, mark, _ = url.partition("://")
    if not mark and url and not SCHEME.match(url):
        return FolderStore(Path(url).expanduser())
    if scheme == "s3":
        # boto3 takes a third of a second to import; a folder has no need of it.
        from farm.store.s3 import S3Store

        return S3Store(url)
    parts = urlsplit(url)
    if scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise StoreError(
            f"{url!r} is no store; give a folder, file:///absolute/folder or s3://bucket/prefix."
        )
    return FolderStore(Path(unquote(parts.path)))
