"""Runs one program in a sandbox, under limits, and never leaves without it: `run_child`."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from workers import cancel, launch, pids, sandbox
from workers.errors import WorkerError
from workers.limits import Cause, ChildExit, ChildLimits
from workers.sandbox import Isolation
from workers.tree import Tree

__all__ = ["Cause", "ChildExit", "ChildLimits", "Isolation", "run_child"]

_TICK = 0.1
"""Seconds between looks at the child."""
_TASKS = 16
"""The kernel's limits count threads: so many for a process that is allowed."""
_READ = 1 << 16
_LINE = 1 << 16
"""Bytes of a line that are kept."""
_TAIL = 16 << 10


def run_child(
    argv: Sequence[str],
    *,
    limits: ChildLimits,
    readable: Sequence[Path],
    writable: Path,
    on_line: Callable[[str], None],
    cancelled: Callable[[], bool] | None = None,
    env: Mapping[str, str] | None = None,
    isolation: Isolation | None = None,
) -> ChildExit:
    """Run `argv` until it ends or has to be ended.

    It sees the interpreter, the system's libraries, the `readable` files and folders and the
    `writable` folder (where it starts), each under its own absolute path; no network, none of this
    process's environment. `on_line` gets each line of its standard output as it comes; what it
    raises ends the child. It is cancelled when `cancelled()` says so or the pool that runs this
    call is closed. `isolation` None: the best this machine can do.

    Raises WorkerError where a path to bind is missing. The calling thread must be the one that
    lives as long as the child: the kernel ends the child with it.
    """
    for path in [*readable, writable]:
        if not path.exists() or not path.is_absolute():
            raise WorkerError(
                f"{path} cannot be given to a child: it is not there, or not absolute"
            )
    chosen = isolation or sandbox.best_isolation()
    with ExitStack() as stack:
        temporary = Path("/tmp")  # noqa: S108 - the sandbox's own
        if chosen is Isolation.LAUNCHER:
            # within what is swept when this process is killed
            temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=writable))
            stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        reader, writer = map(stack.enter_context, _pipe())
        order = _order(limits, writer.fileno(), chosen, readable, writable, temporary)
        command = sandbox.command(
            argv, order, isolation=chosen, readable=readable, writable=writable
        )
        group = stack.enter_context(pids.group(_TASKS * limits.processes))
        stack.enter_context(_ahead())
        process = subprocess.Popen(
            command if group is None else pids.joining(group, command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=sandbox.environment(env or {}, str(temporary)),
            cwd=writable,
            start_new_session=True,
            pass_fds=[writer.fileno()],
        )
        writer.close()
        run = _Run(process, limits, on_line, cancelled or (lambda: False), writable, chosen)
        try:
            run.follow()
        finally:
            run.kill()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        return run.exit(_outcome(reader))


def _pipe() -> tuple[FileIO, FileIO]:
    """As files, not bare descriptors: those close once, however often they are told to, and a
    number that is closed twice may be another thread's file by then."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    return FileIO(reader, "rb"), FileIO(writer, "wb")


@contextmanager
def _ahead() -> Iterator[None]:
    """Puts this thread before the child where that is allowed: it must get its turn among any
    number of processes. The launcher steps back."""
    thread, before = threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0)
    try:
        os.setpriority(os.PRIO_PROCESS, thread, -10)
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, thread, before)


def _order(
    limits: ChildLimits,
    report: int,
    isolation: Isolation,
    readable: Sequence[Path],
    writable: Path,
    temporary: Path,
) -> launch.Order:
    wrapped = isolation is Isolation.BUBBLEWRAP
    return launch.Order(
        report=report,
        memory=limits.memory,
        cpu=max(1, int(limits.cpu)),
        file=limits.file,
        files=limits.files,
        # in its own user namespace only this tree is counted, else all that the user runs
        tasks=_TASKS * limits.processes + (0 if wrapped else pids.tasks_of_user()),
        nice=os.getpriority(os.PRIO_PROCESS, 0),
        confinement=None if wrapped else sandbox.confinement(readable, writable, temporary),
    )


@dataclass(slots=True)
class _Run:
    """One child while it runs."""

    process: subprocess.Popen[bytes]
    limits: ChildLimits
    on_line: Callable[[str], None]
    asked_to_stop: Callable[[], bool]
    folder: Path
    isolation: Isolation
    tree: Tree = field(init=False)
    began: float = field(default_factory=time.monotonic)
    last_line: float = field(default_factory=time.monotonic)
    partial: bytes = b""
    tail: bytes = b""
    written: int = 0
    peak: int = 0
    cpu: float = 0.0
    broken: tuple[Cause, str] | None = None

    def __post_init__(self) -> None:
        self.tree = Tree(self.process.pid)

    def follow(self) -> None:
        """Until it has ended, or `broken` says why it must."""
        next_look = next_walk = 0.0
        with selectors.DefaultSelector() as selector:
            for stream in (self.process.stdout, self.process.stderr):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
                    selector.register(stream, selectors.EVENT_READ, stream is self.process.stdout)
            while self.process.poll() is None or selector.get_map():
                if not selector.get_map():
                    time.sleep(0.005)
                for key, _ in selector.select(_TICK if selector.get_map() else 0):
                    if not self._read(key.fd, is_stdout=key.data):
                        selector.unregister(key.fileobj)
                now = time.monotonic()
                if now >= next_look:
                    next_look = now + _TICK
                    self._look(now)
                if now >= next_walk:
                    next_walk = now + 1.0
                    self._measure_folder()
                if self.broken is not None:
                    return

    def _read(self, descriptor: int, *, is_stdout: bool) -> bool:
        data = os.read(descriptor, _READ)
        if not is_stdout:
            self.tail = (self.tail + data)[-_TAIL:]
            return bool(data)
        self.written += len(data)
        if self.written > self.limits.output:
            self.broken = Cause.OUTPUT, "wrote far more to standard output than it may"
            return bool(data)
        *lines, self.partial = (self.partial + data).split(b"\n")
        self.partial = self.partial[:_LINE]
        for line in lines:
            self.last_line = time.monotonic()
            self.on_line(line[:_LINE].decode("utf-8", "replace"))
        return bool(data)

    def _look(self, now: float) -> None:
        usage = self.tree.usage()
        self.peak, self.cpu = max(self.peak, usage.rss), max(self.cpu, usage.cpu)
        limits = self.limits
        # bubblewrap adds two processes of its own, the launcher one
        processes = usage.processes - (3 if self.isolation is Isolation.BUBBLEWRAP else 1)
        if self.asked_to_stop() or cancel.cancelled():
            self.broken = Cause.CANCELLED, "was cancelled"
        elif usage.rss > limits.memory:
            self.broken = Cause.MEMORY, f"used more than {limits.memory >> 20} MB of memory"
        elif processes > limits.processes:
            self.broken = Cause.PROCESSES, f"started more than {limits.processes} processes"
        elif usage.cpu > limits.cpu:
            self.broken = Cause.CPU, f"used more than {limits.cpu:g} s of CPU time"
        elif now - self.began > limits.wall:
            self.broken = Cause.TIME, f"ran longer than {limits.wall:g} s"
        elif now - self.last_line > limits.stall:
            self.broken = Cause.STALL, f"made no progress for {limits.stall:g} s"

    def _measure_folder(self) -> None:
        total, largest = 0, 0
        for parent, _, names in os.walk(self.folder):
            for name in names:
                with suppress(OSError):
                    size = os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
                    total, largest = total + size, max(largest, size)
        if total > self.limits.folder:
            self.broken = Cause.FILES, f"wrote more than {self.limits.folder >> 20} MB of files"
        elif largest >= self.limits.file:
            self.broken = Cause.FILES, f"wrote a file of more than {self.limits.file >> 20} MB"

    def kill(self) -> None:
        """Ends the whole tree and reaps the process; harmless where it has ended."""
        if self.process.poll() is None:
            if self.isolation is Isolation.LAUNCHER:
                self.tree.kill(within=30.0, spare_root=True)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.tree.kill(within=30.0, spare_root=False)
        self.process.wait()

    def exit(self, outcome: dict[str, Any]) -> ChildExit:
        self.cpu = max(self.cpu, outcome.get("cpu", 0.0))
        self.peak = max(self.peak, outcome.get("rss", 0))
        code, number = outcome.get("code"), outcome.get("signal")
        if not outcome:
            number = _killer(self.process.returncode)
        if self.broken is None:
            self._measure_folder()
        cause, reason = self._why(outcome, code, number)
        if cause not in (Cause.EXITED, Cause.SIGNALLED):
            code, number = None, number or signal.SIGKILL
        tail = self.tail.decode("utf-8", "replace")
        return ChildExit(code, number, reason, tail, self.cpu, self.peak, cause)

    def _why(
        self, outcome: dict[str, Any], code: int | None, number: int | None
    ) -> tuple[Cause, str]:
        if self.broken is not None and code != 0:
            return self.broken
        if "error" in outcome or not (outcome or number):
            last = self.tail.decode("utf-8", "replace").strip().rpartition("\n")[2]
            return Cause.NOT_STARTED, f"could not be started: {outcome.get('error') or last}"
        if number == signal.SIGXCPU or (number and self.cpu >= self.limits.cpu):
            return Cause.CPU, f"used more than {self.limits.cpu:g} s of CPU time"
        if code != 0 and self.peak >= self.limits.memory:
            return Cause.MEMORY, f"used more than {self.limits.memory >> 20} MB of memory"
        if number is not None:
            return Cause.SIGNALLED, f"was killed by {signal.Signals(number).name}"
        return Cause.EXITED, "finished" if code == 0 else f"exited with status {code}"


def _killer(returncode: int) -> int | None:
    """The signal that ended a child together with its launcher, as Popen or bubblewrap tells it."""
    if returncode < 0:
        return -returncode
    return returncode - 128 if returncode > 128 else None


def _outcome(report: FileIO) -> dict[str, Any]:
    """The launcher's last word; empty where it had none (it was killed)."""
    words: dict[str, Any] = {}
    for line in (report.read(_READ) or b"").splitlines():
        words |= json.loads(line)
    return words
