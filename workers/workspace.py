"""Private temporary folders that never outlive their process by more than one run."""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workers.errors import Retryable, WorkerError

_LOCK = ".lock"


@contextmanager
def workspace(root: Path, key: str, *, needed: int = 0) -> Iterator[Path]:
    """A new folder under `root`, open to its owner only, removed at the end whatever happens.

    First removes what dead processes left in `root`: a folder is in use while somebody holds the
    lock beside it, and the kernel lets go of a lock when its process ends, however it ends.
    `needed` is the bytes that must be free. Raises Retryable where they are not, and WorkerError
    where `root` is another user's: he could put files of his own in place of ours.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise Retryable(
            f"{root} cannot be made ({why}); choose another folder to work in"
        ) from error
    if not {root.stat().st_uid, root.lstat().st_uid} <= {os.getuid(), 0}:
        raise WorkerError(f"{root} belongs to somebody else; choose another folder to work in")
    sweep(root)
    free = shutil.disk_usage(root).free
    if free < needed:
        raise Retryable(
            f"{root} has {free >> 20} MB free, {needed >> 20} MB are needed: "
            "free some space there, or choose another folder for temporary files"
        )
    name = f"{re.sub(r'[^A-Za-z0-9_-]', '', key)[:40]}-{secrets.token_hex(4)}"
    folder = root / name
    lock = _lock_new(root / (name + _LOCK))
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def sweep(root: Path) -> int:
    """Removes the folders in `root` whose process has ended; returns how many."""
    removed = 0
    for path in root.glob(f"*{_LOCK}"):
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            removed += _remove(path.with_suffix(""))
        finally:
            os.close(lock)
    return removed


def _remove(folder: Path) -> bool:
    """The lock goes last: where somebody still writes into the folder, a later sweep has another
    try."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        return False
    with suppress(FileNotFoundError):
        folder.with_name(folder.name + _LOCK).unlink()
    return True


def _lock_new(path: Path) -> int:
    """Creates and locks; again where a sweep came between the two and removed the file."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.stat(path).st_ino == os.fstat(lock).st_ino:  # noqa: PTH116 - beside fstat
                return lock
        os.close(lock)
