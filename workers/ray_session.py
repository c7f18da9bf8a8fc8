"""A connection to Ray. The only file that imports it."""

import ctypes
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from workers.attempt import elsewhere, stopped
from workers.errors import WorkerError
from workers.model import Call, Done, Event, Failed, Node, Placed
from workers.ray_node import lend_environment, private_folder, start_node
from workers.ray_task import Driver, boot, work
from workers.tree import started

_LOOK_EVERY = 2.0
"""Seconds between looks at a cluster's nodes."""
_GRACE = 2.0
"""Seconds for which Ray itself may still tell what became of a dead node's calls."""
_POLITE = 1.0
"""Seconds for which a cancelled call may end by itself."""
_HEADLESS = 20.0
"""Seconds for which a cluster's head may be out of reach. After a minute Ray would end the whole
process."""
_REMEMBERED = 600.0
"""Seconds for which a dead node is listed."""


@dataclass(eq=False, slots=True)
class _Run:
    """A call that was given to Ray."""

    call: Call
    wanted: str | None
    """The node it must run on; None: any."""
    placed: str | None = None
    cancelled: float | None = None
    """When it was."""
    since: float = field(default_factory=time.monotonic)


class Session:
    """Used by one thread; `stack` gets what ends it. `patience` is the time in seconds for which a
    cluster without workers is waited for; None: for ever."""

    def __init__(
        self, slots: int | None, address: str | None, patience: float | None, stack: ExitStack
    ) -> None:
        # Ray 2.60 warns of a future change unless this is set either way
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        self._node: Any = None
        quiet: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
        if address is None:
            folder = private_folder(stack)
            lend_environment(stack)
            ray = _import(stack)
            self._node = start_node(ray, slots or 1, folder, stack)
            quiet |= {"_node_ip_address": "127.0.0.1", "_temp_dir": str(folder)}
            address = self._node.gcs_address
        else:
            ray = _import(stack)
            _knock(address)
        with _own_handler(signal.SIGTERM):
            ray.init(address=address, **quiet)
        stack.callback(ray.shutdown)
        stack.callback(_never_destroy_accessor, ray)
        self._ray = ray
        self._address = str(ray.get_runtime_context().gcs_address)
        self._given, self._patience = slots, patience
        self._nodes = _Nodes(ray)
        self._look_at = self._heard = self._manned = time.monotonic()
        self.runs: dict[Any, _Run] = {}
        self._polite: list[Any] = []
        """Cancelled, and given the time to end their children themselves."""
        stack.callback(self._cancel_all)
        # Ray would retry a task whose worker ran out of memory for ever: retries are the farm's
        self._task = ray.remote(max_retries=0, num_cpus=1, num_returns="streaming")(_task)
        self._driver = Driver(boot(), os.getpid(), started(os.getpid()))
        self._nodes.look()

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self._nodes.listed

    @property
    def slots(self) -> int:
        """As given, or the CPUs of the cluster, whose machines come and go."""
        return self._given or max(1, sum(node.slots for node in self._nodes.listed))

    def submit(self, call: Call, node: str | None) -> Failed | None:
        """The end of the call where that node takes none."""
        task = self._task
        if node is not None:
            if not self._nodes.takes(node):
                self._look_at = 0.0  # it may have come just now
                self.look()
            if not self._nodes.takes(node):
                return elsewhere(call.key, node)
            affinity = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
            task = task.options(scheduling_strategy=affinity(node, soft=False))
        self.runs[task.remote(call, self._driver)] = _Run(call, node)
        return None

    def cancel(self, key: str) -> None:
        for stream, run in self.runs.items():
            if run.call.key == key and run.cancelled is None:
                run.cancelled = time.monotonic()
                self._polite.append(stream)
                self._cancel(stream, force=False)

    def events(self, timeout: float) -> Iterator[Event]:
        if not self.runs:
            return
        self._insist()
        ready, _ = self._ray.wait(
            list(self.runs), num_returns=1, timeout=timeout, fetch_local=False
        )
        for stream in ready:
            run = self.runs[stream]
            for event in self._next(stream, run):
                if isinstance(event, Placed):
                    run.placed = event.node
                elif isinstance(event, Done | Failed):
                    del self.runs[stream]
                yield event

    def _next(self, stream: Any, run: _Run) -> tuple[Event, ...]:
        try:
            events: tuple[Event, ...] = self._ray.get(next(stream))
        except StopIteration:
            events = (self._lost(run, "the task ended without a result"),)
        except self._ray.exceptions.RayTaskError as error:
            why = f"the worker could not run it: {error.cause}"
            events = (replace(self._lost(run, why), retry=False),)
        except self._ray.exceptions.TaskUnschedulableError as error:
            events = (self._lost(run, f"no node takes it ({error})"),)
            if run.wanted is not None:
                events = (elsewhere(run.call.key, run.wanted),)
        except self._ray.exceptions.RayError as error:
            why = str(error).partition("\n")[0]
            events = (self._lost(run, f"the worker that ran it was lost ({why})"),)
        if run.cancelled is not None and isinstance(events[-1], Failed):
            return (*events[:-1], stopped(run.call.key, run.placed))
        return events

    def look(self) -> list[Event]:
        """Looks at a cluster's nodes, where it is time to, and ends what Ray forgets. Raises
        WorkerError where the cluster's head is out of reach for long, or no worker is there."""
        now = time.monotonic()
        if self._node is not None or now < self._look_at:
            return []
        self._look_at = now + _LOOK_EVERY
        try:
            _knock(self._address)
        except WorkerError:
            if now - self._heard > _HEADLESS:
                raise WorkerError("the head of the Ray cluster is gone; run it again") from None
            return []
        self._nodes.look()
        self._heard = now
        if self._given is not None or any(node.slots for node in self._nodes.listed):
            self._manned = now
        if self._patience is not None and now - self._manned > self._patience:
            raise WorkerError("the Ray cluster has no workers; start one, and run it again")
        return [event for stream in list(self.runs) for event in self._check(stream, now)]

    def _check(self, stream: Any, now: float) -> list[Event]:
        """What Ray does not tell: a raylet that hangs takes the calls it was given and has not
        begun with it, and Ray waits for ever to hear of them."""
        run = self.runs[stream]
        since = self._overdue(run)
        if since is None or now - since < _GRACE:
            return []
        self._cancel(stream)
        del self.runs[stream]
        if run.cancelled is not None:
            return [stopped(run.call.key, run.placed)]
        if run.placed is not None:
            return [self._lost(run, f"the node {run.placed} that ran it is gone")]
        if run.wanted is not None:
            return [elsewhere(run.call.key, run.wanted)]
        self.submit(run.call, None)
        return []

    def _overdue(self, run: _Run) -> float | None:
        """Since when its end, or its beginning, should have been told."""
        if run.cancelled is not None:
            return run.cancelled + _GRACE
        if run.placed is not None:
            return self._nodes.died(run.placed)
        if run.wanted is not None:
            return self._nodes.left(run.wanted)
        return self._nodes.last_death(after=run.since)

    def scale(self, slots: int) -> None:
        """Raises WorkerError where there is no autoscaler, or the head does not answer."""
        _knock(self._address)
        if self._node is not None or not self._is_scaled():
            raise WorkerError("this Ray has no autoscaler; start or stop workers by hand")
        import_module("ray.autoscaler.sdk").request_resources(num_cpus=slots)

    def _is_scaled(self) -> bool:
        """An autoscaler of the first kind tells a table of its state, one of the second the GCS."""
        if import_module("ray.experimental.internal_kv")._internal_kv_get("__autoscaling_status"):
            return True
        status = import_module("ray.core.generated.autoscaler_pb2").GetClusterStatusReply()
        client = self._ray._raylet.GcsClient(self._address)
        status.ParseFromString(client.get_cluster_status(timeout_s=5))
        return bool(status.autoscaling_state.autoscaler_state_version)

    def alive(self) -> bool:
        if self._node is not None:
            return bool(self._node.remaining_processes_alive())
        return bool(self._ray.is_initialized())

    def _cancel_all(self) -> None:
        for stream in self.runs:
            self._cancel(stream)

    def _insist(self) -> None:
        """A worker that is killed just when it starts a child leaves that behind: bubblewrap asks
        the kernel to die with it a moment later. So it is asked first, and killed only then."""
        now = time.monotonic()
        for stream in list(self._polite):
            run = self.runs.get(stream)
            if run is None or run.cancelled is None:
                self._polite.remove(stream)
            elif now - run.cancelled > _POLITE:
                self._polite.remove(stream)
                self._cancel(stream)

    def _cancel(self, stream: Any, *, force: bool = True) -> None:
        """Interrupts the task, or ends its worker process, which takes the child with it."""
        with suppress(self._ray.exceptions.RayError):
            self._ray.cancel(stream, force=force)

    def _lost(self, run: _Run, why: str) -> Failed:
        return Failed(run.call.key, why, retry=True, node=run.placed)


