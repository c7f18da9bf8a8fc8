"""One term of leading: from the lease that was taken to the end of it, everything that is done."""

import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

from farm.errors import FarmError
from farm.ledger import bases, events, jobs, nodes, numbers, switches
from farm.ledger.model import Job
from farm.ledger.states import JobKind, JobState, NodeState
from farm.service import bulletin
from farm.service.asked import read_asked
from farm.service.bulletin import EMPTY, Asked
from farm.service.choose import candidate, to_begin
from farm.service.crew import DeskCrew
from farm.service.foresight import Foresight
from farm.service.incoming import Incoming
from farm.service.inspecting import Inspections
from farm.service.job_run import JobRun, request_of_job
from farm.service.journal import LedgerJournal
from farm.service.means import Means
from farm.service.scaling import BY_HAND, POLICY, Steady, read_policy
from farm.service.upkeep import Upkeep
from farm.signing import Signer
from workers.dispatcher import Dispatcher
from workers.errors import Stopped, WorkerError
from workers.model import Pool
from workers.ray_pool import RayPool
from workers.status import Status
from workers.work import JobRef

FORETELL = 5.0
"""Seconds between two looks ahead."""
SOON = 1.0
"""Seconds within which a job that was inspected is told when it will be ready."""
INCOMING = 5.0
"""Seconds between two looks through `incoming/`."""
NODES = 5.0
"""Seconds between two notes of which nodes there are."""
SCALE = 10.0
"""Seconds between two looks at how many slots are wanted."""
PAUSED = "paused"
"""Switch: whether nothing more is begun."""

log = logging.getLogger(__name__)


