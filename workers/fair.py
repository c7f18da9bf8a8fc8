"""Whose call is next: a queue that is fair between parties, by seconds of work. Pure.

Between parties it is start-time fair queueing (https://doi.org/10.1145/248156.248171): a call
starts, in virtual time, where its party's last one finished; it finishes its seconds divided by its
party's weight later; the lowest start is served. A party that had nothing waiting, was paused, or
stood behind a higher class starts at the present virtual time, so it has saved nothing up.
"""

import copy
import itertools
from collections.abc import Collection, Iterator
from dataclasses import replace

from workers.lane import Lane
from workers.ticket import CLASSES, Ticket, Waiting

AGE = 1800.0
"""Seconds of waiting that are worth one class."""


class FairQueue:
    """Not safe for threads. Times are seconds since the epoch, given by the caller: the same
    operations give the same order."""

    def __init__(self, *, age: float = AGE) -> None:
        self._age = age
        self._parties: dict[str, _Party] = {}
        self._virtual = 0.0
        self._paused = False
        self._served = itertools.count()

    def __len__(self) -> int:
        return sum(len(party) for party in self._parties.values())

    def set_weight(self, party: str, weight: float) -> None:
        """A party of weight 2 gets twice the seconds of one of weight 1, which all have at first.
        Raises ValueError where it is not above 0."""
        if not weight > 0:
            raise ValueError(f"the weight of {party} is {weight}; give one above 0, or pause it")
        self._party(party).weight = weight

    def push(self, ticket: Ticket) -> None:
        party = self._party(ticket.party)
        if not len(party):
            self._begin_virtual()
            party.fresh = True
        party.lanes[ticket.priority].push(ticket)

    def pop(self, now: float) -> Ticket | None:
        """The next call, charged to its party at its expected weight; None where nothing may be
        served. `settle` is owed for it once it has ended."""
        party = None if self._paused else self._next(now)
        if party is None:
            return None
        ticket = party.lane.pop()
        self._virtual = self._start(party)
        party.finish = self._virtual + ticket.weight / party.weight
        party.served, party.fresh = next(self._served), False
        return ticket

    def settle(self, ticket: Ticket, actual: float) -> None:
        """The popped call took `actual` seconds: its party is charged those instead."""
        party = self._party(ticket.party)
        party.finish += (actual - ticket.weight) / party.weight

    def remove(self, job: str, keys: Collection[str] | None = None) -> tuple[Ticket, ...]:
        """Takes what waits of a job, or its calls of these keys, out of the queue."""
        return tuple(
            ticket
            for party in self._parties.values()
            for lane in party.lanes
            for ticket in lane.remove(job, keys)
        )

    def reprioritise(
        self, job: str, *, priority: int | None = None, deadline: float | None = None
    ) -> None:
        """Moves what waits of a job; None leaves as it is."""
        for ticket in self.remove(job):
            self.push(changed(ticket, priority, deadline))

    def pause(self, party: str | None = None) -> None:
        """Nothing more of the party, or of all, is served until `resume`."""
        if party is None:
            self._paused = True
        else:
            self._party(party).paused = True

    def resume(self, party: str | None = None) -> None:
        """Lifts the pause of that name: a paused party stays so when all are resumed."""
        if party is None:
            self._paused = False
        else:
            self._party(party).paused = False

    @property
    def paused(self) -> bool:
        """Whether all are paused."""
        return self._paused

    def paused_parties(self) -> frozenset[str]:
        return frozenset(party.name for party in self._parties.values() if party.paused)

    def copy(self) -> "FairQueue":
        """Another queue that goes on from here; the tickets are shared."""
        twin = FairQueue(age=self._age)
        twin._parties = {name: party.copy() for name, party in self._parties.items()}
        twin._virtual, twin._paused = self._virtual, self._paused
        twin._served = copy.copy(self._served)
        return twin

    def order(self, now: float) -> Iterator[Ticket]:
        """What waits, in the order in which it would be served if no more came: as though the
        queue were not paused as a whole, with paused parties last. For estimates."""
        twin = self.copy()
        twin.resume()
        while len(twin):
            ticket = twin.pop(now)
            if ticket is not None:
                yield ticket
                continue
            for party in twin.paused_parties():
                twin.resume(party)

    def position(self, job: str, now: float) -> int | None:
        """How many other jobs are to be served something before this one: 0 is next. None where
        nothing of it waits."""
        before: set[str] = set()
        for ticket in self.order(now):
            if ticket.job == job:
                return len(before)
            before.add(ticket.job)
        return None

    def tickets(self) -> Iterator[Ticket]:
        """All that waits, in no order."""
        for party in self._parties.values():
            for lane in party.lanes:
                yield from lane

    def waiting(self) -> tuple[Waiting, ...]:
        """Of every party that has something waiting, by name."""
        return tuple(_summary(party) for _, party in sorted(self._parties.items()) if len(party))

    def _party(self, name: str) -> "_Party":
        if name not in self._parties:
            self._parties[name] = _Party(name)
        return self._parties[name]

    def _ready(self) -> list["_Party"]:
        return [party for party in self._parties.values() if not party.paused and party.waits]

    def _next(self, now: float) -> "_Party | None":
        ready = self._ready()
        if not ready:
            return None
        bests = [party.best for party in ready]
        levels = [
            (self._level(party, best, now), -best) for party, best in zip(ready, bests, strict=True)
        ]
        # What is old comes up with all of its class: others' fresh calls of that class compete with
        # it as before. Raised alone, a backlog of one party would shut out their new work.
        reach = -min(levels)[1]
        return min(
            (party for party, best in zip(ready, bests, strict=True) if best <= reach),
            key=lambda party: (self._start(party), not party.fresh, party.served, party.name),
        )

    def _level(self, party: "_Party", best: int, now: float) -> int:
        if best == 0:
            return 0
        waited = max(0.0, now - party.lanes[best].first().since)
        return max(0, best - int(waited / self._age))

    def _start(self, party: "_Party") -> float:
        return max(self._virtual, party.finish)

    def _begin_virtual(self) -> None:
        """Before a party joins: virtual time catches up with those who wait, and where nobody did,
        with everybody: what was used while nobody else wanted it is not held against anyone."""
        ready = self._ready()
        if ready:
            self._virtual = max(self._virtual, min(party.finish for party in ready))
        elif self._parties:
            most = max(party.finish for party in self._parties.values())
            self._virtual = max(self._virtual, most)


