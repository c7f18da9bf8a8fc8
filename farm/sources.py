"""Where a worker finds the recording: on its own disk, or through the store.

A recording is handed to other machines as `cache/sources/<sha256>` and fetched once per machine,
into `sources/` of the work folder. Beside the copy lies `<sha256>.lock`, held shared by whoever
needs the copy and exclusively by whoever removes it; the kernel lets go of the locks of a process
that is killed. `<key>.hash` there is the hash of a file that this machine has by the path the
recording has on another one.
"""

import fcntl
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from farm.errors import EncodeFailed, NotFound
from farm.plan.model import Material
from farm.store import Store
from workers.workspace import workspace

SPARE = 3
"""Copies kept though nobody reads them, the last used first: the chunks of several recordings come
to a machine by turns."""
OLD = 24 * 3600.0
"""Seconds without use after which nothing is kept."""


def share(store: Store, material: Material) -> None:
    """Put the file where workers on other machines find it."""
    name = _name(material.sha256)
    known = store.head(name)
    if known is None or known.size != material.size:
        store.put(name, Path(material.path), type="application/octet-stream")


@cache
def this_machine() -> str:
    """The same wherever a path means the same file; another one in another container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/mnt').readlink()}"
    except OSError:
        # Like no other: files are hashed once more than needed, and never mistaken.
        return uuid.uuid4().hex


@contextmanager
def local_source(
    store: Store, path: str, sha256: str, size: int, work: Path, machine: str
) -> Iterator[Path]:
    """The recording as a file on this machine, which stays until the context ends.

    `machine`: the one that hashed `path`, as `this_machine` told there; on another one the same
    path and size may be another recording, as cameras split and number all of theirs alike.
    Raises EncodeFailed where there is none, Retryable where there is no room for it.
    """
    own = Path(path)
    sources = work / "sources"
    if _size(own) == size and (machine == this_machine() or _hash_noted(own, sources) == sha256):
        yield own
        return
    with _copy(store, path, sha256, size, sources) as copy:
        yield copy


@contextmanager
def _copy(store: Store, path: str, sha256: str, size: int, sources: Path) -> Iterator[Path]:
    """The store's recording on this machine, fetched by the first who asks."""
    sources.mkdir(parents=True, exist_ok=True)
    copy = sources / sha256
    with _locked(copy, fcntl.LOCK_SH):
        if _size(copy) != size:
            # One lock for all recordings: two fetches would count on the same room.
            with (sources / "fetching").open("a") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                if _size(copy) != size:
                    _sweep(sources, SPARE if shutil.disk_usage(sources).free > size else 0)
                    _fetch(store, path, size, copy)
        os.utime(copy)
        yield copy


def _fetch(store: Store, path: str, size: int, copy: Path) -> None:
    """In a workspace, so that what a killed fetch leaves goes with the next task."""
    sha256 = copy.name
    with workspace(copy.parent.parent, f"source-{sha256}", needed=size) as folder:
        aside = folder / "source"
        try:
            store.fetch(_name(sha256), aside)
        except NotFound as error:
            raise EncodeFailed(
                f"The recording {path} is neither on this worker nor in the store; "
                "hand it in again."
            ) from error
        if _size(aside) != size or _sha256(aside) != sha256:
            raise EncodeFailed(f"The store's copy of {path} is damaged; hand it in again.")
        aside.replace(copy)


def _hash_noted(path: Path, sources: Path) -> str:
    """The hash of a file, read once for all tasks of this machine."""
    found = path.stat()
    # Nobody can set the change time: a file copied over with its old date is another one.
    version = f"{this_machine()} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {path}"
    key = hashlib.sha256(os.fsencode(version)).hexdigest()
    sources.mkdir(parents=True, exist_ok=True)
    with (sources / f"{key}.hash").open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.seek(0)
        sha256 = note.read()
        if not sha256:
            _sweep(sources, SPARE)
            sha256 = _sha256(path)
            note.write(sha256)
    return sha256


def _sweep(sources: Path, spare: int) -> None:
    """Removes copies that nobody reads, but for the `spare` last used, and old notes."""
    old = time.time() - OLD
    for note in sources.glob("*.hash"):
        if _used(note) < old:
            note.unlink(missing_ok=True)
    copies = {path.with_suffix("") for path in sources.glob("*.lock")}
    used = sorted(((_used(copy), copy) for copy in copies), reverse=True)
    kept = {copy for when, copy in used[:spare] if when >= old}
    for copy in copies - kept:
        with suppress(BlockingIOError), _locked(copy, fcntl.LOCK_EX | fcntl.LOCK_NB):
            copy.unlink(missing_ok=True)
            _lock_of(copy).unlink()


@contextmanager
def _locked(copy: Path, operation: int) -> Iterator[None]:
    """Tried again where a sweep removed the lock between its opening and its locking."""
    while True:
        lock = os.open(_lock_of(copy), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, operation)
            if _is_at(lock, _lock_of(copy)):
                yield
                return
        finally:
            os.close(lock)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _lock_of(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.lock")


def _size(path: Path) -> int | None:
    """Bytes; None where there is no file that may be read."""
    try:
        readable = path.is_file() and os.access(path, os.R_OK)
        return path.stat().st_size if readable else None
    except OSError:
        return None


def _used(path: Path) -> float:
    """When last: copies are touched by whoever reads them. 0 where there is no such file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _name(sha256: str) -> str:
    return f"cache/sources/{sha256}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
