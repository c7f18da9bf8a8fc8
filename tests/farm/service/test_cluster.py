"""`farm serve` over a cluster of three machines: fair between bases, machines that are drained and
machines that die, and what a cluster without an autoscaler says."""

import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from farm.ledger import events, jobs, nodes, switches, tasks
from farm.ledger.model import Attempt, Job, Node
from farm.ledger.states import JobState, NodeState, Outcome
from farm.service import bulletin
from farm.service.bulletin import EMPTY
from tests.farm.service.serving import Place, place, service, until
from tests.media import lecture, noise, tone
from tests.workers.members import Member, Members

SLOTS = 3
"""Machines, of one slot each."""


@dataclass(frozen=True, slots=True)
class Cluster:
    at: Place
    members: Members
    recording: Path

    def queue(self, folder: Path, base: str) -> str:
        """A job of another recording each time, though of the same length; inspected already."""
        copy = folder / f"{secrets.token_hex(4)}.mp4"
        copy.write_bytes(self.recording.read_bytes() + b"\0\0\0\x10free" + secrets.token_bytes(8))
        id = self.at.hand_in(copy, base)
        copy.unlink()
        return id

    def attempts(self, *ids: str) -> list[Attempt]:
        with self.at.ledger.read() as tx:
            return [one for id in ids for one in tasks.attempts_of(tx, id)]

    def workers(self) -> tuple[Node, ...]:
        """Those seen within seconds."""
        with self.at.ledger.read() as tx:
            every = nodes.every(tx)
        return tuple(one for one in every if one.slots and time.time() - one.seen < 15)

    def cancel(self, ids: Sequence[str]) -> None:
        with self.at.ledger.begin() as tx:
            for id in ids:
                jobs.ask_cancel(tx, id)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    recording = lecture(
        folder / "lecture.mp4", seconds=16, size=(320, 180), paint=noise, sound=tone(level=0.2)
    )
    with (
        tempfile.TemporaryDirectory(prefix="m", ignore_cleanup_errors=True) as short,
        pytest.MonkeyPatch.context() as environment,
        place(folder) as at,
    ):
        members = Members(Path(short))
        for name, value in members.token.items():
            environment.setenv(name, value)
        try:
            for _ in range(SLOTS):
                members.add()
            with service(at, "--ray", members.address, "--workers", f"{SLOTS}"):
                made = Cluster(at, members, recording)
                until(made.workers, lambda found: len(found) == SLOTS, 90)
                yield made
        finally:
            members.end()


def test_a_base_with_many_jobs_does_not_hold_up_another(cluster: Cluster, tmp_path: Path) -> None:
    at = cluster.at
    many = [cluster.queue(tmp_path, "changsha") for _ in range(30)]
    until(lambda: cluster.attempts(*many), lambda tried: len(tried) >= SLOTS + 2)
    one = cluster.queue(tmp_path, "xiangxi")
    until(lambda: cluster.attempts(one), bool)
    first = min(tried.started for tried in cluster.attempts(one))
    planned = next(event.at for event in at.events(one) if event.kind == "planned")
    before = [tried for tried in cluster.attempts(*many) if planned < tried.started <= first]
    busy = [
        tried
        for tried in cluster.attempts(*many)
        if tried.started <= planned and (tried.ended is None or tried.ended > planned)
    ]
    assert len(busy) >= SLOTS - 1, "nobody was in its way"
    assert len(before) <= SLOTS, [(tried.kind, tried.started - planned) for tried in before]
    assert any(at.job(id).state is JobState.QUEUED for id in many), "there was no backlog left"
    cluster.cancel(many)
    assert at.ended(one).state is JobState.DONE
    for id in many:
        assert at.ended(id).state in (JobState.CANCELLED, JobState.DONE)


def test_a_drained_node_is_given_nothing_more_and_is_told_empty(
    cluster: Cluster, tmp_path: Path
) -> None:
    at = cluster.at
    ids = [cluster.queue(tmp_path, base) for base in ("changsha", "xiangxi")]
    tried = until(lambda: cluster.attempts(*ids), lambda tried: len(tried) >= SLOTS)
    node = tried[0].node
    assert node is not None
    with at.ledger.begin() as tx:
        assert nodes.change(tx, node, state=NodeState.DRAINING, until=None)
    drained = time.time()
    until(lambda: _node(at, node).note, lambda note: note == EMPTY)
    emptied = time.time()
    ids += [cluster.queue(tmp_path, "changsha")]
    for id in ids:
        assert at.ended(id).state is JobState.DONE
    # The service looks at the ledger every second, where nobody wakes it.
    late = [one for one in cluster.attempts(*ids) if one.started > drained + 2]
    assert node not in {one.node for one in late}
    assert len({one.node for one in late}) == SLOTS - 1
    ends = [one.ended for one in cluster.attempts(*ids) if one.node == node]
    assert all(end is not None and end <= emptied for end in ends)
    with at.ledger.read() as tx:
        told = [one.data for one in events.after(tx, 0, 10_000) if one.kind == "node"]
    assert {"node": node, "state": EMPTY} in told
    with at.ledger.begin() as tx:
        nodes.change(tx, node, state=NodeState.ACTIVE, until=time.time(), note=None)
    again = cluster.queue(tmp_path, "changsha")
    assert at.ended(again).state is JobState.DONE
    assert node in {one.node for one in cluster.attempts(again)}


def _node(at: Place, id: str) -> Node:
    with at.ledger.read() as tx:
        found = nodes.get(tx, id)
    assert found is not None
    return found


def test_every_job_ends_right_though_a_machine_dies_under_load(
    cluster: Cluster, tmp_path: Path
) -> None:
    at = cluster.at
    ids = [cluster.queue(tmp_path, base) for base in ("changsha", "xiangxi", "changsha")]
    victim = until(lambda: _at_work(cluster), bool)
    assert victim is not None
    victim.crash()
    cluster.members.add()
    ended: list[Job] = [at.ended(id) for id in ids]
    assert [one.state for one in ended] == [JobState.DONE] * 3, [one.error for one in ended]
    tried = cluster.attempts(*ids)
    outcomes = {one.outcome for one in tried}
    assert outcomes & {Outcome.LOST, Outcome.FAILED}, "nothing was lost with the machine"
    assert None not in outcomes


def _at_work(cluster: Cluster) -> Member | None:
    """A machine that encodes."""
    for member in cluster.members.living():
        if any("encoders" in process.cmdline() for process in member.family()):
            return member
    return None


def test_slots_that_cannot_be_had_are_told(cluster: Cluster) -> None:
    at = cluster.at
    with at.ledger.begin() as tx:
        switches.put(tx, "scale_policy", {"min": 5, "max": 9, "seconds": 600.0})

    def asked() -> bulletin.Asked:
        with at.ledger.read() as tx:
            return bulletin.read(tx)[1]

    refused = until(asked, lambda found: found.refused is not None, 60)
    assert refused.slots == 5
    assert "no autoscaler" in (refused.refused or "")
    log = (at.folder / "service.log").read_text(errors="replace")
    assert log.count("5 slots cannot be had") == 1
