"""Whatever ends halfway, the job ends right: the service killed, a job cancelled, a chunk that
kills whoever touches it."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from farm.capsule import errand_of, read_capsule
from farm.ledger import capsules, jobs, tasks
from farm.ledger.states import JobState, Outcome, TaskState
from tests.farm.service.serving import Place, encoders, kill, place, service, until
from tests.farm_run import farm_run, hashes
from tests.media import lecture, noise, tone


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long and busy enough to be at work for some seconds, in several chunks."""
    folder = tmp_path_factory.mktemp("recording")
    return lecture(
        folder / "lecture.mp4", seconds=24, size=(480, 270), paint=noise, sound=tone(level=0.2)
    )


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as made:
        yield made


def test_a_service_that_is_killed_midway_goes_on_where_it_was(
    at: Place, recording: Path, tmp_path: Path
) -> None:
    with service(at) as first:
        id = at.hand_in(recording)
        until(lambda: encoders(at.folder), bool)
        until(lambda: at.job(id), lambda job: job.done > 0.2 * job.work > 0)
        kill(first)
        until(lambda: encoders(at.folder), lambda left: not left, 5.0)
    assert at.job(id).state is JobState.RUNNING
    with service(at):
        job = at.ended(id)
    assert job.state is JobState.DONE, job.error
    assert job.lesson is not None
    with at.ledger.read() as tx:
        tried = tasks.attempts_of(tx, id)
    assert [one for one in tried if one.outcome is None] == []
    assert Outcome.LOST in {one.outcome for one in tried}
    clean = farm_run(
        at.job(id).path,
        tmp_path / "clean",
        *("--base", "changsha=长沙基地", "--title", "lecture"),
        *("--profile", "small", "--profile-dir", "tests/run/profiles"),
        work=tmp_path / "clean-work",
    )
    assert clean.published["lesson"] == job.lesson
    media = {name: sha for name, sha in hashes(at.library, job.lesson).items() if "media/" in name}
    alone = hashes(tmp_path / "clean", job.lesson)
    assert media == {name: sha for name, sha in alone.items() if "media/" in name}


def test_cancelling_stops_the_encoders_within_two_seconds(at: Place, recording: Path) -> None:
    with service(at):
        id = at.hand_in(recording)
        until(lambda: at.job(id), lambda job: job.state is JobState.RUNNING)
        until(lambda: encoders(at.folder), bool)
        with at.ledger.begin() as tx:
            assert jobs.ask_cancel(tx, id)
        # The web wakes the service at once; here it finds out by its look every second.
        asked = time.monotonic()
        until(lambda: encoders(at.folder), lambda left: not left, 3.0)
        assert time.monotonic() - asked < 3.0
        assert at.ended(id).state is JobState.CANCELLED
        again = at.hand_in(recording)
        assert at.ended(again).state is JobState.DONE


def test_a_chunk_that_kills_its_worker_three_times_is_set_aside(at: Place, recording: Path) -> None:
    with service(at):
        id = at.hand_in(recording)

        def strike() -> bool:
            """Kills every child that encodes pictures, as a bomb of a recording would."""
            for child in encoders(at.folder):
                with suppress(psutil.Error):
                    child.kill()
            return at.job(id).state in (JobState.FAILED, JobState.DONE)

        until(lambda: at.job(id), lambda job: job.state is JobState.RUNNING)
        until(strike, bool)
        job = at.job(id)
    assert job.state is JobState.FAILED
    assert job.error is not None
    with at.ledger.read() as tx:
        kept = capsules.of_job(tx, id)
        aside = [one for one in tasks.of_job(tx, id) if one.state is TaskState.ASIDE]
    assert kept
    assert {one.key for one in kept} == {one.key for one in aside}
    capsule = read_capsule(at.state / kept[0].path)
    assert len([one for one in capsule.attempts if one.outcome != Outcome.DONE]) >= 3
    assert errand_of(capsule).lesson == job.lesson
