"""A store in a folder: on this machine's disk, or on one that machines share.

The folder's own `.store/` holds files being written and locks; a web server should not show it.
What `put` returned from is on the disk under its name, whole, whatever happens to the power.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from farm.errors import Conflict, NotFound, StoreError, Unsuitable
from farm.store.names import checked, checked_prefix, type_of
from farm.store.probing import probe_conditions
from farm.store.protocol import Info, Stored

BLOCK = 1 << 20
LOCKS = 64
"""Lock files all names share, so that a library is not littered with one for each."""
ABANDONED = 60.0
"""Seconds after which a part file that nobody holds is swept."""

_MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class FolderStore:
    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._parts = self._root / ".store" / "parts"
        self._locks = self._root / ".store" / "locks"

    @property
    def url(self) -> str:
        return str(self._root)

    def probe(self) -> None:
        with self._plainly(""):
            self._make(self._parts)
            self._sweep()
            self._probe_locks()
        probe_conditions(self)

    def get(self, name: str) -> Stored:
        with self._plainly(name), self._path(name).open("rb") as file:
            return Stored(data=file.read(), tag=_tag(os.fstat(file.fileno())))

    def head(self, name: str) -> Info | None:
        try:
            with self._plainly(name), self._path(name).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                return _info(name, os.fstat(file.fileno()), sha256)
        except NotFound:
            return None

    def put(
        self,
        name: str,
        data: bytes | Path,
        *,
        type: str,  # noqa: ARG002 - a file has no type but its extension
        cache: str | None = None,  # noqa: ARG002 - nor headers
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> str:
        path = self._path(name)
        if isinstance(data, Path) and not data.is_file():
            raise StoreError(f"{data} should be stored as {name} and is not there.")
        with self._plainly(name):
            self._make(path.parent)
            with self._part(data) as part:
                with self._locked(name):
                    found = _stat(path)
                    absent_wanted = if_absent and found is not None
                    other_wanted = if_match is not None and (not found or _tag(found) != if_match)
                    if absent_wanted or other_wanted:
                        raise Conflict(f"{name} was written by somebody else meanwhile.")
                    tag = _tag(part.stat())
                    part.replace(path)
                _sync_folder(path.parent)
        return tag

    def fetch(self, name: str, path: Path) -> None:
        with self._plainly(name), self._path(name).open("rb") as source:
            handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    shutil.copyfileobj(source, file, BLOCK)
                Path(aside).replace(path)
            finally:
                Path(aside).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[Info]:
        checked_prefix(prefix)
        top = self._root / prefix.rpartition("/")[0]
        with self._plainly(prefix):
            names = sorted(_names(self._root, top, prefix), key=os.fsencode)
        for name in names:
            found = _stat(self._root / name)
            if found is not None:
                yield _info(name, found, None)

    def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            with self._plainly(name):
                self._make(self._locks)
                with self._locked(name):
                    path.unlink()
                _sync_folder(path.parent)
        except NotFound:
            return

    def _path(self, name: str) -> Path:
        return self._root / checked(name)

    def _make(self, folder: Path) -> None:
        """The folder, and those above it, readable by a web server and safe from a power cut."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        try:
            folder.mkdir()
        except FileExistsError:
            if folder.is_dir():
                return
            raise StoreError(f"{folder} is a file and should be a folder; move it away.") from None
        if folder.is_relative_to(self._root):
            folder.chmod(0o755)
        _sync_folder(folder.parent)

    @contextmanager
    def _part(self, data: bytes | Path) -> Iterator[Path]:
        """`data` in a file of this file system, on the disk, read back; gone when the context ends
        unless it was renamed. The lock tells `_sweep` that it is in use."""
        self._make(self._parts)
        part = self._parts / f"{uuid.uuid4().hex}.part"
        try:
            with part.open("xb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                os.fchmod(file.fileno(), 0o644)
                written = _copy(data, file)
                _stamp(file)
                os.fsync(file.fileno())
                with part.open("rb") as back:
                    if hashlib.file_digest(back, "sha256").hexdigest() != written:
                        raise OSError(errno.EIO, "the disk gave back other bytes than were written")
                yield part
        finally:
            part.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """No other writer of this name, in this process or another, until the context ends."""
        self._make(self._locks)
        stripe = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % LOCKS
        with (self._locks / f"{stripe:02}").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _sweep(self) -> None:
        """Parts left by writers that were killed."""
        for part in self._parts.glob("*.part"):
            found = _stat(part)
            if found is None or time.time() - found.st_mtime < ABANDONED:
                continue
            with suppress(FileNotFoundError, BlockingIOError), part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()

    def _probe_locks(self) -> None:
        """Some network file systems are mounted so that a lock holds nobody."""
        self._make(self._locks)
        path = self._locks / f"probe-{uuid.uuid4().hex}"
        try:
            with path.open("ab") as first, path.open("ab") as second:
                fcntl.flock(first, fcntl.LOCK_EX)
                try:
                    fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
        finally:
            path.unlink(missing_ok=True)
        raise Unsuitable(f"File locks do not work in {self._root}; mount it with locking.")

    @contextmanager
    def _plainly(self, name: str) -> Iterator[None]:
        """The operating system's errors as the farm's."""
        try:
            yield
        except _MISSING as error:
            if not name:
                raise StoreError(f"There can be no folder {self._root}; check the path.") from error
            raise NotFound(f"There is no {name} in {self._root}.") from error
        except OSError as error:
            raise StoreError(self._sentence(name, error)) from error

    def _sentence(self, name: str, error: OSError) -> str:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                return (
                    f"The disk of the store {self._root} is full; free some space and run the same "
                    "command again."
                )
            case errno.EACCES | errno.EPERM | errno.EROFS:
                return (
                    f"{error.filename or name} may not be used ({error.strerror}); check the owner "
                    f"and permissions of {self._root}."
                )
            case errno.EXDEV:
                return f"The store {self._root} spans several file systems; keep it on one."
            case _:
                reason = error.strerror or str(error)
                return f"The store {self._root} failed at {name}: {reason}; check the disk."


def _copy(data: bytes | Path, file: BinaryIO) -> str:
    """Writes `data`; returns its sha256, hex."""
    if isinstance(data, bytes):
        file.write(data)
        file.flush()
        return hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256()
    with data.open("rb") as source:
        while block := source.read(BLOCK):
            digest.update(block)
            file.write(block)
    file.flush()
    return digest.hexdigest()


def _stamp(file: BinaryIO) -> None:
    """The kernel's own times are milliseconds apart; with these no two versions share a tag."""
    now = time.time_ns()
    os.utime(file.fileno(), ns=(now, now))


def _tag(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"


def _info(name: str, found: os.stat_result, sha256: str | None) -> Info:
    return Info(
        name=name,
        size=found.st_size,
        sha256=sha256,
        type=type_of(name),
        tag=_tag(found),
        modified=found.st_mtime,
    )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except _MISSING:
        return None


def _names(root: Path, top: Path, prefix: str) -> Iterator[str]:
    """Files below `top` that can be objects; what begins with a dot is not the store's."""
    if not top.is_dir():
        return
    for folder, subfolders, files in os.walk(top, onerror=_raise):
        subfolders[:] = [one for one in subfolders if not one.startswith(".")]
        for file in files:
            name = (Path(folder) / file).relative_to(root).as_posix()
            if name.startswith(prefix) and not file.startswith("."):
                yield name


def _raise(error: OSError) -> None:
    raise error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
