"""Runs calls as Ray tasks: in a Ray of its own on this machine, or on a cluster.

The only file that knows Ray. Everything of Ray happens in one thread that lives from the pool's
beginning to its end: Ray's processes die with the thread that started them (prctl(2),
PR_SET_PDEATHSIG), and the main thread keeps its signals.
"""

import ctypes
import logging
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from workers.attempt import take
from workers.errors import WorkerError
from workers.model import Call, Event, Failed, Progress
from workers.ray_task import Driver, boot, work
from workers.tree import Tree, started
from workers.watchdog import MARK_NAME
from workers.workspace import workspace

_LOOK = 0.1
"""Seconds a new call waits at most to be seen."""
_COUNT_EVERY = 5.0
"""Seconds between counts of a cluster's CPUs."""
_ALONE = 60.0
"""Seconds for which a cluster without workers is waited for."""
_OTHER = 120.0
"""Seconds for which another pool of this process may take to end."""
_STORE = 80 << 20
"""Bytes of Ray's object store: results are paths and numbers."""

_log = logging.getLogger("workers")


class RayPool:
    """The `Pool` protocol over Ray. The constructor returns at once and Ray starts beside whatever
    comes next; calls that are submitted before it is up wait for it.

    `address` joins a cluster (its token comes from the environment, as Ray documents); `slots` is
    then the cluster's CPUs unless given. Without, a Ray of `slots` CPUs is started that listens on
    loopback only and asks for a token that is never written to a file.
    """

    def __init__(self, slots: int | None = None, address: str | None = None) -> None:
        self._slots = slots if slots is not None or address is not None else os.cpu_count() or 1
        self._address = address
        self._calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._started = threading.Event()
        self._closing = threading.Event()
        self._error: str | None = None
        self._thread = threading.Thread(target=self._live, name="ray", daemon=False)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether Ray is up (or has failed to come up, which `wait` will say)."""
        return self._started.is_set()

    @property
    def slots(self) -> int:
        """Waits until the cluster has said how many, where it was not given."""
        if self._slots is None:
            self._started.wait()
            self._raise()
        return self._slots or 1

    def submit(self, call: Call) -> None:
        """Raises WorkerError after `close`, and where Ray is gone."""
        if self._closing.is_set():
            raise WorkerError(f"{call.key} came after the pool was closed")
        self._calls.put(call)

    def wait(self, timeout: float) -> Sequence[Event]:
        """Raises WorkerError where Ray could not be started or died."""
        events = take(self._events, timeout)
        if not events:
            self._raise()
        return events

    def close(self) -> None:
        """A Ray that is still starting cannot be stopped halfway: it ends itself once it is up, and
        the interpreter waits for it."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join(2)

    def _raise(self) -> None:
        if self._error is not None:
            raise WorkerError(self._error)

    def _live(self) -> None:
        """The life of the thread that owns Ray: whatever ends it, `wait` says so."""
        try:
            with ExitStack() as stack:
                self._begin_and_serve(stack)
        except WorkerError as error:
            self._error = str(error)
        except Exception as error:  # Ray raises of everything, also while it is taken down
            _log.debug("Ray ended", exc_info=True)
            if self._error is None and not self._closing.is_set():
                self._error = f"Ray's own processes died ({error}); run it again to go on"

    def _begin_and_serve(self, stack: ExitStack) -> None:
        try:
            _only_one(stack, self._closing)
            session = _Session(self._slots, self._address, stack)
            self._slots = session.slots()
        except Exception as error:
            _log.debug("Ray did not start", exc_info=True)
            self._error = f"Ray did not start: {error}"
            return
        finally:
            self._started.set()
        self._serve(session)

    def _serve(self, session: "_Session") -> None:
        pending: deque[Call] = deque()
        # a program that ends without closing the pool must not wait for ever for this thread
        while not self._closing.is_set() and threading.main_thread().is_alive():
            with suppress(queue.Empty):
                while True:
                    idle = not (session.running or pending)
                    pending.append(self._calls.get(timeout=_LOOK if idle else 0))
            self._slots = session.slots()
            while pending and len(session.running) <= self._slots:
                session.submit(pending.popleft())
            for event in session.events(_LOOK):
                self._events.put(event)
            if not session.alive():
                self._error = "Ray's own processes died; what was finished is kept, run it again"
                return