def _task(call: Call, driver: Driver) -> Iterator[tuple[Event, ...]]:
    """What Ray runs in a worker."""
    yield from work(call, driver, import_module("ray").get_runtime_context().get_node_id())


class _Nodes:
    """The nodes of a cluster, as they were last seen."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._dead: dict[str, float] = {}
        """When each was first seen dead."""
        self._leaving: dict[str, float] = {}
        """When each was first seen to take no more calls."""
        self.listed: tuple[Node, ...] = ()

    def look(self) -> None:
        now = time.monotonic()
        draining = self._ray._private.state.state.get_draining_nodes()
        listed = []
        known = {node.id for node in self.listed}
        for row in self._ray.nodes():
            name, alive = str(row["NodeID"]), bool(row["Alive"])
            if not alive and self._dead.setdefault(name, now if name in known else 0.0) == 0.0:
                continue
            if alive and name not in draining:
                slots = int(row["Resources"].get("CPU", 0))
            else:
                slots = 0
                self._leaving.setdefault(name, now)
            listed.append(Node(name, str(row["NodeManagerHostname"]), slots, alive))
        self.listed = tuple(
            node
            for node in sorted(listed, key=lambda node: (node.host, node.id))
            if node.alive or now - self._dead[node.id] < _REMEMBERED
        )

    def takes(self, node: str) -> bool:
        """Whether calls may be given to it."""
        return any(one.id == node and one.slots for one in self.listed)

    def died(self, node: str) -> float | None:
        """When it was first seen dead; None where it lives."""
        return self._dead.get(node)

    def left(self, node: str) -> float | None:
        """When it was first seen dead or about to leave; None where it is there."""
        return self._leaving.get(node)

    def last_death(self, after: float) -> float | None:
        """When a node was last seen dead, if that was later."""
        last = max(self._dead.values(), default=0.0)
        return last if last > after else None


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


def _never_destroy_accessor(ray: Any) -> None:
    """Ray 2.60 drops its connection to the cluster's state while it holds the interpreter's lock,
    and where the other end is gone that now and then waits for ever, the whole process with it.
    One reference too many keeps that connection; it ends with the process."""
    accessor = ray._private.state.state._global_state_accessor
    if accessor is not None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(accessor))


def _knock(address: str) -> None:
    """Raises WorkerError where nobody answers at HOST:PORT: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or "/" in host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        raise WorkerError(f"nobody answers at {address} ({error.strerror or error})") from error


def _import(stack: ExitStack) -> Any:
    """Ray, with the token that is in the environment now: it may have been imported, and have read
    another, before. Lost workers are told as events; Ray would print a paragraph of each on the
    terminal. Its thread that does so may also miss the end and keep `ray.shutdown` waiting for
    ever."""
    ray: Any = import_module("ray")
    ray._raylet.Config.initialize("")
    ray._raylet.AuthenticationTokenLoader.instance().reset_cache()
    worker = ray._private.worker
    stack.callback(setattr, worker, "listen_error_messages", worker.listen_error_messages)
    worker.listen_error_messages = lambda *_: None
    return ray
