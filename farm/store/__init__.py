"""Where lessons live: one protocol, two stores."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from farm.errors import StoreError
from farm.store.folder import FolderStore
from farm.store.protocol import Info, Store, Stored

__all__ = ["Info", "Store", "Stored", "open_store"]


def open_store(url: str) -> Store:
    """The store at a path, `file:///…` or `s3://bucket/prefix`. Nothing is touched or asked yet.

    Raises StoreError where the URL is none of these.
    """
    scheme, mark, _ = url.partition("://")
    if not mark:
        return FolderStore(Path(url))
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
