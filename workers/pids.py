"""How many processes a child may have, held by the kernel.

For an ordinary user that is RLIMIT_NPROC (setrlimit(2)). The kernel does not count what root runs,
so root makes a control group with a limit (cgroups(7), `pids`), where the machine lets it.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from workers.tree import started

_ROOT = Path("/sys/fs/cgroup")
_NAME = "farm-{pid}-{began}-{random}"


@contextmanager
def group(limit: int) -> Iterator[Path | None]:
    """A control group for at most `limit` processes and threads; None where there can be none."""
    folder = _create(limit) if os.geteuid() == 0 else None
    try:
        yield folder
    finally:
        if folder is not None:
            with suppress(OSError):
                folder.rmdir()


def joining(folder: Path, argv: Sequence[str]) -> list[str]:
    """The command line that enters the group before it becomes `argv`."""
    return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(folder / "cgroup.procs"), *argv]


def tasks_of_user() -> int:
    """Processes and threads this user has on the machine: what RLIMIT_NPROC counts."""
    total = 0
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            with suppress(OSError):
                if process.stat().st_uid == os.getuid():
                    total += sum(1 for _ in (process / "task").iterdir())
    return total


def _create(limit: int) -> Path | None:
    parent = _own_group()
    if parent is None:
        return None
    _sweep(parent)
    pid = os.getpid()
    folder = parent / _NAME.format(pid=pid, began=started(pid), random=secrets.token_hex(4))
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        (folder / "pids.max").write_text(str(limit))
    except OSError:  # the parent does not hand the controller on
        folder.rmdir()
        return None
    return folder


def _own_group() -> Path | None:
    """This process's own group, so that what limits it limits its children: of the `pids`
    hierarchy (version 1), or of the unified one (version 2)."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        base = _ROOT / "pids" if controllers == "pids" else _ROOT
        if controllers in ("pids", "") and (base / "cgroup.procs").exists():
            return base / path.lstrip("/")
    return None


def _sweep(parent: Path) -> None:
    """Removes the empty groups of processes that were killed."""
    for folder in parent.glob("farm-*-*-*"):
        _, pid, began, _ = folder.name.split("-")
        if str(started(int(pid))) != began:
            with suppress(OSError):
                folder.rmdir()
