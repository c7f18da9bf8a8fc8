"""Several processes at one ledger, and one that is killed in the middle."""

import json
import subprocess
import sys
import time

import pytest

from farm.ledger import Ledger, leases, switches, tasks
from farm.ledger.states import Outcome, TaskState
from tests.farm.ledger.racers import FENCE, TASKS, THREADS, names

PROCESSES = 4
"""With two threads each: eight at once."""


def start(what: str, url: str, me: str) -> "subprocess.Popen[str]":
    """Of `racers`."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.farm.ledger.racers", what, url, me],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def hear(racer: "subprocess.Popen[str]", expected: str) -> None:
    assert racer.stdout
    assert racer.stdout.readline() == f"{expected}\n"


def go(racer: "subprocess.Popen[str]") -> None:
    assert racer.stdin
    racer.stdin.write("go\n")
    racer.stdin.flush()


@pytest.fixture
def planned(ledger: Ledger, job: str) -> Ledger:
    with ledger.begin() as tx:
        tasks.plan(tx, job, [(key, "chunk", 1.0) for _, key in names()])
    return ledger


def test_what_many_want_at_once_one_gets(url: str, planned: Ledger) -> None:
    racers = [start("compete", url, f"p{number}") for number in range(PROCESSES)]
    for one in racers:
        hear(one, "ready")
    for one in racers:
        go(one)
    won = [result for one in racers for result in json.loads(one.communicate(timeout=120)[0])]
    assert len(won) == PROCESSES * THREADS == 8

    claimed = sorted(tuple(name) for one in won for name, number in one["claimed"] if number == 1)
    assert claimed == names()
    assert sum(len(one["claimed"]) for one in won) == TASKS
    assert sorted(tuple(name) for one in won for name in one["ended"]) == names()[::20]
    with planned.read() as tx:
        held = leases.get(tx, "race")
        tried = tasks.attempts_of(tx, "job")
        states = {one.key: one.state for one in tasks.of_job(tx, "job")}
    assert held
    assert [fence for one in won for fence in one["lease"]] == [[held.holder, 1]]
    assert [one.number for one in tried] == [1] * TASKS
    ended = {key for _, key in names()[::20]}
    assert {key for key, state in states.items() if state is TaskState.DONE} == ended
    assert {state for key, state in states.items() if key not in ended} == {TaskState.RUNNING}


def test_a_process_killed_in_the_middle_of_a_change_leaves_the_old_state(
    url: str, planned: Ledger
) -> None:
    racer = start("hang", url, "victim")
    hear(racer, "ready")
    go(racer)
    hear(racer, "in the middle")
    racer.kill()
    racer.communicate()
    begun = time.monotonic()
    with planned.read() as tx:
        assert switches.get(tx, "half") is None
    with planned.begin() as tx:
        assert time.monotonic() - begun < 30
        assert switches.get(tx, "half") is None
        assert tasks.attempts_of(tx, "job") == ()
        assert tasks.claim(tx, "job", "k000", "n1", FENCE, 60.0, 1.0) == 1
        assert tasks.finish(tx, "job", "k000", FENCE, Outcome.DONE, 2.0)