def changed(ticket: Ticket, priority: int | None, deadline: float | None) -> Ticket:
    """The ticket with another priority and deadline, None leaving each as it is."""
    return replace(
        ticket,
        priority=ticket.priority if priority is None else priority,
        deadline=ticket.deadline if deadline is None else deadline,
    )


class _Party:
    def __init__(self, name: str) -> None:
        self.name = name
        self.weight = 1.0
        self.paused = False
        self.finish = 0.0
        """In virtual time: where its last call finishes."""
        self.served = -1
        """Number of its last service, the first of equals to be served longest ago."""
        self.fresh = True
        """Not served since it has had something waiting."""
        self.lanes = tuple(Lane() for _ in range(CLASSES))

    def __len__(self) -> int:
        return sum(len(lane) for lane in self.lanes)

    @property
    def waits(self) -> bool:
        """Whether anything does."""
        urgent, normal, stock = self.lanes
        return bool(len(urgent) or len(normal) or len(stock))

    @property
    def best(self) -> int:
        """Its highest class with something waiting."""
        urgent, normal, _ = self.lanes
        return 0 if len(urgent) else 1 if len(normal) else 2

    @property
    def lane(self) -> Lane:
        return self.lanes[self.best]

    def copy(self) -> "_Party":
        twin = copy.copy(self)
        twin.lanes = tuple(lane.copy() for lane in self.lanes)
        return twin


def _summary(party: _Party) -> Waiting:
    jobs = [job for lane in party.lanes for job in lane.jobs()]
    return Waiting(
        party.name,
        calls=sum(len(job.tickets) for job in jobs),
        work=sum(job.remaining for job in jobs),
        oldest=min(job.since for job in jobs),
    )
