"""Starts one command under limits and waits for it: the first process of every child.

It is small and imports nothing that decodes media, so it may fork. It runs as
`python -I -S -c ... workers.launch ORDER COMMAND...` and tells how the command ended in one line of
JSON on the descriptor it was given. It dies with its parent, and takes its whole tree with it.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import FrameType

from workers import confine
from workers.tree import Tree

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Order:
    """What the launcher is told."""

    report: int
    """Descriptor the outcome is written to."""
    memory: int
    """Bytes."""
    cpu: int
    """Seconds."""
    file: int
    """Bytes of any one file."""
    files: int
    """Open files."""
    tasks: int
    """Processes and threads of the child's user, this tree or all; root's are not counted."""
    nice: int
    """The child's priority (nice(2))."""
    confinement: confine.Confinement | None
    """None inside bubblewrap, which has confined everything already."""


def encode(order: Order) -> str:
    return json.dumps(asdict(order))


def decode(text: str) -> Order:
    fields = json.loads(text)
    if fields["confinement"] is not None:
        fields["confinement"] = confine.Confinement(**fields["confinement"])
    return Order(**fields)


def command(order: Order, argv: Sequence[str], python: str, packages: str) -> list[str]:
    """The command line that starts `argv` through the launcher."""
    code = f"import sys; sys.path.insert(0, {packages!r}); from workers.launch import main; main()"
    return [python, "-I", "-S", "-c", code, encode(order), *argv]


def main() -> None:
    order, argv = decode(sys.argv[1]), sys.argv[2:]
    parent = os.getppid()
    os.setpriority(os.PRIO_PROCESS, 0, order.nice)
    for number in _ENDING:
        signal.signal(number, _end)
    confine.adopt_orphans()
    if order.confinement is not None:
        confine.prepare(order.confinement)
    _die_with(parent, signal.SIGTERM)
    launcher = os.getpid()
    child = os.fork()
    if child == 0:
        _become(order, argv, launcher)
    _, status, _ = os.wait4(child, 0)
    _clear()
    _tell(order.report, _outcome(status))
    os._exit(0)


def _become(order: Order, argv: Sequence[str], launcher: int) -> None:
    """In the new process: limits, confinement, exec. Never returns."""
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(order.report, False)
        _limit(order)
        confine.forbid_new_privileges()
        if order.confinement is not None:
            confine.enter(order.confinement)
        _die_with(launcher, signal.SIGKILL)
        os.execvp(argv[0], list(argv))  # noqa: S606 - no shell is what we want
    except BaseException as error:
        _tell(order.report, {"error": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(127)


def _die_with(parent: int, number: signal.Signals) -> None:
    """Set after every change of user, which clears it (prctl(2), PR_SET_PDEATHSIG)."""
    confine.die_with_parent(number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def _limit(order: Order) -> None:
    """Address space is capped loosely (threads reserve far more than they touch), private writable
    memory closely; what is really resident is watched from outside."""
    caps = [
        (resource.RLIMIT_AS, 2 * order.memory + (2 << 30), None),
        (resource.RLIMIT_DATA, order.memory + (256 << 20), None),
        (resource.RLIMIT_CPU, order.cpu, order.cpu + 1),
        (resource.RLIMIT_FSIZE, order.file, None),
        (resource.RLIMIT_NOFILE, order.files, None),
        (resource.RLIMIT_CORE, 0, None),
        (resource.RLIMIT_NPROC, order.tasks, None),
    ]
    for limit, soft, hard in caps:
        ceiling = resource.getrlimit(limit)[1]
        wish = (soft, soft if hard is None else hard)
        if ceiling != resource.RLIM_INFINITY:
            wish = (min(wish[0], ceiling), min(wish[1], ceiling))
        resource.setrlimit(limit, wish)


def _outcome(status: int) -> dict[str, object]:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = os.waitstatus_to_exitcode(status)
    return {
        "code": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "cpu": used.ru_utime + used.ru_stime,
        "rss": used.ru_maxrss * 1024,
    }


def _tell(descriptor: int, outcome: dict[str, object]) -> None:
    with suppress(BrokenPipeError):
        os.write(descriptor, json.dumps(outcome).encode() + b"\n")


def _clear() -> None:
    """Ends and reaps what the command left behind; orphans were adopted by this process."""
    tree = Tree(os.getpid())
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        tree.kill(within=0.5, spare_root=True)


def _end(_number: int, _frame: FrameType | None) -> None:
    _clear()
    os._exit(1)
