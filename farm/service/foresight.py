"""When each job will be ready: told to those who wait, and settled when it is."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from farm.errand import Errand
from farm.estimate import (
    Estimate,
    Outlines,
    Piece,
    Ranges,
    Rest,
    Speeds,
    Unplanned,
    Waiting,
    kind_of,
    like,
    seconds_left,
    work_ahead,
    worth_telling,
)
from farm.estimate.ledger import learned_outlines, learned_ranges, learned_speeds, note, told
from farm.events import Stage
from farm.inspection import known_facts
from farm.ledger import estimates, events, jobs
from farm.ledger.model import Job
from farm.ledger.states import JobState, Priority
from farm.model import Metadata, Recording
from farm.products.order import ProductErrand
from farm.service.choose import candidate
from farm.service.means import Means
from workers.fair import FairQueue
from workers.status import Status
from workers.ticket import Ticket

KNOWN = 5000
"""Jobs whose likes are kept in mind."""
LEARN = 60.0
"""Seconds between two looks at what work took."""


@dataclass(frozen=True, slots=True)
class _Learned:
    at: float
    speeds: Speeds
    outlines: Outlines
    ranges: Ranges


class Foresight:
    """`tell` from time to time."""

    def __init__(
        self,
        means: Means,
        profiles_of: Callable[[Job], tuple[str, ...]],
        kind: Callable[[str, str], str],
    ) -> None:
        """`kind`: of a job's call, by the job's id and the call's key; empty: not known."""
        self._means = means
        self._profiles_of = profiles_of
        self._kind = kind
        self._learned: _Learned | None = None
        self._likes: dict[str, str] = {}
        """By job: what it asks for and its recording's size stay as they are."""

    def tell(self, status: Status, queue: FairQueue) -> None:
        """Writes down what has changed enough to be told."""
        now = time.time()
        learned = self._know(now)
        with self._means.ledger.read() as tx:
            ready = jobs.every(tx, JobState.QUEUED)
            under_way = jobs.every(tx, JobState.RUNNING)
            before = {one.id: told(tx, one.id) for one in (*ready, *under_way)}
        found = self._found(learned, status, queue, ready, under_way, now)
        news = {id: one for id, one in found.items() if worth_telling(before.get(id), now, one)}
        if not news:
            return
        bases = {one.id: one.base for one in (*ready, *under_way)}
        with self._means.ledger.begin() as tx:
            for id, one in news.items():
                note(tx, id, now, one)
                events.add(tx, "estimate", _value(one), job=id, base=bases[id])

    def settle(self, job: str) -> None:
        """It is over; where it is ready, what it was told is learned from."""
        with self._means.ledger.begin() as tx:
            row = jobs.get(tx, job)
            if row is not None and row.state is JobState.DONE and row.ended is not None:
                estimates.settle(tx, job, row.ended)

    def _found(
        self,
        learned: _Learned,
        status: Status,
        queue: FairQueue,
        ready: tuple[Job, ...],
        under_way: tuple[Job, ...],
        now: float,
    ) -> Mapping[str, Estimate]:
        # Before the workers are up, as many as are being started.
        slots = sum(node.slots for node in status.nodes) or self._means.workers or os.cpu_count()
        speed = learned.speeds
        running = [
            Piece(
                one.job,
                seconds_left(
                    speed.seconds(self._kind(one.job, one.key), one.weight),
                    now - (one.since or now),
                    one.done,
                ),
            )
            for one in status.running
        ]
        stock = {one.id for one in (*ready, *under_way) if one.priority is Priority.STOCK}
        unplanned, rests = [], {}
        for job in (*ready, *under_way):
            outline = learned.outlines.of(self._like(job), job.duration or 1.0)
            # Products are calls of their own once they have begun.
            begun = job.stage in (Stage.PRODUCTS, Stage.PUBLISH)
            rests[job.id] = Rest((), outline.rest.tail) if begun else outline.rest
            if job.state is JobState.QUEUED:
                unplanned.append(Unplanned(candidate(job), outline.pieces))
        line = Waiting(
            queue,
            unplanned,
            [candidate(one) for one in under_way],
            now,
            lambda ticket: speed.seconds(self._kind_of(ticket), ticket.weight),
        )
        ahead = work_ahead(slots or 1, running, line, rests)
        return {
            id: learned.ranges.estimate(now, one, stock=id in stock)
            for id, one in ahead.items()
            if id in rests
        }

    def _kind_of(self, ticket: Ticket) -> str:
        argument = ticket.call.argument
        return kind_of(argument) if isinstance(argument, Errand | ProductErrand) else ""

    def _know(self, now: float) -> _Learned:
        if self._learned is None or now - self._learned.at > LEARN:
            with self._means.ledger.read() as tx:
                self._learned = _Learned(
                    now,
                    learned_speeds(tx),
                    learned_outlines(tx, self._like),
                    learned_ranges(tx),
                )
        return self._learned

    def _like(self, job: Job) -> str:
        known = self._likes.get(job.id)
        if known is None:
            if len(self._likes) >= KNOWN:
                self._likes.clear()
            known = self._likes[job.id] = like(self._profiles_of(job), *self._size(job))
        return known

    def _size(self, job: Job) -> tuple[int, int]:
        """Of the recording's picture, as the inspection noted it; 0 by 0 where there is none."""
        facts = None
        if job.sha256 is not None:
            nobody = Metadata(title=None, base=job.base)
            recording = Recording(Path(job.path), job.size, job.sha256, "", nobody)
            facts = known_facts(self._means.store, recording)
        video = facts.video if facts else None
        return (video.width, video.height) if video else (0, 0)


def _value(one: Estimate) -> dict[str, float]:
    return {
        "position": one.position,
        "low": round(one.low, 1),
        "likely": round(one.likely, 1),
        "high": round(one.high, 1),
    }