class Term:
    """`turn` it every second, and whenever something was asked; `close` it at the end."""

    def __init__(
        self, means: Means, signer: Signer, holder: str, fence: int, wake: Callable[[], None]
    ) -> None:
        self._means = means
        self._wake = wake
        self._journal = LedgerJournal(means.ledger, holder, fence, means.capsules)
        self._dispatcher = Dispatcher(self._open_pool, self._journal)
        self._runs: dict[str, JobRun] = {}
        self._over: list[JobRun] = []
        self._lock = threading.Lock()
        self._inspections = Inspections(means, self._inspected)
        self._foresight = Foresight(means, self._profiles_of, self._journal.kind)
        self._incoming = Incoming(means, means.incoming) if means.incoming else None
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="aside")
        self._telling: Future[None] | None = None
        self._looking: Future[None] | None = None
        self._upkeep = Upkeep(means, signer)
        self._due = dict.fromkeys(("foretell", "incoming", "nodes", "scale"), 0.0)
        self._applied: dict[str, tuple[NodeState, float | None]] = {}
        """What nodes were last told, as it is written in the ledger."""
        self._emptied: list[str] = []
        """Drained nodes that hold nothing any more, until that is written down."""
        self._steady = Steady()
        self._asked = Asked()

    @property
    def error(self) -> Stopped | None:
        """Why it is over; None while it goes on."""
        return self._dispatcher.error

    def status(self) -> Status:
        return self._dispatcher.status()

    def scale(self, slots: int) -> None:
        self._dispatcher.scale(slots)

    def close(self) -> None:
        """Jobs stay as they are: the next term goes on with them."""
        for run in list(self._runs.values()):
            run.stop()
        self._dispatcher.close()
        self._inspections.close()
        self._upkeep.close()
        self._aside.shutdown(wait=False, cancel_futures=True)
        for run in list(self._runs.values()):
            run.join(5)

    def turn(self) -> None:
        """Raises LedgerError where the ledger is away; the next turn does what was left."""
        self._settle()
        self._cancel()
        self._obey()
        self._inspect()
        self._begin()
        if self._incoming is not None and self._is_due("incoming", INCOMING):
            self._look_in(self._incoming)
        if self._is_due("scale", SCALE):
            self._scale()
        self._note_emptied()
        if self._is_due("nodes", NODES):
            self._note_nodes()
        if self._is_due("foretell", FORETELL):
            self._foretell()
        self._upkeep.turn()

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True

    # --- jobs ------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """After jobs that are over."""
        with self._lock:
            over, self._over = self._over, []
        for run in over:
            self._runs.pop(run.job.id, None)
            self._journal.drop(run.job.id)
            self._foresight.settle(run.job.id)

    def _ended(self, run: JobRun) -> None:
        with self._lock:
            self._over.append(run)
        self._wake()

    def _cancel(self) -> None:
        active = (JobState.RECEIVED, JobState.INSPECTING, JobState.QUEUED, JobState.RUNNING)
        with self._means.ledger.read() as tx:
            asked = [one for one in jobs.every(tx, *active) if one.cancel]
        for job in asked:
            if job.id in self._runs:
                self._dispatcher.cancel(job.id)
                self._runs[job.id].cancel()
            elif job.id in self._inspections.jobs:
                self._inspections.cancel(job.id)
            elif job.state is not JobState.RUNNING:
                with self._means.ledger.begin() as tx:
                    if jobs.move(tx, job.id, job.state, JobState.CANCELLED, ended=time.time()):
                        data = {"state": JobState.CANCELLED.value}
                        events.add(tx, "state", data, job=job.id, base=job.base)

    def _inspect(self) -> None:
        with self._means.ledger.read() as tx:
            received = jobs.every(tx, JobState.RECEIVED)
        for job in received:
            mends = job.kind is JobKind.MEND
            state = JobState.QUEUED if mends else JobState.INSPECTING
            fields = {"queued": time.time(), "work": 1.0} if mends else {}
            with self._means.ledger.begin() as tx:
                moved = jobs.move(tx, job.id, JobState.RECEIVED, state, **fields)
                if moved:
                    events.add(tx, "state", {"state": state.value}, job=job.id, base=job.base)
            if moved and not mends:
                self._inspections.begin(job)

    def _inspected(self, job: str) -> None:  # noqa: ARG002 - the ledger says what came of it
        self._due["foretell"] = min(self._due["foretell"], time.monotonic() + SOON)
        self._wake()

    def _begin(self) -> None:
        with self._means.ledger.read() as tx:
            ready = {one.id: one for one in jobs.every(tx, JobState.QUEUED) if not one.cancel}
            paused = frozenset(one.id for one in bases.every(tx) if one.paused)
            all_paused = bool(switches.get(tx, PAUSED, False))
        if all_paused:
            return
        busy = {run.job.lesson for run in self._runs.values()}
        free = [candidate(one) for one in ready.values() if one.lesson not in busy]
        under_way = [candidate(run.job) for run in self._runs.values()]
        for id in to_begin(free, under_way, paused, time.time()):
            job = ready[id]
            if job.lesson not in {run.job.lesson for run in self._runs.values()}:
                self._begin_one(job)

    def _begin_one(self, job: Job) -> None:
        now = time.time()
        with self._means.ledger.begin() as tx:
            fields = {"started": now, "attempt": job.attempt + 1, "done": 0.0}
            if not jobs.move(tx, job.id, JobState.QUEUED, JobState.RUNNING, **fields):
                return
            data = {"state": JobState.RUNNING.value}
            events.add(tx, "state", data, job=job.id, base=job.base)
        ref = JobRef(job.id, job.base, int(job.priority), job.deadline, job.queued or now)
        crew = DeskCrew(
            lambda: self._dispatcher.desk(ref),
            self._journal,
            job.id,
            job.base,
            remote=self._means.address is not None,
        )
        self._due["foretell"] = 0.0  # whoever waits for it is told at once
        run = self._runs[job.id] = JobRun(self._means, job, crew, self._ended)
        run.start()

    def _profiles_of(self, job: Job) -> tuple[str, ...]:
        with suppress(FarmError):
            handed = read_asked(job.asked, self._means.profiles)
            return request_of_job(self._means, job, handed).wanted(())
        return ()

    # --- what people set -------------------------------------------------------------------------

    def _obey(self) -> None:
        """Switches, weights and nodes as they are written in the ledger."""
        with self._means.ledger.read() as tx:
            all_paused = bool(switches.get(tx, PAUSED, False))
            rows = bases.every(tx)
            known = {one.id: one for one in nodes.every(tx)}
            rows_now = {one.id: one for one in jobs.every(tx, JobState.RUNNING)}
        status = self._dispatcher.status()
        if all_paused != status.paused:
            (self._dispatcher.pause if all_paused else self._dispatcher.resume)()
        for base in rows:
            self._dispatcher.set_weight(base.id, base.weight)
            if base.paused != (base.id in status.paused_parties):
                (self._dispatcher.pause if base.paused else self._dispatcher.resume)(base.id)
        for run in self._runs.values():
            self._reorder(run, rows_now.get(run.job.id))
        for row in known.values():
            wanted = (row.state, row.until)
            if wanted != self._applied.get(row.id, (NodeState.ACTIVE, None)):
                self._set_node(row.id, *wanted)
                self._applied[row.id] = wanted

    def _reorder(self, run: JobRun, row: Job | None) -> None:
        """Under way as it is written now."""
        before = (run.job.priority, run.job.deadline)
        if row is not None and (row.priority, row.deadline) != before:
            run.job = replace(run.job, priority=row.priority, deadline=row.deadline)
            # One that was taken back is as good as one that never comes.
            due = math.inf if row.deadline is None else row.deadline
            self._dispatcher.reprioritise(run.job.id, priority=int(row.priority), deadline=due)

    def _set_node(self, id: str, state: NodeState, until: float | None) -> None:
        """As a person wants it; the rule's own rests are the dispatcher's."""
        match state:
            case NodeState.DRAINING:
                self._dispatcher.drain(id, partial(self._empty, id))
            case NodeState.RESTING:
                self._dispatcher.rest(id, max(0.0, (until or 0.0) - time.time()))
            case NodeState.ACTIVE:
                self._dispatcher.bring_back(id)

    def _note_nodes(self) -> None:
        now = time.time()
        status = self._dispatcher.status()
        with self._means.ledger.begin() as tx:
            for node in status.nodes:
                nodes.see(tx, node.id, node.host, node.slots, now)
                nodes.change(tx, node.id, failures=node.failures)
            nodes.sweep(tx, now - 7 * 86400)
            bulletin.post(tx, status, self._asked)

    def _empty(self, node: str) -> None:
        """Called from the dispatcher's thread."""
        with self._lock:
            self._emptied.append(node)
        self._wake()

    def _note_emptied(self) -> None:
        with self._lock:
            emptied = list(self._emptied)
        for node in emptied:
            with self._means.ledger.begin() as tx:
                row = nodes.get(tx, node)
                if row is not None and row.state is NodeState.DRAINING:
                    nodes.change(tx, node, note=EMPTY)
                    events.add(tx, "node", {"node": node, "state": EMPTY})
            with self._lock:
                self._emptied.remove(node)

    def _scale(self) -> None:
        """As the policy says, or else as an operator asked by hand."""
        with self._means.ledger.read() as tx:
            policy = read_policy(switches.get(tx, POLICY))
            by_hand = switches.get(tx, BY_HAND)
            waiting = {one.base: one.work for one in numbers.backlog(tx)}
            paused = bool(switches.get(tx, PAUSED, False))
            held = {one.id for one in bases.every(tx) if one.paused}
        if policy is None:
            self._steady.forget()
            wanted = by_hand
        else:
            work = sum(0.0 if paused or base in held else one for base, one in waiting.items())
            wanted = self._steady(time.monotonic(), policy.wish(work))
        if wanted is not None or self._asked.slots is not None:
            self._ask(wanted)

    def _ask(self, slots: int | None) -> None:
        """Again and again: an autoscaler that was started anew knows nothing of before."""
        try:
            self._dispatcher.scale(slots or 0)
        except WorkerError as error:
            if str(error) != self._asked.refused:
                log.warning("%s slots cannot be had: %s", slots or 0, error)
            self._asked = Asked(slots, str(error))
        else:
            self._asked = Asked(slots)

    def _foretell(self) -> None:
        """In a thread of its own: what is not known of jobs yet is read from the store."""
        if self._telling is None or self._telling.done():
            self._telling = self._aside.submit(self._tell)

    def _tell(self) -> None:
        try:
            self._foresight.tell(self._dispatcher.status(), self._dispatcher.queue())
        except FarmError as error:
            log.warning("nobody was told when: %s", error)
        except Exception:
            log.exception("nobody was told when")

    def _look_in(self, incoming: Incoming) -> None:
        """In a thread of its own: what is taken may be gigabytes from far away."""
        if self._looking is None or self._looking.done():
            self._looking = self._aside.submit(self._look, incoming)

    def _look(self, incoming: Incoming) -> None:
        try:
            if incoming.look(holds=True):
                self._wake()
        except (FarmError, OSError) as error:
            log.warning("incoming was not looked through: %s", error)
        except Exception:
            log.exception("incoming was not looked through")

    def _open_pool(self) -> Pool:
        return RayPool(self._means.workers, self._means.address, patience=None)
