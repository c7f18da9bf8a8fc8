"""A farm that never was: bases hand in, machines come and go, and every job is told when.

The queue and the choice of what is begun are the farm's own; how long work takes is drawn, and no
estimate sees it before it is over.
"""

import heapq
import itertools
import math
import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from farm.estimate import (
    Ahead,
    Estimate,
    Outlines,
    Pair,
    Past,
    Piece,
    Ranges,
    Rest,
    Sample,
    Situation,
    Speeds,
    Unplanned,
    Waiting,
    like,
    seconds_left,
    work_ahead,
)
from farm.service.choose import Candidate, to_begin
from workers.fair import FairQueue
from workers.model import Call
from workers.ticket import STOCK, Ticket

WAYS: Sequence[tuple[tuple[str, ...], int, int, str]] = (
    (("hls",), 1280, 720, "chunk hls 1280x720 4"),
    (("hls", "dvd"), 1280, 720, "chunk dvd 720x576 3 hls 1280x720 4"),
    (("hls",), 1920, 1080, "chunk hls 1920x1080 5"),
    (("broadcast", "hls"), 720, 576, "chunk broadcast 720x576 1 hls 720x576 3"),
    (("audio",), 0, 0, "sound mp3"),
)
CHUNK = 60.0
"""Seconds of media; longer than the farm's, so that fewer are played."""
SHARES = (0.25, 0.5, 0.75)
"""Of the way: when a job is told again."""
KNOWN = 200
"""Samples of a kind that are learned from."""


@dataclass(frozen=True, slots=True)
class Climate:
    """How the world is."""

    seed: int
    jobs: int = 150
    bases: int = 5
    nodes: int = 3
    slots: int = 2
    """Of each node."""
    load: float = 0.8
    """Of all slots, on average."""
    noise: float = 0.35
    """Standard deviation of the logarithm of what a piece takes, over what it is like."""
    losses: float = 0.15
    """Of the time a node is away."""


@dataclass(frozen=True, slots=True)
class Told:
    """One estimate, with what came of it."""

    number: int
    """In the order they were made."""
    job: str
    priority: int
    at: float
    estimate: Estimate
    actual: float
    learned: int
    """Pairs the ranges were learned from."""

    @property
    def holds(self) -> bool:
        return self.estimate.low <= self.actual <= self.estimate.high


@dataclass(slots=True)
class Job:
    id: str
    base: str
    way: int
    duration: float
    priority: int
    since: float
    truth: dict[str, tuple[str, float, float]]
    """Of every piece: its kind, its weight, the seconds it takes."""
    products: dict[str, tuple[str, float, float]]
    tail: float
    left: set[str] = field(default_factory=set)
    told: list[tuple[float, Estimate, int]] = field(default_factory=list)
    stage: str = "ready"
    spent: Counter[str] = field(default_factory=Counter)
    last: float = 0.0

    @property
    def like(self) -> str:
        names, width, height, _ = WAYS[self.way]
        return like(names, width, height)

    @property
    def pieces(self) -> dict[str, tuple[str, float, float]]:
        return self.truth | self.products


