"""What runs on this machine, read from /proc."""

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    parent: int
    command: tuple[str, ...]


def everyone() -> dict[int, Process]:
    """Every process by its id; those that end meanwhile are left out."""
    found: dict[int, Process] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            # The name before it, in parentheses, may hold spaces: proc_pid_stat(5).
            parent = int(stat.rpartition(")")[2].split()[1])
            found[int(folder.name)] = Process(parent, tuple(command.rstrip("\0").split("\0")))
    return found


def children(processes: dict[int, Process], parent: int) -> list[int]:
    return [pid for pid, process in processes.items() if process.parent == parent]


def tree(processes: dict[int, Process], top: int) -> list[int]:
    """A process and all its descendants, in this order."""
    found = [top]
    for pid in found:
        found.extend(children(processes, pid))
    return found


def high_water(pid: int) -> int:
    """Bytes of resident memory a process had at most (`VmHWM`); 0 where it has ended."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(sizes[0]) * 1024 if sizes else 0
