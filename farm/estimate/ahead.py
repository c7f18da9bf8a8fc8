"""The queue played through: when each job would be ready if nothing else came.

Every slot takes the next piece when it is free, as workers do, each piece for the seconds it is
expected to take. 10,000 pieces are played in some milliseconds.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

NO_REST: Mapping[str, "Rest"] = {}


@dataclass(frozen=True, slots=True)
class Piece:
    """Work for one slot."""

    job: str
    seconds: float
    """Expected; of what is running, those left."""


class Line(Protocol):
    """What waits. Who is served next may hang on the time: what is old is raised, and what is not
    begun yet is begun when something else is done."""

    def jobs(self) -> Iterable[str]:
        """Of every piece, in any order."""
        ...

    def next(self, seconds: float) -> Piece | None:
        """Takes the piece that is served so many seconds from now; None where none is there."""
        ...

    def done(self, job: str, seconds: float) -> None:
        """The job will be done then."""
        ...

    def later(self) -> float | None:
        """Seconds from now when there may be a piece again; None: never."""
        ...


class Listed:
    """Pieces in an order that is fixed."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = tuple(pieces)
        self._left: Iterator[Piece] = iter(self._pieces)

    def jobs(self) -> Iterable[str]:
        return (piece.job for piece in self._pieces)

    def next(self, seconds: float) -> Piece | None:  # noqa: ARG002 - the order is what it is
        return next(self._left, None)

    def done(self, job: str, seconds: float) -> None:
        """Nothing waits for it."""

    def later(self) -> float | None:
        return None


@dataclass(frozen=True, slots=True)
class Rest:
    """What follows when a job's pieces are done, and nobody else's comes between."""

    pieces: tuple[float, ...] = ()
    """Seconds of each, for one slot: products of what was encoded."""
    tail: float = 0.0
    """Seconds that no slot is taken: packaging, publishing."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the queue holds for one job."""

    position: int
    """Its place among the jobs none of whose work is running, from 1; 0 where some is."""
    seconds: float
    """Until it is done, expected."""


def work_ahead(
    slots: int,
    running: Sequence[Piece],
    waiting: Line,
    rests: Mapping[str, Rest] = NO_REST,
) -> dict[str, Ahead]:
    """Of every job named, when it would be done; takes all that is in the line.

    A job that is in `rests` alone is in its rest already. Without slots nothing is ever done: the
    answer is empty.
    """
    if slots < 1:
        return {}
    play = _Play(slots, running, waiting, rests)
    play.through()
    begun = {one.job for one in running} | (rests.keys() - play.served.keys())
    places = [job for job in play.served if job not in begun]
    position = {job: place for place, job in enumerate(places, 1)}
    return {job: Ahead(position.get(job, 0), seconds) for job, seconds in play.done.items()}


class _Play:
    """Slots that take pieces in turn."""

    def __init__(
        self,
        slots: int,
        running: Sequence[Piece],
        waiting: Line,
        rests: Mapping[str, Rest],
    ) -> None:
        self.done: dict[str, float] = {}
        """Seconds from now, by job."""
        self.served: dict[str, None] = {}
        """Jobs in the order their first waiting piece was served."""
        self._waiting = waiting
        self._rests = rests
        self._open = Counter(waiting.jobs())
        self._open.update(piece.job for piece in running)
        self._ready: list[tuple[float, str, tuple[float, ...]]] = []
        """When the last piece of a job is done, and what follows it."""
        self._free = [0.0] * slots
        for piece in sorted(running, key=lambda one: one.seconds):
            self._take(piece.job, piece.seconds)
        for job in rests:
            if job not in self._open:
                self._follow(job, 0.0)

    def through(self) -> None:
        while True:
            self._serve_ready(self._free[0])
            piece = self._waiting.next(self._free[0])
            if piece is not None:
                self.served.setdefault(piece.job)
                self._take(piece.job, piece.seconds)
            elif not self._idle():
                return

    def _idle(self) -> bool:
        """Until something comes; False where nothing ever does."""
        later = self._waiting.later()
        if self._ready and (later is None or self._ready[0][0] <= later):
            later = self._ready[0][0]
        if later is None:
            return False
        self._free = [max(free, later) for free in self._free]  # stays a heap
        return True

    def _serve_ready(self, now: float) -> None:
        """What follows jobs that are done by now, before what waits."""
        while self._ready and self._ready[0][0] <= now:
            since, job, pieces = heapq.heappop(self._ready)
            ends = [self._run(since, seconds) for seconds in pieces]
            self._done(job, max(ends) + self._rests[job].tail)
            now = max(now, self._free[0])

    def _take(self, job: str, seconds: float) -> None:
        """A job's own piece."""
        self.done[job] = max(self.done.get(job, 0.0), self._run(0.0, seconds))
        self._open[job] -= 1
        if not self._open[job]:
            self._follow(job, self.done[job])

    def _follow(self, job: str, since: float) -> None:
        rest = self._rests.get(job, Rest())
        if rest.pieces:
            heapq.heappush(self._ready, (since, job, rest.pieces))
        else:
            self._done(job, since + rest.tail)

    def _done(self, job: str, seconds: float) -> None:
        self.done[job] = seconds
        self._waiting.done(job, seconds)

    def _run(self, since: float, seconds: float) -> float:
        """On the slot that is free first, not before `since`: when it ends."""
        end = max(since, self._free[0]) + seconds
        heapq.heapreplace(self._free, end)
        return end
