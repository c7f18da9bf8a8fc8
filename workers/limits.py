"""What a child may use, and how it ended: values."""

from dataclasses import dataclass
from enum import StrEnum

from workers.errors import Cancelled, Retryable, WorkerError


class Cause(StrEnum):
    """Why a child ended."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    NOT_STARTED = "not-started"
    CANCELLED = "cancelled"
    MEMORY = "memory"
    CPU = "cpu"
    TIME = "time"
    STALL = "stall"
    FILES = "files"
    PROCESSES = "processes"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use; beyond it, it is killed with its whole tree."""

    memory: int = 1 << 30
    """Bytes resident, all its processes together."""
    cpu: float = 3600.0
    """CPU seconds."""
    wall: float = 3600.0
    """Seconds."""
    stall: float = 120.0
    """Seconds without a line on standard output."""
    file: int = 4 << 30
    """Bytes of any one file."""
    folder: int = 8 << 30
    """Bytes of all files in its folders."""
    files: int = 256
    """Open files."""
    processes: int = 16
    output: int = 8 << 20
    """Bytes on standard output."""


@dataclass(frozen=True, slots=True)
class ChildExit:
    """How a child ended."""

    code: int | None
    """Exit status; None where a signal ended it."""
    signal: int | None
    reason: str
    """Plain words, for people: `finished`, `used more than 600 MB of memory`."""
    stderr_tail: str
    """The last 16 KB."""
    cpu_seconds: float
    peak_rss_bytes: int
    cause: Cause

    @property
    def ok(self) -> bool:
        return self.cause is Cause.EXITED and self.code == 0

    def check(self, what: str) -> None:
        """Nothing where the child finished. Raises Cancelled; Retryable where it was killed by a
        signal or a limit; WorkerError where it exited with another status."""
        if self.ok:
            return
        text = f"{what}: {self.reason}"
        last = self.stderr_tail.strip().rpartition("\n")[2]
        if self.cause is Cause.CANCELLED:
            raise Cancelled(text)
        if self.cause in (Cause.EXITED, Cause.NOT_STARTED):
            raise WorkerError(f"{text} ({last})" if last else text)
        raise Retryable(text)
