"""`/metrics`, for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/.

What the ledger and the dispatcher know is read when it is asked for; what the web itself sees,
requests, is counted as they are answered.
"""

import time
from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from farm.estimate.kinds import family
from farm.ledger import estimates, jobs
from farm.ledger.schema import attempts, lessons
from farm.ledger.states import Role
from farm.web import running
from farm.web.sessions import Web, address_of, who_asks
from farm.web.sorry import Forbidden

ASKED = 500
"""Estimates whose hits are counted, the latest."""
BUCKETS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
LOOPBACK = ("127.0.0.1", "::1")

router = APIRouter(include_in_schema=False)


class Counted:
    """The registry of one application, and what it counts itself."""

    def __init__(self, web: Web) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "farm_http_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "farm_http_seconds",
            "Seconds to the first byte.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Known(web))

    def saw(self, route: str, status: int, seconds: float) -> None:
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


class _Known(Collector):
    """What the ledger and the dispatcher know, at the moment it is asked."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        board = running.board(self._web)
        yield from self._jobs()
        yield from _queues(board)
        yield from _nodes(board)
        yield from self._work()
        yield _gauge("farm_leader", "Whether a dispatcher leads.", float(_led(board)))
        yield _gauge("farm_paused", "Whether everything is paused.", float(board.paused))
        if board.asked.slots is not None:
            yield _gauge("farm_slots_wanted", "Slots asked for.", float(board.asked.slots))
        disk = GaugeMetricFamily("farm_disk_free_bytes", "Free, of this machine.", labels=["place"])
        for one in board.disks:
            disk.add_metric([one.name], one.free)
        yield disk

    def _jobs(self) -> Iterator[Metric]:
        with self._web.ledger.read() as tx:
            counts = jobs.counts(tx)
        metric = GaugeMetricFamily("farm_jobs", "Jobs.", labels=["base", "state"])
        for (base, state), count in sorted(counts.items()):
            metric.add_metric([base, state.value], count)
        yield metric

    def _work(self) -> Iterator[Metric]:
        with self._web.ledger.read() as tx:
            kinds = tx.execute(
                select(attempts.c.kind, attempts.c.outcome, func.count())
                .where(attempts.c.outcome.is_not(None))
                .group_by(attempts.c.kind, attempts.c.outcome)
            ).all()
            media = tx.execute(select(func.coalesce(func.sum(lessons.c.duration), 0.0))).scalar()
            told = estimates.recent(tx, ASKED)
        tried = CounterMetricFamily("farm_attempts", "Ended.", labels=["family", "outcome"])
        sums: dict[tuple[str, str], int] = {}
        for kind, outcome, count in kinds:
            name = (family(kind), outcome.value)
            sums[name] = sums.get(name, 0) + count
        for (of, outcome), count in sorted(sums.items()):
            tried.add_metric([of, outcome], count)
        yield tried
        yield _gauge("farm_lesson_seconds", "Duration of all lessons.", float(media or 0.0))
        hits = [one.low <= (one.actual or 0.0) <= one.high for one in told]
        if hits:
            share = sum(hits) / len(hits)
            yield _gauge("farm_estimate_hit_ratio", "Truth within the range told.", share)


def _queues(board: running.Board) -> Iterator[Metric]:
    calls = GaugeMetricFamily("farm_queue_tasks", "Waiting for a slot.", labels=["base"])
    oldest = GaugeMetricFamily("farm_queue_oldest_seconds", "Wait so far.", labels=["base"])
    for one in board.queued:
        if one.calls is not None:
            calls.add_metric([one.base], one.calls)
        oldest.add_metric([one.base], board.at - one.oldest if one.oldest else 0.0)
    yield calls
    yield oldest


def _nodes(board: running.Board) -> Iterator[Metric]:
    slots = GaugeMetricFamily("farm_slots", "Tasks at once.", labels=["node", "host", "state"])
    busy = GaugeMetricFamily("farm_running", "Tasks that run.", labels=["node", "host"])
    for one in board.nodes:
        if one.here:
            slots.add_metric([one.id, one.host, one.state], one.slots)
            busy.add_metric([one.id, one.host], len(one.running))
    yield slots
    yield busy


def _led(board: running.Board) -> bool:
    return board.lease is not None and board.lease.until > time.time()


def _gauge(name: str, what: str, value: float) -> Metric:
    metric = GaugeMetricFamily(name, what)
    metric.add_metric([], value)
    return metric


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """For an operator's key, or from this machine. Raises Forbidden."""
    forwarded = "x-forwarded-for" in request.headers
    if forwarded or address_of(request) not in LOOPBACK:
        who = await who_asks(request)
        if who.key.role is not Role.OPERATOR:
            raise Forbidden
    counted: Counted = request.app.state.counted
    text = await run_in_threadpool(generate_latest, counted.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
