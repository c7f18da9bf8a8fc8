"""What a dispatcher knows of its calls, and what follows from each event. No threads, no I/O.

`clock` times are seconds since the epoch, `tick` times seconds of a monotonic clock; both are given
by the caller.
"""

import heapq
import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from workers.errors import Cancelled, Exhausted, NodeGone, Stale, Stopped
from workers.fair import FairQueue, changed
from workers.health import Health
from workers.journal import Aside, Claim, Ended, Outcome
from workers.model import Call, Done, Event, Failed, Node, Placed, Progress
from workers.placement import Spot, has_room, place
from workers.status import Status, node_status, running
from workers.ticket import Ticket
from workers.work import JobRef, OnEvent, Outbox, Run, Work

BACKOFF = 0.5
"""Seconds before the second attempt, doubled for each further one."""
GRACE = 2.0
"""Seconds in which a pool has to stop a cancelled call."""
DEATHS = 5
"""A call that was running at so many deaths of the pool may well be their cause."""


class Register:
    def __init__(self, queue: FairQueue, health: Health, attempts: int) -> None:
        self.queue = queue
        self.health = health
        self.outbox = Outbox()
        self.running: dict[str, Run] = {}
        self._attempts = attempts
        self._works: dict[tuple[str, str], Work] = {}
        self._later: list[tuple[float, int, Work]] = []
        self._emptying: dict[str, Callable[[], None]] = {}
        self._numbers = itertools.count()
        self._done = self._failed = self._retries = self._rests = 0

    # --- what comes in ---

    def add(self, job: JobRef, calls: Iterable[Call], on_event: OnEvent, clock: float) -> None:
        """Raises ValueError where a call of that job and key is under way."""
        since = clock if job.since is None else job.since
        works: dict[tuple[str, str], Work] = {}
        for call in calls:
            ticket = Ticket(call, job.party, job.id, call.weight, job.priority, job.deadline, since)
            work = Work(ticket, on_event)
            if work.name in self._works or work.name in works:
                raise ValueError(f"call {call.key!r} of {job.id} is already under way")
            works[work.name] = work
        self._works |= works
        for work in works.values():
            self.queue.push(work.ticket)

    def reprioritise(self, job: str, priority: int | None, deadline: float | None) -> None:
        self.queue.reprioritise(job, priority=priority, deadline=deadline)
        for work in self._works.values():
            if work.ticket.job == job:
                work.ticket = changed(work.ticket, priority, deadline)

    def cancel(self, job: str, keys: Collection[str] | None, tick: float) -> list[str]:
        """What waits ends at once; returns what the pool has to stop."""
        for ticket in self.queue.remove(job, keys):
            self._end(self._works[ticket.job, ticket.call.key], _cancelled(ticket.call.key))

        def meant(work: Work) -> bool:
            return work.ticket.job == job and (keys is None or work.ticket.call.key in keys)

        for _, _, work in self._later:
            if meant(work):
                self._end(work, _cancelled(work.ticket.call.key))
        self._later = [entry for entry in self._later if not meant(entry[2])]
        heapq.heapify(self._later)
        runs = [run for run in self.running.values() if meant(run.work) and not run.told]
        for run in runs:
            run.cancelled = tick if run.cancelled is None else run.cancelled
        return [run.id for run in runs]

    def drain(self, node: str, on_empty: Callable[[], None] | None) -> None:
        self.health.drain(node)
        if on_empty is not None:
            self._emptying[node] = on_empty

    def bring_back(self, node: str) -> None:
        self.health.bring_back(node)
        self._emptying.pop(node, None)

    # --- attempts ---

    def take(self, nodes: Sequence[Node], clock: float, tick: float) -> list[Run]:
        """The calls whose turn it is, each with a node that has room for it."""
        while self._later and self._later[0][0] <= tick:
            self.queue.push(heapq.heappop(self._later)[2].ticket)
        if not len(self.queue):
            return []
        spots = self._spots(self.health.usable(nodes, clock), tick)
        runs: list[Run] = []
        while spots and has_room(tuple(spots.values())):
            ticket = self.queue.pop(clock)
            if ticket is None:
                break
            work = self._works[ticket.job, ticket.call.key]
            spot = place(tuple(spots.values()), work.avoid)
            runs.append(self._begin(work, spot, tick))
            frees = min(spot.frees, ticket.weight) if spot.held else ticket.weight
            spots[spot.node] = replace(spot, held=spot.held + 1, frees=frees)
        return runs

    def give_back(self, runs: Iterable[Run]) -> None:
        """They were not begun, and wait again."""
        for run in runs:
            del self.running[run.id]
            self.queue.settle(run.work.ticket, 0.0)
            run.work.tries -= 1
            if run.cancelled is None:
                self.queue.push(run.work.ticket)
            else:
                self._end(run.work, _cancelled(run.claim.key))

    def may_begin(self, run: Run, allowed: bool, tick: float) -> bool:
        """Whether the pool is to get it, now that the journal has answered."""
        if allowed and run.cancelled is None:
            return True
        self._close(run, 0.0)
        if allowed:
            self._stopped(run, tick)
        else:
            stale = Stale(f"{run.claim.key} is with a newer dispatcher; leave it to that one")
            self._end(run.work, _final(run.claim.key, stale))
        return False

    def see(self, event: Event, clock: float, tick: float) -> None:
        """What the pool tells of an attempt."""
        run = self.running.get(event.key)
        if run is None:
            return
        if isinstance(event, Progress | Placed):
            if isinstance(event, Placed):
                run.pid = event.pid
            else:
                run.done = event.done
            run.began = tick if run.began is None else run.began
            run.since = clock if run.since is None else run.since
            if not run.told:
                self._deliver(run.work, replace(event, key=run.claim.key))
            return
        self._close(run, run.seconds(tick))
        self._move_up(run.claim.node, tick)
        if run.told:
            return
        if isinstance(event, Done):
            self.health.succeeded(run.claim.node)
            self._done += 1
            self._ended(run, Outcome.DONE, None, tick)
            self._end(run.work, replace(event, key=run.claim.key))
        elif run.cancelled is not None:
            self._stopped(run, tick)
        else:
            self._failure(run, replace(event, key=run.claim.key), clock, tick)

    def pool_died(self, error: str, tick: float) -> None:
        """Everything in it is lost, and tried again in the next one. That counts against a call
        once: it is seldom its doing."""
        for run in list(self.running.values()):
            self._close(run, run.seconds(tick))
            if run.told:
                continue
            if run.cancelled is not None:
                self._stopped(run, tick)
                continue
            work = run.work
            work.deaths += 1
            work.failures += work.deaths == 1 or work.deaths >= DEATHS
            self._again_or_aside(run, Failed(run.claim.key, error, retry=True), tick)

    def overdue(self, tick: float) -> None:
        """Tells the end of cancelled calls that the pool has not stopped in time; they keep their
        slots until it does."""
        for run in self.running.values():
            if run.cancelled is not None and not run.told and tick - run.cancelled > GRACE:
                run.told = True
                self._stopped(run, tick)

    def emptied(self) -> None:
        """Tells of drained nodes that hold nothing any more."""
        if self._emptying:
            held = {run.claim.node for run in self.running.values()}
            for node in self._emptying.keys() - held:
                self.outbox.emptied.append(self._emptying.pop(node))

    def stop(self, error: Stopped, *, tell: bool, tick: float) -> None:
        """The end of the dispatcher: every call is left to the next one. `tell` the journal where
        this one still has a say."""
        for run in self.running.values():
            if tell and not run.told:
                self._ended(run, Outcome.LOST, str(error), tick, again=True)
        for work in self._works.values():
            self._deliver(work, _final(work.ticket.call.key, error))
            self.queue.remove(work.ticket.job)
        self.running.clear()
        self._works.clear()
        self._later.clear()

    def status(self, nodes: Sequence[Node], clock: float, *, pool_up: bool) -> Status:
        runs = tuple(self.running.values())
        return Status(
            pool_up=pool_up,
            nodes=tuple(node_status(node, self.health, runs, clock) for node in nodes),
            running=tuple(running(run) for run in runs if not run.told),
            waiting=self.queue.waiting(),
            retrying=len(self._later),
            paused=self.queue.paused,
            paused_parties=self.queue.paused_parties(),
            done=self._done,
            failed=self._failed,
            retries=self._retries,
            rests=self._rests,
        )

    # --- what follows ---

    def _spots(self, nodes: Sequence[Node], tick: float) -> dict[str, Spot]:
        left: dict[str, list[float]] = {node.id: [] for node in nodes}
        for run in self.running.values():
            if run.claim.node in left:
                left[run.claim.node].append(run.left(tick))
        return {
            node.id: Spot(node.id, node.slots, len(left[node.id]), min(left[node.id], default=0.0))
            for node in nodes
        }

    def _begin(self, work: Work, spot: Spot, tick: float) -> Run:
        ticket = work.ticket
        work.tries += 1
        claim = Claim(ticket.job, ticket.call.key, spot.node, work.tries, ticket.weight)
        run = Run(f"{next(self._numbers)}:{ticket.job}:{ticket.call.key}", work, claim, tick)
        run.began = tick if spot.free > 0 else None
        self.running[run.id] = run
        return run

    def _close(self, run: Run, seconds: float) -> None:
        del self.running[run.id]
        self.queue.settle(run.work.ticket, seconds)

    def _move_up(self, node: str, tick: float) -> None:
        """A slot of the node is free for the call that waits there, before a worker tells so."""
        for run in self.running.values():
            if run.claim.node == node and run.began is None:
                run.began = tick
                return

    def _failure(self, run: Run, event: Failed, clock: float, tick: float) -> None:
        if not event.retry:
            self._failed += 1
            self._ended(run, Outcome.FAILED, event.error, tick)
            self._end(run.work, event)
            return
        if isinstance(event.exception, NodeGone):
            self._elsewhere(run, event, tick)
            return
        self._rests += self.health.failed(run.claim.node, f"{run.claim.job} {run.claim.key}", clock)
        run.work.avoid.add(run.claim.node)
        run.work.failures += 1
        self._again_or_aside(run, event, tick)

    def _elsewhere(self, run: Run, event: Failed, tick: float) -> None:
        """Never begun, so nothing is held against it."""
        run.work.avoid.add(run.claim.node)
        self._ended(run, Outcome.LOST, event.error, tick, again=True)
        self._try_again(run.work, event, tick)

    def _again_or_aside(self, run: Run, event: Failed, tick: float) -> None:
        work, claim = run.work, run.claim
        work.log.append(f"attempt {claim.number} on {claim.node}: {event.error}")
        again = work.failures < self._attempts
        outcome = Outcome.LOST if event.exception is None else Outcome.FAILED
        self._ended(run, outcome, event.error, tick, again=again)
        if again:
            self._try_again(work, event, tick)
            return
        self._failed += 1
        said = getattr(event.exception, "log", "")
        log = "\n".join([*work.log, *([said] if said else [])])
        ticket = work.ticket
        self.outbox.asides.append(
            Aside(ticket.job, ticket.call, claim.node, claim.number, event, log)
        )
        exhausted = Exhausted(
            f"{claim.key} failed {claim.number} times, the last time: {event.error}"
        )
        exhausted.__cause__, exhausted.log = event.exception, log
        self._end(work, _final(claim.key, exhausted))

    def _try_again(self, work: Work, event: Failed, tick: float) -> None:
        self._retries += 1
        due = tick + BACKOFF * 2 ** max(0, work.failures - 1)
        heapq.heappush(self._later, (due, next(self._numbers), work))
        self._deliver(work, event)

    def _stopped(self, run: Run, tick: float) -> None:
        event = _cancelled(run.claim.key)
        self._ended(run, Outcome.CANCELLED, event.error, tick)
        self._end(run.work, event)

    def _ended(
        self, run: Run, outcome: Outcome, error: str | None, tick: float, *, again: bool = False
    ) -> None:
        self.outbox.endings.append(Ended(run.claim, outcome, error, run.seconds(tick), again))

    def _end(self, work: Work, event: Event) -> None:
        del self._works[work.name]
        self._deliver(work, event)

    def _deliver(self, work: Work, event: Event) -> None:
        self.outbox.deliveries.append((work.on_event, event))


def _final(key: str, error: Exception) -> Failed:
    return Failed(key, str(error), retry=False, exception=error)


def _cancelled(key: str) -> Failed:
    return _final(key, Cancelled(f"{key} was cancelled"))