class _Session:
    """A connection to Ray, used by one thread. `stack` gets what ends it."""

    def __init__(self, slots: int | None, address: str | None, stack: ExitStack) -> None:
        # Ray 2.60 warns of a future change unless this is set either way
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        self._node: Any = None
        folder: Path | None = None
        if address is None:
            # removed when the last process is gone: one that just starts would make it again
            folder = stack.enter_context(workspace(_private_root(), "ray"))
            _lend_environment(stack)
        ray = self._ray = import_module("ray")
        quiet: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
        if folder is not None:
            self._node = _start_node(slots or 1, folder, stack)
            quiet |= {"_node_ip_address": "127.0.0.1", "_temp_dir": str(folder)}
            address = self._node.gcs_address
        elif address is not None:
            _knock(address)
        _silence(stack)
        with _own_handler(signal.SIGTERM):
            ray.init(address=address, **quiet)
        stack.callback(ray.shutdown)
        stack.callback(_never_destroy_accessor)
        self._given = slots
        self._counted, self._count_at = 0, 0.0
        self._empty_since = time.monotonic()
        self.running: dict[Any, Call] = {}
        stack.callback(self._cancel)
        # Ray would retry a task whose worker ran out of memory for ever: retries are the farm's
        options = ray.remote(max_retries=0, num_cpus=1, num_returns="streaming")
        self._task = options(work)
        self._driver = Driver(boot(), os.getpid(), started(os.getpid()))

    def slots(self) -> int:
        """As given, or the CPUs of the cluster, whose machines come and go. Raises WorkerError
        where it has none for a while: its head may be up, but no worker."""
        now = time.monotonic()
        if self._given is None and now >= self._count_at:
            self._counted = int(self._ray.cluster_resources().get("CPU", 0))
            self._count_at = now + _COUNT_EVERY
            self._empty_since = now if self._counted else self._empty_since
            if now - self._empty_since > _ALONE:
                raise WorkerError("the Ray cluster has no workers; start one, and run it again")
        return self._given or max(1, self._counted)

    def submit(self, call: Call) -> None:
        self.running[self._task.remote(call, self._driver)] = call

    def events(self, timeout: float) -> Iterator[Event]:
        if not self.running:
            return
        ready, _ = self._ray.wait(
            list(self.running), num_returns=1, timeout=timeout, fetch_local=False
        )
        for stream in ready:
            event = self._next(stream, self.running[stream].key)
            if not isinstance(event, Progress):
                del self.running[stream]
            yield event

    def _next(self, stream: Any, key: str) -> Event:
        try:
            event: Event = self._ray.get(next(stream))
        except StopIteration:
            return Failed(key, "the task ended without a result", retry=True)
        except self._ray.exceptions.RayTaskError as error:
            return Failed(key, f"the worker could not run it: {error.cause}", retry=False)
        except self._ray.exceptions.RayError as error:
            why = str(error).partition("\n")[0]
            return Failed(key, f"the worker that ran it was lost ({why})", retry=True)
        return event

    def alive(self) -> bool:
        if self._node is not None:
            return bool(self._node.remaining_processes_alive())
        return bool(self._ray.is_initialized())

    def _cancel(self) -> None:
        """Ends the worker processes that are busy; each takes its child with it."""
        for stream in self.running:
            with suppress(self._ray.exceptions.RayError):
                self._ray.cancel(stream, force=True)


@contextmanager
def _own_handler(number: signal.Signals) -> Iterator[None]:
    """Puts back how this process handles a signal: Ray's library would print a crash report of a
    polite stop. `signal.signal` is for the main thread alone, sigaction(2) is not."""
    libc = ctypes.CDLL(None)
    before = ctypes.create_string_buffer(256)  # larger than any struct sigaction
    libc.sigaction(number, None, before)
    try:
        yield
    finally:
        libc.sigaction(number, before, None)


def _never_destroy_accessor() -> None:
    """Ray 2.60 drops its connection to the cluster's state while it holds the interpreter's lock,
    and where the other end is gone that now and then waits for ever, the whole process with it.
    One reference too many keeps that connection; it ends with the process."""
    state: Any = import_module("ray._private.state")
    accessor = state.state._global_state_accessor
    if accessor is not None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(accessor))


_session_lock = threading.Lock()


