"""Runs calls as Ray tasks: in a Ray of its own on this machine, or on a cluster.

Everything of Ray happens in one thread that lives from the pool's beginning to its end: Ray's
processes die with the thread that started them (prctl(2), PR_SET_PDEATHSIG), and the main thread
keeps its signals.
"""

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from workers.attempt import stopped, take
from workers.errors import WorkerError
from workers.model import Call, Event, Node
from workers.ray_session import Session

_LOOK = 0.1
"""Seconds a new call waits at most to be seen."""
_OTHER = 120.0
"""Seconds for which another pool of this process may take to end."""
_ALONE = 60.0
"""Seconds for which a cluster without workers is waited for."""

_log = logging.getLogger("workers")


@dataclass(frozen=True, slots=True)
class _Submit:
    call: Call
    node: str | None


@dataclass(frozen=True, slots=True)
class _Cancel:
    key: str


@dataclass(frozen=True, slots=True)
class _Scale:
    slots: int
    answer: Future[None] = field(default_factory=Future)


class RayPool:
    """The `Pool` protocol over Ray. The constructor returns at once and Ray starts beside whatever
    comes next; calls that are submitted before it is up wait for it.

    `address` joins a cluster (its token comes from the environment, as Ray documents); `slots` is
    then the cluster's CPUs unless given, and `patience` the seconds for which it may have no
    workers (None: any time). Without, a Ray of `slots` CPUs is started that listens on loopback
    only and asks for a token that is never written to a file.
    """

    def __init__(
        self,
        slots: int | None = None,
        address: str | None = None,
        patience: float | None = _ALONE,
    ) -> None:
        self._slots = slots if slots is not None or address is not None else os.cpu_count() or 1
        self._address = address
        self._patience = patience
        self._orders: queue.SimpleQueue[_Submit | _Cancel | _Scale] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._nodes: tuple[Node, ...] = ()
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

    def nodes(self) -> tuple[Node, ...]:
        """None until Ray is up."""
        return self._nodes

    def submit(self, call: Call, node: str | None = None) -> None:
        """Raises WorkerError after `close`, and where Ray is gone."""
        if self._closing.is_set():
            raise WorkerError(f"{call.key} came after the pool was closed")
        self._orders.put(_Submit(call, node))

    def wait(self, timeout: float) -> Sequence[Event]:
        """Raises WorkerError where Ray could not be started or died."""
        events = take(self._events, timeout)
        if not events:
            self._raise()
        return events

    def cancel(self, key: str) -> None:
        self._orders.put(_Cancel(key))

    def scale(self, slots: int) -> None:
        """Waits for Ray. Raises WorkerError where it is gone, and where it has no autoscaler, as
        one that was started here."""
        order = _Scale(slots)
        self._orders.put(order)
        while True:
            with suppress(TimeoutError):
                order.answer.result(_LOOK)
                return
            self._raise()
            if self._closing.is_set():
                raise WorkerError("the pool was closed")

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
            session = Session(self._slots, self._address, self._patience, stack)
            self._slots, self._nodes = session.slots, session.nodes
        except Exception as error:
            _log.debug("Ray did not start", exc_info=True)
            self._error = f"Ray did not start: {error}"
            return
        finally:
            self._started.set()
        self._serve(session)

    def _serve(self, session: Session) -> None:
        pending: deque[_Submit] = deque()
        # a program that ends without closing the pool must not wait for ever for this thread
        while not self._closing.is_set() and threading.main_thread().is_alive():
            with suppress(queue.Empty):
                while True:
                    idle = not (session.runs or pending)
                    order = self._orders.get(timeout=_LOOK if idle else 0)
                    self._obey(order, session, pending)
            while pending and len(session.runs) <= session.slots:
                self._tell(session.submit(pending[0].call, pending[0].node))
                pending.popleft()
            self._tell(*session.events(_LOOK))
            if not session.alive():
                self._error = "Ray's own processes died; what was finished is kept, run it again"
                return
            self._tell(*session.look())
            self._slots, self._nodes = session.slots, session.nodes

    def _obey(
        self, order: _Submit | _Cancel | _Scale, session: Session, pending: deque[_Submit]
    ) -> None:
        match order:
            case _Submit():
                pending.append(order)
            case _Scale():
                try:
                    session.scale(order.slots)
                except WorkerError as error:
                    order.answer.set_exception(error)
                else:
                    order.answer.set_result(None)
            case _Cancel():
                session.cancel(order.key)
                for late in [late for late in pending if late.call.key == order.key]:
                    pending.remove(late)
                    self._tell(stopped(order.key))

    def _tell(self, *events: Event | None) -> None:
        for event in events:
            if event is not None:
                self._events.put(event)


_session_lock = threading.Lock()


def _only_one(stack: ExitStack, given_up: threading.Event) -> None:
    """Ray is one a process; a pool that is just being closed is waited for."""
    deadline = time.monotonic() + _OTHER
    while not _session_lock.acquire(timeout=_LOOK):
        if given_up.is_set() or time.monotonic() > deadline:
            raise WorkerError("this process has a Ray pool already; close that one first")
    stack.callback(_session_lock.release)
