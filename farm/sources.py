"""Where a worker finds the recording: on its own disk, or through the store.

A recording is handed to other machines as `cache/sources/<sha256>`, and fetched once per machine.
"""

import hashlib
from pathlib import Path

from farm.errors import EncodeFailed, NotFound
from farm.model import Recording
from farm.store import Store


def share(store: Store, recording: Recording) -> None:
    """Put the recording where workers on other machines find it."""
    name = _name(recording.sha256)
    known = store.head(name)
    if known is None or known.size != recording.size:
        store.put(name, recording.path, type="application/octet-stream")


def local_source(store: Store, path: str, sha256: str, size: int, work: Path) -> Path:
    """The recording as a file on this machine. Raises EncodeFailed where there is none."""
    own = Path(path)
    if own.is_file() and own.stat().st_size == size:
        return own
    fetched = work / "sources" / sha256
    if not fetched.is_file():
        fetched.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.fetch(_name(sha256), fetched)
        except NotFound as error:
            raise EncodeFailed(
                f"The recording {path} is neither on this worker nor in the store; "
                "hand it in again."
            ) from error
        if _sha256(fetched) != sha256:
            fetched.unlink()
            raise EncodeFailed(f"The store's copy of {path} is damaged; hand it in again.")
    return fetched


def _name(sha256: str) -> str:
    return f"cache/sources/{sha256}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
