"""Feeds one pool from one fair queue, for as many jobs as there are, in a thread of its own."""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import partial

from workers.desk import Desk
from workers.errors import Cancelled, Deposed, JournalLost, Stopped, WorkerError
from workers.fair import AGE, FairQueue
from workers.health import Health, RestRule
from workers.journal import Journal
from workers.model import Call, Done, Event, Failed, Node, Pool
from workers.register import Register
from workers.status import Status
from workers.ticket import CLASSES
from workers.work import JobRef, OnEvent, Outbox

_LOOK = 0.05
"""Seconds between looks while something runs."""
_IDLE = 0.5
"""Seconds between looks while nothing does; whatever is asked wakes it at once."""
_REOPEN = (1.0, 30.0)
"""Seconds before a pool that died is opened anew: first, and at most."""
_FORGET = 600.0
"""Seconds between two times that nodes which are gone are forgotten."""
_CLOSE = 10.0
"""Seconds for which `close` waits."""

_log = logging.getLogger("workers")


class Dispatcher:
    """Every method may be called from any thread. `open_pool` is called in the dispatcher's own,
    again whenever the pool has died; `journal` likewise. An error of the journal other than
    JournalLost ends the dispatcher.

    A call fails for good after `attempts`; `rule` says when a node is rested, `age` how many
    seconds of waiting are worth a class. The journal's lease is renewed every `renew` seconds, and
    given up for lost where that was not possible for `patience` seconds.
    """

    def __init__(
        self,
        open_pool: Callable[[], Pool],
        journal: Journal,
        *,
        clock: Callable[[], float] = time.time,
        attempts: int = 3,
        rule: RestRule | None = None,
        age: float = AGE,
        renew: float = 5.0,
        patience: float = 15.0,
    ) -> None:
        self._open_pool = open_pool
        self._journal = journal
        self._clock = clock
        self._renew_every, self._patience = renew, patience
        self._lock = threading.RLock()
        self._register = Register(FairQueue(age=age), Health(rule), attempts)
        self._unsent = Outbox()
        self._journal_lost = False
        self._to_stop: list[str] = []
        self._desks: weakref.WeakSet[Desk] = weakref.WeakSet()
        self._pool: Pool | None = None
        self._nodes: tuple[Node, ...] = ()
        self._reopen_at, self._reopen_after = 0.0, _REOPEN[0]
        self._renewed = self._renew_at = time.monotonic()
        self._forget_at = time.monotonic() + _FORGET
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._error: Stopped | None = None
        self._thread = threading.Thread(target=self._live, name="dispatcher", daemon=True)
        self._thread.start()

    # --- jobs ---

    def submit(self, job: JobRef, calls: Iterable[Call], on_event: OnEvent) -> None:
        """`on_event` hears of every call from the dispatcher's thread, and must not block: Placed,
        Progress, Failed that will be tried again (`retry` is true), and at last Done, or Failed
        (`retry` is false) with Exhausted, Cancelled, Stopped or what the call raised.

        Raises ValueError where a call of that job and key is under way, Stopped after the end.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            self._register.add(job, calls, on_event, self._clock())
        self._wake.set()

    def desk(self, job: JobRef, on_retry: Callable[[Failed], None] = lambda _: None) -> Desk:
        """A pool for `supervise.run`, of this job alone."""
        made = Desk(self, job, on_retry)
        with self._lock:
            self._desks.add(made)
        return made

    def cancel(self, job: str, keys: Collection[str] | None = None) -> None:
        """Stops a job, which can hand over nothing more at its desk, or its calls of these keys.
        Whoever waits for them is told within about two seconds."""
        with self._lock:
            if keys is None:
                for desk in [desk for desk in self._desks if desk.job.id == job]:
                    desk.refuse(Cancelled(f"{job} was cancelled"))
            stop = self._register.cancel(job, keys, time.monotonic())
            self._to_stop += stop
        self._wake.set()

    def reprioritise(
        self, job: str, *, priority: int | None = None, deadline: float | None = None
    ) -> None:
        """Of what waits and of what is still to be handed over at its desk; None leaves as it is.
        Raises ValueError for a priority there is not."""
        if priority is not None and priority not in range(CLASSES):
            raise ValueError(f"{job} cannot get priority {priority}; give 0, 1 or 2")
        with self._lock:
            for desk in [desk for desk in self._desks if desk.job.id == job]:
                desk.job = replace(
                    desk.job,
                    priority=desk.job.priority if priority is None else priority,
                    deadline=desk.job.deadline if deadline is None else deadline,
                )
            self._register.reprioritise(job, priority, deadline)
        self._wake.set()

    # --- parties and nodes ---

    def set_weight(self, party: str, weight: float) -> None:
        """Raises ValueError where it is not above 0."""
        with self._lock:
            self._register.queue.set_weight(party, weight)

    def pause(self, party: str | None = None) -> None:
        """Begins nothing more of a party, or of anybody; what runs goes on."""
        with self._lock:
            self._register.queue.pause(party)

    def resume(self, party: str | None = None) -> None:
        with self._lock:
            self._register.queue.resume(party)
        self._wake.set()

    def drain(self, node: str, on_empty: Callable[[], None] | None = None) -> None:
        """Gives the node nothing more until it is brought back; `on_empty` is called from the
        dispatcher's thread once it holds nothing."""
        with self._lock:
            self._register.drain(node, on_empty)
        self._wake.set()

    def rest(self, node: str, seconds: float) -> None:
        with self._lock:
            self._register.health.rest(node, self._clock() + seconds)

    def bring_back(self, node: str) -> None:
        with self._lock:
            self._register.bring_back(node)
        self._wake.set()

    def scale(self, slots: int) -> None:
        """Raises WorkerError where nobody can grant them, or there is no pool at present."""
        pool = self._pool
        if pool is None:
            raise WorkerError("the workers are just being started; ask again in a minute")
        pool.scale(slots)

    # --- what is to be seen ---

    def nodes(self) -> tuple[Node, ...]:
        """As the pool last told, resting and draining ones included."""
        return self._nodes

    def status(self) -> Status:
        with self._lock:
            up = self._pool is not None
            return self._register.status(self._nodes, self._clock(), pool_up=up)

    def queue(self) -> FairQueue:
        """A copy, to look ahead in: `order(now)`, `position(job, now)`."""
        with self._lock:
            return self._register.queue.copy()

    @property
    def error(self) -> Stopped | None:
        """Why it has ended; None while it goes on."""
        return self._error

    def close(self) -> None:
        """Stops every call; whoever waits for one gets Stopped, and the journal hears that it was
        lost, for the next dispatcher to do it."""
        self._closing.set()
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE)

    # --- the thread ---

    def _live(self) -> None:
        try:
            while not self._closing.is_set():
                self._turn()
            self._finish(Stopped("the dispatcher was closed; the next one goes on with it"))
        except Stopped as error:
            _log.warning("%s", error)
            self._finish(error)
        except Exception as error:
            _log.exception("the dispatcher ended")
            self._finish(Stopped(f"the dispatcher ended ({error}); start it again to go on"))

    def _turn(self) -> None:
        self._wake.clear()
        self._renew()
        self._tell()
        pool = self._opened()
        if pool is None:
            self._wake.wait(_LOOK)
            return
        try:
            self._stop_cancelled(pool)
            self._hand_out(pool)
            events = self._events(pool)
        except (Stopped, JournalLost):
            raise
        except WorkerError as error:
            self._pool_died(pool, str(error))
            return
        with self._lock:
            now, tick = self._clock(), time.monotonic()
            for event in events:
                self._reopen_after = _REOPEN[0]
                self._register.see(event, now, tick)
            self._register.overdue(tick)
            self._register.emptied()

    def _renew(self) -> None:
        """Raises Deposed."""
        now = time.monotonic()
        if now < self._renew_at:
            return
        self._renew_at = now + self._renew_every
        try:
            if not self._journal.alive():
                raise Deposed("another dispatcher has taken over; this one has stopped its calls")
        except JournalLost as error:
            self._renew_at = now + min(1.0, self._renew_every)
            if now - self._renewed > self._patience:
                raise Deposed(f"the journal cannot be reached ({error}); start again") from error
        else:
            self._renewed = time.monotonic()

    def _tell(self) -> None:
        """The journal first: nobody is told of an end that is not written down."""
        with self._lock:
            fresh, self._register.outbox = self._register.outbox, Outbox()
        self._unsent.take(fresh)
        try:
            if self._unsent.endings:
                self._journal.ended(tuple(self._unsent.endings))
                self._unsent.endings.clear()
            while self._unsent.asides:
                self._journal.set_aside(self._unsent.asides[0])
                del self._unsent.asides[0]
        except JournalLost as error:
            if not self._journal_lost:
                _log.warning("ends of calls are kept until the journal is back: %s", error)
            self._journal_lost = True
            return
        self._journal_lost = False
        self._deliver()

    def _deliver(self, unwritten: Stopped | None = None) -> None:
        """`unwritten`: why what is done is not written down. It is then left to the next one."""
        sent, self._unsent = self._unsent, Outbox()
        for on_event, event in sent.deliveries:
            if unwritten is not None and isinstance(event, Done):
                event = Failed(event.key, str(unwritten), retry=False, exception=unwritten)
            _call(partial(on_event, event))
        for emptied in sent.emptied:
            _call(emptied)

    def _opened(self) -> Pool | None:
        if self._pool is None and time.monotonic() >= self._reopen_at:
            try:
                self._pool = self._open_pool()
            except WorkerError as error:
                self._later(str(error))
        return self._pool

    def _later(self, error: str) -> None:
        _log.warning("the workers are gone, and are started again: %s", error)
        self._reopen_at = time.monotonic() + self._reopen_after
        self._reopen_after = min(_REOPEN[1], 2 * self._reopen_after)

    def _pool_died(self, pool: Pool, error: str) -> None:
        self._later(error)
        with self._lock:
            self._pool, self._nodes = None, ()
            self._to_stop.clear()
            self._register.pool_died(error, time.monotonic())
        pool.close()

    def _stop_cancelled(self, pool: Pool) -> None:
        with self._lock:
            stop, self._to_stop = self._to_stop, []
        for run in stop:
            pool.cancel(run)

    def _hand_out(self, pool: Pool) -> None:
        nodes = pool.nodes()
        with self._lock:
            self._nodes = nodes
            now, tick = self._clock(), time.monotonic()
            if nodes and tick >= self._forget_at:
                self._forget_at = tick + _FORGET
                self._register.health.forget({node.id for node in nodes})
            runs = self._register.take(nodes, now, tick)
        if not runs:
            return
        try:
            allowed = self._journal.claimed([run.claim for run in runs])
        except JournalLost:
            with self._lock:
                self._register.give_back(runs)
            return
        for run, may in zip(runs, allowed, strict=True):
            with self._lock:
                begins = self._register.may_begin(run, may, time.monotonic())
            if begins:
                pool.submit(run.call, run.claim.node)

    def _events(self, pool: Pool) -> Iterable[Event]:
        if self._register.running:
            return pool.wait(_LOOK)
        self._wake.wait(_IDLE)
        return pool.wait(0)

    def _finish(self, error: Stopped) -> None:
        """Nothing runs any more when the first is told."""
        with self._lock:
            self._error = error
        if self._pool is not None:
            self._pool.close()
        deposed = isinstance(error, Deposed)
        with self._lock:
            self._register.stop(error, tell=not deposed, tick=time.monotonic())
            self._pool, self._nodes = None, ()
        if deposed:
            self._unsent.take(self._register.outbox)
        else:
            try:
                self._tell()
            except Exception:  # it may be why the dispatcher ends
                _log.exception("the journal was not told of the end")
        self._deliver(unwritten=error)


def _call(listener: Callable[[], None]) -> None:
    try:
        listener()
    except Exception:  # of one job, and no concern of the others
        _log.exception("a listener failed")
