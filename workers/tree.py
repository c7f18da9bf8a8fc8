"""The processes below one process, read from /proc: what they use, and how to end them all."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    processes: int
    rss: int
    """Bytes resident, summed over the processes."""
    cpu: float
    """CPU seconds of all processes seen so far, those that ended included."""


def started(pid: int) -> int | None:
    """Clock ticks after boot at which the process began, which with its id names it for good;
    None where there is no such process (a zombie counts as none)."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in ("Z", "X") else int(fields[19])


class Tree:
    """A process and its descendants. One that was seen as a descendant stays one, so a child that
    is orphaned and adopted elsewhere does not get away."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._ours: dict[int, float] = {root: 0.0}
        self._others: set[int] = set()
        self._gone = 0.0

    def pids(self) -> list[int]:
        """Living processes, the root first. A process not met before costs one read."""
        listed = {int(name) for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208
        self._others &= listed
        for pid in self._ours.keys() - listed:
            self._gone += self._ours.pop(pid)
        unknown = sorted(listed - self._ours.keys() - self._others)
        parents = {pid: int(fields[1]) for pid in unknown if (fields := _stat(pid))}
        found = True
        while found:
            found = False
            for pid, parent in list(parents.items()):
                if parent in self._ours:
                    self._ours[pid] = 0.0
                    del parents[pid]
                    found = True
        self._others.update(parents)
        return sorted(self._ours, key=lambda pid: pid != self._root)

    def usage(self) -> Usage:
        rss = 0
        alive = self.pids()
        for pid in alive:
            fields = _stat(pid)
            if fields is None:
                continue
            rss += int(fields[21]) * _PAGE
            self._ours[pid] = (int(fields[11]) + int(fields[12])) / _TICK
        return Usage(len(alive), rss, self._gone + sum(self._ours.values()))

    def kill(self, *, within: float, spare_root: bool) -> bool:
        """Stop all, then kill all, until none is left: stopped first, they cannot outrun the kill.
        Returns whether they are gone. `spare_root` leaves the root alive, to reap the others."""
        deadline = time.monotonic() + within
        known: set[int] = set()
        while True:
            targets = {pid for pid in self.pids() if not (spare_root and pid == self._root)}
            targets = {pid for pid in targets if started(pid) is not None}
            if not targets:
                return True
            fresh = targets - known
            known |= targets
            for pid in targets:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGSTOP if fresh else signal.SIGKILL)
            if time.monotonic() > deadline:
                return False
            if not fresh:
                time.sleep(0.01)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat (proc(5)) from the third, the state, on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return text.rpartition(")")[2].split()
