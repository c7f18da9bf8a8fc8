"""The log as programs read it: a JSON object a line, by which a job's work is found again."""

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from farm.ledger import bases, jobs, leases, open_ledger
from farm.ledger.leases import DISPATCHER
from farm.ledger.model import Base, Job
from farm.service.journal import LedgerJournal
from farm.service.logs import log_as
from workers.journal import Claim, Ended, Outcome
from workers.model import Call


@pytest.fixture
def _put_back() -> Iterator[None]:
    """Logging belongs to the whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_put_back")
def test_every_attempt_is_told_with_job_task_and_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger.begin() as tx:
        bases.add(tx, Base("changsha", "Changsha", "长沙", time.time()))
        jobs.add(tx, Job("j1", "changsha", "lecture.mp4", "/nowhere", 1, time.time()))
        fence = leases.take(tx, DISPATCHER, "here", 60, time.time())
    assert fence is not None
    log_as("json")
    journal = LedgerJournal(ledger, "here", fence, tmp_path)
    journal.book("j1", "changsha", Call("chunk-3", len, ""))
    claim = Claim("j1", "chunk-3", "node-a", 1, 2.0)
    assert list(journal.claimed([claim])) == [True]
    journal.ended([Ended(claim, Outcome.FAILED, "The encoder died.", 1.5, again=True)])
    ledger.close()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    begun, ended = [one for one in lines if one["event"].startswith("task")]
    for one in (begun, ended):
        assert (one["job"], one["base"], one["task"]) == ("j1", "changsha", "chunk-3")
        assert (one["node"], one["attempt"]) == ("node-a", 1)
        assert one["timestamp"] <= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 1))
    assert (ended["outcome"], ended["error"]) == ("failed", "The encoder died.")
