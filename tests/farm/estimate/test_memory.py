"""The ledger remembers what estimates are learned from."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from farm.estimate import Ahead, Estimate, Ranges, Speeds
from farm.estimate.ledger import (
    learned_outlines,
    learned_ranges,
    learned_speeds,
    note,
    told,
)
from farm.ledger import Ledger, bases, estimates, jobs, leases, open_ledger, tasks
from farm.ledger.model import Base, Job
from farm.ledger.states import JobState, Outcome, Priority

NOW = 1_700_000_000.0
LADDER = "chunk hls 1280x720 4"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    opened = open_ledger(str(tmp_path_factory.mktemp("ledger") / "ledger.db"))
    with opened.begin() as tx:
        bases.add(tx, Base("nj", "Nanjing", "南京", NOW))
        leases.take(tx, leases.DISPATCHER, "test", 1e9, NOW)
    yield opened
    opened.close()


@pytest.fixture
def tx(empty: Ledger) -> Iterator[Connection]:
    """A change that is taken back."""
    with empty.begin() as tx:
        inner = tx.begin_nested()
        yield tx
        inner.rollback()


def job(tx: Connection, id: str, priority: Priority = Priority.NORMAL) -> None:
    row = Job(id, "nj", id, "lecture.mp4", 1, NOW, duration=600.0, priority=priority)
    jobs.add(tx, row)


def work(
    tx: Connection, id: str, key: str, kind: str, weight: float, span: tuple[float, float]
) -> None:
    """A task of a job, planned and done."""
    tasks.plan(tx, id, [(key, kind, weight)])
    begun, ended = span
    assert tasks.claim(tx, id, key, "node", 1, NOW + 1e6, NOW + begun) is not None
    assert tasks.finish(tx, id, key, 1, Outcome.DONE, NOW + ended)


def finished(tx: Connection, id: str, ended: float) -> None:
    for state in (JobState.QUEUED, JobState.RUNNING, JobState.DONE):
        before = jobs.get(tx, id)
        assert before is not None
        assert jobs.move(tx, id, before.state, state, ended=NOW + ended)


def test_speeds_are_learned_from_finished_attempts(tx: Connection) -> None:
    job(tx, "j")
    for n in range(20):
        work(tx, "j", f"chunk {n}", LADDER, 30.0, (100.0 * n, 100.0 * n + 90))
    guessed, learned = Speeds().seconds(LADDER, 30.0), learned_speeds(tx).seconds(LADDER, 30.0)
    assert abs(learned - 90) < abs(guessed - 90) / 3


def test_what_a_job_was_told_comes_back(tx: Connection) -> None:
    job(tx, "j")
    assert told(tx, "j") is None
    note(tx, "j", NOW, Estimate(3, NOW + 1, NOW + 2, NOW + 4))
    note(tx, "j", NOW + 1, Estimate(0, NOW + 2, NOW + 3, NOW + 5))
    assert told(tx, "j") == Estimate(0, NOW + 2, NOW + 3, NOW + 5)


def test_ranges_are_learned_from_what_jobs_were_told(tx: Connection) -> None:
    """Everything took twice as long as was said: so will the next."""
    for n in range(25):
        job(tx, f"j{n}")
        note(tx, f"j{n}", NOW, Estimate(1, NOW + 500, NOW + 1000, NOW + 9000))
        estimates.settle(tx, f"j{n}", NOW + 2000)
    job(tx, "open")
    note(tx, "open", NOW, Estimate(1, NOW + 500, NOW + 1000, NOW + 9000))
    one = learned_ranges(tx).estimate(NOW, Ahead(1, 1000.0), stock=False)
    assert one.low <= NOW + 2000 <= one.high < NOW + 2100


def test_a_job_told_often_weighs_no_more_than_others(tx: Connection) -> None:
    for n in range(30):
        job(tx, f"j{n}")
        note(tx, f"j{n}", NOW, Estimate(1, NOW + 500, NOW + 1000, NOW + 9000))
        estimates.settle(tx, f"j{n}", NOW + 1000)
    job(tx, "chatty")
    for n in range(200):
        note(tx, "chatty", NOW + n, Estimate(1, NOW + n + 1, NOW + n + 10, NOW + n + 20))
    estimates.settle(tx, "chatty", NOW + 90_000)
    one = learned_ranges(tx).estimate(NOW, Ahead(1, 1000.0), stock=False)
    assert one.low <= NOW + 1000
    assert sum(len(some) for some in learned_ranges(tx).errors.values()) == 34


def test_stock_is_learned_apart(tx: Connection) -> None:
    for n in range(50):
        slow = n % 2 == 0
        job(tx, f"j{n}", Priority.STOCK if slow else Priority.NORMAL)
        note(tx, f"j{n}", NOW, Estimate(1, NOW + 500, NOW + 1000, NOW + 9000))
        estimates.settle(tx, f"j{n}", NOW + (5000 if slow else 1000))
    ranges = learned_ranges(tx)
    assert ranges.estimate(NOW, Ahead(1, 1000.0), stock=False).high < NOW + 1100
    assert ranges.estimate(NOW, Ahead(1, 1000.0), stock=True).high > NOW + 4900


def test_wholes_are_learned_from_jobs_of_which_nothing_was_kept(tx: Connection) -> None:
    for n in range(10):
        job(tx, f"j{n}")
        for chunk in range(2):
            span = (1000.0 * chunk, 1000.0 * chunk + 700)
            work(tx, f"j{n}", f"chunk {chunk}", LADDER, 300.0, span)
        work(tx, f"j{n}", "disc", "product dvd", 30.0, (2000.0, 2050.0))
        finished(tx, f"j{n}", 2060.0)
    for n in range(10):  # most of it was there already
        job(tx, f"kept{n}")
        tasks.plan(tx, f"kept{n}", [("chunk 0", LADDER, 300.0)])
        tasks.done_before(tx, 1, [(f"kept{n}", "chunk 0")], NOW)
        work(tx, f"kept{n}", "disc", "product dvd", 30.0, (0.0, 50.0))
        finished(tx, f"kept{n}", 60.0)
    outlines = learned_outlines(tx, lambda _: "lesson hls 1280x720 1")
    outline = outlines.of("lesson hls 1280x720 1", 600.0)
    assert sum(outline.pieces) == pytest.approx(1400, rel=0.2)
    assert sum(outline.rest.pieces) == pytest.approx(50, rel=0.3)
    assert outline.rest.tail == 10


def test_an_empty_ledger_teaches_nothing(tx: Connection) -> None:
    assert learned_speeds(tx) == Speeds()
    assert learned_ranges(tx) == Ranges()
    assert sum(learned_outlines(tx, lambda _: "").of("lesson hls 1280x720 1", 600.0).pieces) > 0
