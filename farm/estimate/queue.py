"""The fair queue as a line of pieces, those of jobs among them that are not begun yet."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from farm.estimate.ahead import Piece
from farm.service.choose import AT_ONCE, Candidate, order_of, to_begin
from workers.fair import FairQueue
from workers.model import Call
from workers.ticket import Ticket

NOBODY: frozenset[str] = frozenset()
"""Is paused for ever."""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A job that waits to be begun."""

    job: Candidate
    pieces: tuple[float, ...]
    """Seconds of each, as an `Outline` has them."""


class Waiting:
    """A `Line`: the queue as it is served if nothing else is handed in; `queue` stays as it is.

    Jobs that are not begun are, as the service begins them, when others of their base are done.
    Parties that are paused come last, and where all are paused it goes on as though they were not.
    """

    def __init__(
        self,
        queue: FairQueue,
        ready: Sequence[Unplanned],
        under_way: Sequence[Candidate],
        now: float,
        expected: Callable[[Ticket], float] = lambda ticket: ticket.weight,
    ) -> None:
        """`under_way`: jobs that have begun, each of which is done some time, by its pieces or its
        rest. `now`: epoch seconds. `expected`: seconds of a call that waits; its weight where that
        is in seconds."""
        self._twin = queue.copy()
        self._twin.resume()
        self._now = now
        self._expected = expected
        self._under_way = {one.id: one for one in under_way}
        self._ready: dict[str, list[Unplanned]] = defaultdict(list)
        for one in sorted(ready, key=lambda one: order_of(one.job, now), reverse=True):
            self._ready[one.job.base].append(one)
        self._ends: list[tuple[float, str]] = []
        self._jobs = (
            *(ticket.job for ticket in self._twin.tickets()),
            *(one.job.id for one in ready for _ in one.pieces),
        )
        for base in self._ready:
            self._begin(base, now)

    def jobs(self) -> Iterable[str]:
        return self._jobs

    def next(self, seconds: float) -> Piece | None:
        while self._ends and self._ends[0][0] <= seconds:
            when, job = heapq.heappop(self._ends)
            full = len(self._under_way) >= AT_ONCE
            ended = self._under_way.pop(job, None)
            if ended is not None:
                for base in list(self._ready) if full else [ended.base]:
                    self._begin(base, self._now + when)
        ticket = self._twin.pop(self._now + seconds)
        if ticket is None and len(self._twin):
            for party in self._twin.paused_parties():
                self._twin.resume(party)
            ticket = self._twin.pop(self._now + seconds)
        return None if ticket is None else Piece(ticket.job, self._seconds(ticket))

    def done(self, job: str, seconds: float) -> None:
        heapq.heappush(self._ends, (seconds, job))

    def later(self) -> float | None:
        return self._ends[0][0] if self._ends else None

    def _begin(self, base: str, now: float) -> None:
        """Those of a base that may be, the first in turn first."""
        ready = self._ready.get(base)
        while ready and to_begin([ready[-1].job], list(self._under_way.values()), NOBODY, now):
            begun = ready.pop()
            self._under_way[begun.job.id] = begun.job
            for number, seconds in enumerate(begun.pieces):
                self._twin.push(_stand_in(begun.job, number, seconds))

    def _seconds(self, ticket: Ticket) -> float:
        stands_in = ticket.call.function is _nothing
        return ticket.weight if stands_in else self._expected(ticket)


def _stand_in(job: Candidate, number: int, seconds: float) -> Ticket:
    call = Call(f"unplanned {number}", _nothing, None, seconds)
    return Ticket(call, job.base, job.id, seconds, job.priority, job.deadline, job.since)


def _nothing(_argument: object, _report: object) -> None:
    """What is not planned is never run."""
