"""The dispatcher's journal, kept in the ledger: who does what, and what came of each attempt."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from farm.capsule import Tried, capsule_of, write_capsule
from farm.errand import Errand
from farm.estimate.kinds import kind_of
from farm.ledger import Ledger, LedgerError, capsules, events, leases, tasks
from farm.ledger.leases import DISPATCHER
from farm.ledger.model import Capsule
from farm.ledger.states import Outcome
from farm.products.order import ProductErrand
from workers.errors import JournalLost
from workers.journal import Aside, Claim, Ended
from workers.journal import Outcome as Came
from workers.model import Call

LEASE = 20.0
"""Seconds the dispatcher's lease lasts; it is renewed every few."""
UNTIL = 120.0
"""Seconds within which a running task has to be heard of."""
OUTCOMES: Mapping[Came, Outcome] = {one: Outcome(one.value) for one in Came}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Booked:
    """A call of a job, as the ledger has it."""

    job: str
    base: str
    key: str
    """Of what it makes first: the same for the same work, whichever plan it is of."""
    kind: str
    weight: float


class LedgerJournal:
    """See `workers.journal.Journal`. `book` is called from jobs' threads, the rest from the
    dispatcher's."""

    def __init__(self, ledger: Ledger, holder: str, fence: int, folder: Path) -> None:
        self._ledger = ledger
        self._holder = holder
        self._fence = fence
        self._folder = folder
        self._lock = threading.Lock()
        self._booked: dict[tuple[str, str], Booked] = {}

    def book(self, job: str, base: str, call: Call) -> Booked:
        """Before a call is submitted: how it is written of."""
        errand = call.argument
        if isinstance(errand, Errand):
            key, kind = errand.parts[0].key, kind_of(errand)
        elif isinstance(errand, ProductErrand):
            key, kind = errand.part.key, kind_of(errand)
        else:
            key, kind = call.key, "other"
        booked = Booked(job, base, key, kind, call.weight)
        with self._lock:
            self._booked[job, call.key] = booked
        return booked

    def kind(self, job: str, call: str) -> str:
        """Of a call that is booked; empty where it is not."""
        with self._lock:
            known = self._booked.get((job, call))
        return known.kind if known else ""

    def drop(self, job: str) -> None:
        """A job is over: nothing of it is written any more."""
        with self._lock:
            for name in [one for one in self._booked if one[0] == job]:
                del self._booked[name]

    def claimed(self, claims: Sequence[Claim]) -> Sequence[bool]:
        now = time.time()
        booked = [self._of(one) for one in claims]
        with self._writing() as tx:
            for one in booked:
                tasks.plan(tx, one.job, [(one.key, one.kind, one.weight)])
                # What is asked for is not in the store, whatever was done before.
                tasks.missing(tx, one.job, one.key)
            wanted = [
                tasks.Claim(one.job, one.key, claim.node)
                for one, claim in zip(booked, claims, strict=True)
            ]
            begun = tasks.claim_all(tx, wanted, self._fence, now + UNTIL, now)
            ours = {(one.job, one.key) for one in tasks.running(tx) if one.fence == self._fence}
        for one, claim in zip(booked, claims, strict=True):
            if (one.job, one.key) in begun:
                log.info("task begun", extra=_ids(one, claim))
        # Told twice, a claim has begun before.
        return [(one.job, one.key) in begun or (one.job, one.key) in ours for one in booked]

    def ended(self, endings: Sequence[Ended]) -> None:
        now = time.time()
        booked = [self._of(one.claim) for one in endings]
        with self._writing() as tx:
            ends = [
                tasks.End(one.job, one.key, OUTCOMES[end.outcome], end.error)
                for one, end in zip(booked, endings, strict=True)
            ]
            tasks.finish_all(tx, self._fence, ends, now)
        for one, end in zip(booked, endings, strict=True):
            came = {"outcome": end.outcome.value, "seconds": end.seconds, "error": end.error or ""}
            log.info("task ended", extra=_ids(one, end.claim) | came)

    def set_aside(self, aside: Aside) -> None:
        """Writes the capsule first: a row never names what is not there. Told twice, it is the same
        file and the same row."""
        booked = self._booked.get((aside.job, aside.call.key))
        if booked is None:
            return
        with self._ledger.read() as tx:
            tried = tasks.attempts_of(tx, booked.job, booked.key)
        capsule = capsule_of(
            aside.call.argument,
            job=booked.job,
            key=booked.key,
            at=max((one.ended or one.started for one in tried), default=0.0),
            attempts=tuple(
                Tried(
                    number=one.number,
                    node=one.node,
                    started=one.started,
                    ended=one.ended,
                    outcome=one.outcome.value if one.outcome else "",
                    error=one.error or "",
                )
                for one in tried
            ),
            error=aside.failed.error,
            log=aside.log,
            node=aside.node,
        )
        path = write_capsule(self._folder, capsule)
        row = Capsule(
            id=path.stem,
            job=booked.job,
            key=booked.key,
            at=time.time(),
            node=aside.node,
            error=aside.failed.error,
            path=str(path.relative_to(self._folder.parent)),
        )
        with self._writing() as tx:
            tasks.set_aside(tx, booked.job, booked.key, self._fence)
            if capsules.get(tx, row.id) is None:
                capsules.add(tx, row)
                data = {"task": aside.call.key, "capsule": row.id, "error": row.error}
                events.add(tx, "aside", data, job=booked.job, base=booked.base)

    def alive(self) -> bool:
        now = time.time()
        with self._writing() as tx:
            if not leases.renew(tx, DISPATCHER, self._holder, self._fence, LEASE, now):
                return False
            running = [(one.job, one.key) for one in tasks.running(tx) if one.fence == self._fence]
            tasks.renew(tx, self._fence, running, now + UNTIL)
        return True

    def _of(self, claim: Claim) -> Booked:
        known = self._booked.get((claim.job, claim.key))
        return known or Booked(claim.job, "", claim.key, "other", claim.weight)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._ledger.begin() as tx:
                yield tx
        except LedgerError as error:
            raise JournalLost(str(error)) from error


def _ids(booked: Booked, claim: Claim) -> dict[str, Any]:
    """By which a line of the log is found again."""
    return {
        "job": booked.job,
        "base": booked.base,
        "task": claim.key,
        "part": booked.key,
        "kind": booked.kind,
        "node": claim.node,
        "attempt": claim.number,
    }