def _only_one(stack: ExitStack, given_up: threading.Event) -> None:
    """Ray is one a process; a pool that is just being closed is waited for."""
    deadline = time.monotonic() + _OTHER
    while not _session_lock.acquire(timeout=_LOOK):
        if given_up.is_set() or time.monotonic() > deadline:
            raise WorkerError("this process has a Ray pool already; close that one first")
    stack.callback(_session_lock.release)


# --- starting a local Ray ------------------------------------------------------------------------


def _lend_environment(stack: ExitStack) -> None:
    """Among it a token for this Ray alone, in the environment of its processes: `ray.init` would
    write one to a file the whole machine can read."""
    mark = secrets.token_hex(16)
    stack.enter_context(_watchdog(mark))
    wanted = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        MARK_NAME: mark,
        # Ray's processes rename themselves; without this they would write over their environment:
        # https://github.com/dvarrazzo/py-setproctitle#environment-variables
        "SPT_NOENV": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    stack.callback(_restore, before)
    raylet = import_module("ray._raylet")
    # both were read when Ray was first imported
    raylet.Config.initialize("")
    raylet.AuthenticationTokenLoader.instance().reset_cache()


@contextmanager
def _watchdog(mark: str) -> Iterator[None]:
    """A process beside this one that outlives it just long enough to end every process of this Ray:
    its agents, told by nobody, would go on for a minute."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.watchdog", mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env={name: value for name, value in os.environ.items() if name != MARK_NAME},
        start_new_session=True,
    )
    try:
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


def _restore(environment: dict[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _start_node(slots: int, folder: Path, stack: ExitStack) -> Any:
    """A head node without what a farm has no use for: autoscaler, log monitor, dashboard, metrics.

    That saves 1.3 s of CPU at the start and 1.3 s at the end. `ray.init` cannot leave them out, nor
    listen on loopback alone, so the node is started as `ray.init` and `ray start` start it.
    """
    constants: Any = import_module("ray._private.ray_constants")
    # Ray would put this machine's address in place of loopback
    constants.ENABLE_RAY_CLUSTER = False
    stack.callback(setattr, constants, "ENABLE_RAY_CLUSTER", True)
    base = import_module("ray._private.node").Node
    local = type("LocalNode", (base,), {"start_api_server": lambda _self, **_: None})
    node = local(
        import_module("ray._private.parameter").RayParams(
            node_ip_address="127.0.0.1",
            num_cpus=slots,
            num_gpus=0,
            object_store_memory=_STORE,
            include_dashboard=False,
            include_log_monitor=False,
            no_monitor=True,
            temp_dir=str(folder),
            _system_config={"enable_metrics_collection": False, "enable_open_telemetry": False},
        ),
        head=True,
        shutdown_at_exit=False,
        spawn_reaper=True,
        ray_init_cluster=True,
    )
    stack.callback(_end_node, node)
    return node


def _end_node(node: Any) -> None:
    """With the agents and workers, which Ray leaves to notice by themselves."""
    for process in [entry for entries in node.all_processes.values() for entry in entries]:
        Tree(process.process.pid).kill(within=1, spare_root=False)
    node.kill_all_processes(check_alive=False, wait=True)


def _private_root() -> Path:
    """Short, for the sockets in it (a path of one has 107 bytes), and nobody else's."""
    root = Path(tempfile.gettempdir()) / f"farm-{os.getuid()}"
    if len(str(root)) > 30:
        root = Path("/tmp") / root.name  # noqa: S108 - its owner is checked
    root.mkdir(mode=0o700, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise WorkerError(f"{root} belongs to somebody else; remove it, or set TMPDIR")
    # Ray opens the folder it is given to everyone, so the one above must be closed
    root.chmod(0o700)
    return root


def _knock(address: str) -> None:
    """Raises WorkerError where nobody answers at HOST:PORT: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or "/" in host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        raise WorkerError(f"nobody answers at {address} ({error.strerror or error})") from error


def _silence(stack: ExitStack) -> None:
    """Lost workers are told as events; Ray would print a paragraph of each on the terminal. Its
    thread that does so may also miss the end and keep `ray.shutdown` waiting for ever."""
    worker: Any = import_module("ray._private.worker")
    stack.callback(setattr, worker, "listen_error_messages", worker.listen_error_messages)
    worker.listen_error_messages = lambda *_: None
