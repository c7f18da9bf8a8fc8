"""What a command costs: wall time, and the CPU seconds of every process it leads to.

CPU seconds are counted by the kernel in a control group (cgroup v2) made for the one run: whatever
the command starts is in it, daemons and sandboxed grandchildren included, and so are processes
that are killed or never waited for. Where no group may be made (not root, no cgroup v2), they are
taken from `getrusage(RUSAGE_CHILDREN)` with this process as the reaper of orphans; that misses
children of a process that ignores SIGCHLD, as Ray's raylet may.
"""

import ctypes
import itertools
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.memory import PeakWatch
from benchmarks.processes import children, everyone

ROOT = Path(__file__).parent.parent
"""Commands run here, where `python -m benchmarks.…` finds its modules."""
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2)"""
LINGER = 15.0
"""Seconds that what a command leaves behind may take to end; then it is killed."""
TAIL = 2000
"""Characters of output shown of a command that failed."""


class CommandFailed(Exception):
    """A measured command did not end with status 0; the message has its end of output."""


@dataclass(frozen=True, slots=True)
class Usage:
    wall: float
    """Seconds until the command itself ended."""
    cpu: float
    """CPU seconds, user and system, of the command and everything it started."""
    output: str
    """Standard output."""


class Counter(Protocol):
    """Counts the CPU seconds of one command."""

    def wrapped(self, command: Sequence[str]) -> list[str]: ...

    def finish(self) -> float:
        """Wait for what the command left behind; CPU seconds of all of it."""
        ...


class GroupCounter:
    """A control group for one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def wrapped(self, command: Sequence[str]) -> list[str]:
        """The command joins the group before it becomes itself, so nothing escapes the count."""
        script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
        return ["sh", "-c", script, str(self._folder), *command]

    def finish(self) -> float:
        deadline = time.monotonic() + LINGER
        while self._populated():
            if time.monotonic() > deadline:
                (self._folder / "cgroup.kill").write_text("1")
            time.sleep(0.02)
        stat = _fields(self._folder / "cpu.stat")
        self._folder.rmdir()
        return stat["usage_usec"] / 1e6

    def _populated(self) -> bool:
        return bool(_fields(self._folder / "cgroup.events")["populated"])


class ReaperCounter:
    """Resource usage of children, this process being the reaper of all orphans below it."""

    def __init__(self) -> None:
        _reap_orphans(True)
        self._others = set(_children())
        self._before = _children_cpu()

    def wrapped(self, command: Sequence[str]) -> list[str]:
        return list(command)

    def finish(self) -> float:
        deadline = time.monotonic() + LINGER
        while left := set(_children()) - self._others:
            for pid in left:
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)
        _reap_orphans(False)
        return _children_cpu() - self._before


def _reap_orphans(reap: bool) -> None:
    """Whether orphans below this process become its children."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(reap), 0, 0, 0)


def _children() -> list[int]:
    return children(everyone(), os.getpid())


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _fields(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {name: int(value) for name, value in pairs}


_numbers = itertools.count()


def group_folder() -> Path | None:
    """Where a control group may be made below the one this process is in; None where it may not."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    own = [line for line in Path("/proc/self/cgroup").read_text().splitlines() if line[:3] == "0::"]
    for _, folder, kind, *_ in mounts:
        if kind == "cgroup2" and own:
            parent = Path(folder) / own[0].removeprefix("0::").lstrip("/")
            if os.access(parent / "cgroup.procs", os.W_OK) and (parent / "cpu.stat").exists():
                return parent
    return None


def counter() -> Counter:
    parent = group_folder()
    if parent is None:
        return ReaperCounter()
    return GroupCounter(parent / f"benchmark-{os.getpid()}-{next(_numbers)}")


def counted_by() -> str:
    """For the record: how CPU seconds were counted."""
    return "cgroup v2 cpu.stat" if group_folder() else "getrusage(RUSAGE_CHILDREN), as subreaper"


def run(
    commands: Sequence[Sequence[str]],
    *,
    watch: PeakWatch | None = None,
) -> Usage:
    """Run commands one after another and say what they cost together.

    `watch` looks at the memory of the processes while they run. Raises CommandFailed.
    """
    counts = counter()
    output: list[str] = []
    began = time.perf_counter()
    failed: str | None = None
    with _finally_counted(counts) as cpu:
        for command in commands:
            code, out, err = _one(counts.wrapped(command), watch)
            output.append(out)
            if code != 0:
                failed = f"{' '.join(command)} ended with status {code}:\n{(out + err)[-TAIL:]}"
                break
        wall = time.perf_counter() - began
    if failed:
        raise CommandFailed(failed)
    return Usage(wall=wall, cpu=cpu[0], output="".join(output))


@contextmanager
def _finally_counted(counts: Counter) -> Iterator[list[float]]:
    """The count is taken, and leftovers are ended, however the run ends."""
    cpu: list[float] = []
    try:
        yield cpu
    finally:
        cpu.append(counts.finish())


def _one(command: Sequence[str], watch: PeakWatch | None) -> tuple[int, str, str]:
    with (
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process,
        watch.of(process.pid) if watch else nullcontext(),
    ):
        out, err = process.communicate()
    return process.returncode, out, err