class World:
    """`play` it."""

    def __init__(self, climate: Climate) -> None:
        self.climate = climate
        self.results: list[Told] = []
        self.errors: list[Pair] = []
        self._random = random.Random(climate.seed)
        self._factors = {
            kind: self._random.lognormvariate(0.3, 0.4)
            for kind in ("product tag", "product dvd", *(way[3] for way in WAYS))
        }
        self._queue = FairQueue()
        self._jobs: dict[str, Job] = {}
        self._running: dict[int, tuple[Ticket, float, float, int]] = {}
        self._away: set[int] = set()
        self._events: list[tuple[float, int, str, object]] = []
        self._numbers = itertools.count()
        self._samples: dict[str, deque[Sample]] = defaultdict(lambda: deque(maxlen=KNOWN))
        self._pasts: deque[Past] = deque(maxlen=KNOWN)
        self._speeds, self._outlines, self._ranges = Speeds(), Outlines(), Ranges()
        self._guesses = Speeds()

    # --- what happens ---

    def play(self) -> list[Told]:
        self._arrivals()
        while self._events:
            now, _, what, which = heapq.heappop(self._events)
            getattr(self, f"_{what}")(now, which)
            self._begin_jobs(now)
            self._serve(now)
        return sorted(self.results, key=lambda one: one.number)

    def _at(self, when: float, what: str, which: object) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), what, which))

    def _arrivals(self) -> None:
        made = [self._make(number) for number in range(self.climate.jobs)]
        work = sum(seconds for job in made for _, _, seconds in job.pieces.values())
        slots = self.climate.nodes * self.climate.slots * (1 - self.climate.losses)
        span = work / slots / self.climate.load
        when = 0.0
        for job in made:
            when += self._random.expovariate(len(made) / span)
            job.since = when
            self._at(when, "arrive", job)
        for node in range(self.climate.nodes):
            when = 0.0
            while self.climate.losses and when < span:
                there = self._random.expovariate(1 / (span / 4))
                away = there * self.climate.losses / (1 - self.climate.losses)
                self._at(when + there, "lose", node)
                self._at(when + there + away, "regain", node)
                when += there + away

    def _make(self, number: int) -> Job:
        draw = self._random
        base = f"base-{min(int(draw.expovariate(0.8)), self.climate.bases - 1)}"
        way = draw.choices(range(len(WAYS)), (5, 2, 1, 2, 2))[0]
        kind = WAYS[way][3]
        duration = math.exp(draw.uniform(math.log(300), math.log(3600)))
        hard = draw.lognormvariate(0, 0.25)
        count = max(1, round(duration / CHUNK)) if way < 4 else 1
        weight = duration / count if way < 4 else duration * 0.05
        truth = {
            f"chunk {n}": self._piece(kind, weight * draw.uniform(0.7, 1.3), hard)
            for n in range(count)
        }
        products = {
            "product": self._piece("product dvd" if way == 1 else "product tag", duration / 50, 1.0)
        }
        priority = draw.choices((0, 1, 2), (1, 8, 3))[0]
        tail = draw.uniform(1, 5)
        return Job(f"job-{number}", base, way, duration, priority, 0.0, truth, products, tail)

    def _piece(self, kind: str, weight: float, hard: float) -> tuple[str, float, float]:
        noise = self._random.lognormvariate(0, self.climate.noise)
        guess = self._guesses.seconds(kind, weight) if hasattr(self, "_guesses") else weight
        return kind, weight, guess * self._factors[kind] * hard * noise

    def _arrive(self, now: float, which: object) -> None:
        assert isinstance(which, Job)
        self._jobs[which.id] = which
        self._tell(now, which)

    def _lose(self, now: float, which: object) -> None:
        """A node goes, and what ran on it is done again."""
        assert isinstance(which, int)
        self._away.add(which)
        for number, (ticket, began, _, node) in list(self._running.items()):
            if node == which:
                del self._running[number]
                self._queue.settle(ticket, now - began)
                self._queue.push(ticket)

    def _regain(self, _now: float, which: object) -> None:
        assert isinstance(which, int)
        self._away.discard(which)

    def _end(self, now: float, which: object) -> None:
        assert isinstance(which, int)
        if which not in self._running:
            return  # its node was lost
        ticket, began, _, _ = self._running.pop(which)
        self._queue.settle(ticket, now - began)
        job = self._jobs[ticket.job]
        kind, weight, _ = job.pieces[ticket.call.key]
        self._samples[kind].append(Sample(kind, weight, now - began))
        job.spent[job.stage] += now - began
        job.left.discard(ticket.call.key)
        job.last = now
        if job.left:
            done = 1 - len(job.left) / len(job.truth)
            if job.stage == "encode" and len(job.told) < 2 + sum(done >= one for one in SHARES):
                self._tell(now, job)
        elif job.stage == "encode":
            self._push(job, "products", job.products, now)
        else:
            job.stage = "tail"
            self._at(now + job.tail, "finish", job)

    def _finish(self, now: float, which: object) -> None:
        assert isinstance(which, Job)
        job = self._jobs.pop(which.id)
        for at, estimate, learned in job.told:
            number = next(self._numbers)
            self.results.append(Told(number, job.id, job.priority, at, estimate, now, learned))
            situation = Situation(estimate.position == 0, job.priority == STOCK)
            self.errors.append(Pair(situation, estimate.likely - at, now - at))
        self._pasts.append(
            Past(
                job.like,
                job.duration,
                len(job.truth),
                job.spent["encode"],
                job.spent["products"],
                now - job.last,
            )
        )
        self._learn()

    # --- what the farm does ---

    def _begin_jobs(self, now: float) -> None:
        ready = [_candidate(one) for one in self._jobs.values() if one.stage == "ready"]
        begun = [_candidate(one) for one in self._jobs.values() if one.stage != "ready"]
        for id in to_begin(ready, begun, frozenset(), now):
            job = self._jobs[id]
            self._push(job, "encode", job.truth, now)
            self._tell(now, job)

    def _push(
        self, job: Job, stage: str, pieces: dict[str, tuple[str, float, float]], _now: float
    ) -> None:
        job.stage, job.left = stage, set(pieces)
        for key, (kind, weight, _) in pieces.items():
            seconds = self._speeds.seconds(kind, weight)
            call = Call(key, _unused, None, weight)
            self._queue.push(Ticket(call, job.base, job.id, seconds, job.priority, None, job.since))

    def _serve(self, now: float) -> None:
        busy = Counter(node for _, _, _, node in self._running.values())
        for node in set(range(self.climate.nodes)) - self._away:
            while busy[node] < self.climate.slots:
                ticket = self._queue.pop(now)
                if ticket is None:
                    return
                busy[node] += 1
                number = next(self._numbers)
                seconds = self._jobs[ticket.job].pieces[ticket.call.key][2]
                self._running[number] = ticket, now, seconds, node
                self._at(now + seconds, "end", number)

    # --- what is told ---

    def _learn(self) -> None:
        self._speeds = Speeds.learned(one for some in self._samples.values() for one in some)
        self._outlines = Outlines.learned(self._pasts)
        self._ranges = Ranges.learned(self.errors)

    def _tell(self, now: float, job: Job) -> None:
        ahead = self.ahead(now).get(job.id)
        if ahead is not None:
            estimate = self._ranges.estimate(now, ahead, stock=job.priority == STOCK)
            job.told.append((now, estimate, len(self.errors)))

    def ahead(self, now: float) -> dict[str, Ahead]:
        """As the service asks: what runs, what waits, what is not planned, what follows."""
        slots = (self.climate.nodes - len(self._away)) * self.climate.slots
        ready, under_way, rests = [], [], {}
        for job in self._jobs.values():
            outline = self._outlines.of(job.like, job.duration)
            planned = job.stage in ("ready", "encode")
            rests[job.id] = outline.rest if planned else Rest((), self._outlines.tail)
            if job.stage == "ready":
                ready.append(Unplanned(_candidate(job), outline.pieces))
            else:
                under_way.append(_candidate(job))
        waiting = Waiting(self._queue, ready, under_way, now)
        return work_ahead(slots, list(self._pieces_running(now)), waiting, rests)

    def _pieces_running(self, now: float) -> Iterator[Piece]:
        for ticket, began, seconds, _ in self._running.values():
            done = (now - began) / seconds
            yield Piece(ticket.job, seconds_left(ticket.weight, now - began, done))


def _candidate(job: Job) -> Candidate:
    return Candidate(job.id, job.base, job.priority, None, job.since, job.duration)


def _unused(_argument: object, _report: object) -> None:
    """Nothing is run here."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good the estimates of a world were."""

    estimates: int
    share: float
    """Of those whose range held the truth."""
    width: float
    """Median of latest over earliest, as seconds from when they were told."""
    bias: float
    """Median of truth over what was likely."""
    error: float
    """Median of how many times off `likely` was, in either direction."""


def score(told: Sequence[Told], *, least: int = 20) -> Score:
    """Of those whose ranges were learned from at least `least` earlier ones."""
    counted = [one for one in told if one.learned >= least]
    ratios = sorted((one.actual - one.at) / (one.estimate.likely - one.at) for one in counted)
    widths = sorted((one.estimate.high - one.at) / (one.estimate.low - one.at) for one in counted)
    off = sorted(max(one, 1 / one) for one in ratios)
    return Score(
        estimates=len(counted),
        share=sum(one.holds for one in counted) / len(counted),
        width=widths[len(widths) // 2],
        bias=ratios[len(ratios) // 2],
        error=off[len(off) // 2],
    )
