"""The order of one party's calls of one class. Pure.

The job with the earliest deadline first, then the one that would be done first if each had begun
when it came and had a machine to itself (since + what remains of it). So short work passes long
work, and long work is passed for no longer than it takes itself. Of one job the heaviest call
first, so that no long one is left for the end.
"""

import heapq
import itertools
import math
from collections.abc import Collection, Iterable, Iterator

from workers.ticket import Ticket

_Key = tuple[float, float, float, int]


class Lane:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        # entries whose version is not their job's any more are skipped
        self._heap: list[tuple[_Key, int, str]] = []
        self._numbers = itertools.count()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Ticket]:
        for job in self._jobs.values():
            yield from (ticket for _, _, ticket in job.tickets)

    def jobs(self) -> Iterable["Job"]:
        """For those who only look."""
        return self._jobs.values()

    def push(self, ticket: Ticket) -> None:
        job = self._jobs.get(ticket.job)
        if job is None:
            job = self._jobs[ticket.job] = Job(ticket, next(self._numbers))
        heapq.heappush(job.tickets, (-ticket.weight, next(self._numbers), ticket))
        job.remaining += ticket.weight
        self._length += 1
        self._enter(ticket.job, job)

    def first(self) -> Ticket:
        """What `pop` would give. Raises IndexError where it is empty."""
        return self._first_job().tickets[0][2]

    def pop(self) -> Ticket:
        job = self._first_job()
        ticket = heapq.heappop(job.tickets)[2]
        self._length -= 1
        self._left(ticket.job, job, ticket.weight)
        return ticket

    def remove(self, job: str, keys: Collection[str] | None) -> tuple[Ticket, ...]:
        """All of a job, or its calls of these keys, heaviest first."""
        held = self._jobs.get(job)
        if held is None:
            return ()
        out = [one for one in held.tickets if keys is None or one[2].call.key in keys]
        if not out:
            return ()
        stay = [] if keys is None else [one for one in held.tickets if one[2].call.key not in keys]
        heapq.heapify(stay)
        held.tickets = stay
        self._length -= len(out)
        self._left(job, held, sum(ticket.weight for _, _, ticket in out))
        return tuple(ticket for _, _, ticket in sorted(out, key=lambda one: one[:2]))

    def copy(self) -> "Lane":
        twin = Lane()
        twin._jobs = {name: job.copy() for name, job in self._jobs.items()}
        twin._heap = list(self._heap)
        twin._numbers = itertools.count(next(self._numbers))
        twin._length = self._length
        return twin

    def _first_job(self) -> "Job":
        while True:
            _, version, name = self._heap[0]
            job = self._jobs.get(name)
            if job is not None and job.version == version:
                return job
            heapq.heappop(self._heap)

    def _left(self, name: str, job: "Job", weight: float) -> None:
        job.remaining = max(0.0, job.remaining - weight)
        if job.tickets:
            self._enter(name, job)
        else:
            del self._jobs[name]

    def _enter(self, name: str, job: "Job") -> None:
        job.version = next(self._numbers)
        heapq.heappush(self._heap, (job.key(), job.version, name))
        if len(self._heap) > 64 + 4 * len(self._jobs):
            self._heap = [(one.key(), one.version, which) for which, one in self._jobs.items()]
            heapq.heapify(self._heap)


class Job:
    """What waits of one job."""

    def __init__(self, ticket: Ticket, number: int) -> None:
        self.deadline = math.inf if ticket.deadline is None else ticket.deadline
        self.since = ticket.since
        self.number = number
        self.version = number
        self.remaining = 0.0
        """Expected seconds."""
        self.tickets: list[tuple[float, int, Ticket]] = []

    def key(self) -> _Key:
        return self.deadline, self.since + self.remaining, self.since, self.number

    def copy(self) -> "Job":
        twin = object.__new__(Job)
        vars(twin).update(vars(self), tickets=list(self.tickets))
        return twin
