"""Jobs and uploads: pages, states, and who moves them."""

from itertools import product

import pytest

from farm.errors import LedgerConflict
from farm.ledger import Ledger, jobs, uploads
from farm.ledger.model import Upload
from farm.ledger.states import ENDED, MOVES, JobKind, JobState, Priority, UploadState
from tests.farm.ledger.conftest import a_job


def test_a_job_comes_back_as_it_was_added(ledger: Ledger) -> None:
    full = a_job(
        "full",
        lesson="nj-0123456789ab",
        kind=JobKind.MEND,
        sha256="ab" * 32,
        size=1 << 42,
        asked={"title": "番茄", "profiles": ["hls", "dvd"]},
        priority=Priority.URGENT,
        deadline=1_700_000_000.25,
        hold=True,
        findings=[{"kind": "silence", "start": 750.0, "end": 1090.0}],
        duration=5400.04,
        stage="encode",
    )
    with ledger.begin() as tx:
        jobs.add(tx, full)
        assert jobs.get(tx, "full") == full
        assert jobs.get(tx, "none") is None
        assert jobs.of_lesson(tx, "nj-0123456789ab") == (full,)


@pytest.mark.parametrize("fields", [{"base": "nowhere"}, {"id": "job"}, {"size": -1}])
def test_a_job_that_cannot_be(ledger: Ledger, job: str, fields: dict[str, object]) -> None:
    with pytest.raises(LedgerConflict), ledger.begin() as tx:
        jobs.add(tx, a_job(**({"id": "other"} | fields)))  # type: ignore[arg-type]


def test_pages_hold_every_job_once_also_those_of_one_moment(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for number in range(25):
            jobs.add(tx, a_job(f"j{number:02}", created=float(number // 10)))
        jobs.add(tx, a_job("other", base="xa"))
    found: list[str] = []
    before = None
    with ledger.read() as tx:
        while page := jobs.of_base(tx, "nj", limit=7, before=before):
            assert len(page) <= 7
            found += [one.id for one in page]
            before = (page[-1].created, page[-1].id)
        assert found == [f"j{number:02}" for number in reversed(range(25))]
        assert [one.id for one in jobs.page(tx, limit=1)] == ["other"]


def test_jobs_by_state(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        jobs.add(tx, a_job("a", state=JobState.QUEUED, created=2.0))
        jobs.add(tx, a_job("b", state=JobState.DONE, created=1.0))
        jobs.add(tx, a_job("c", state=JobState.QUEUED, created=1.5))
        jobs.add(tx, a_job("d", base="xa", state=JobState.RUNNING, created=1.0))
        assert [one.id for one in jobs.every(tx, JobState.QUEUED)] == ["c", "a"]
        assert [one.id for one in jobs.every(tx)] == ["b", "d", "c", "a"]
        assert [one.id for one in jobs.of_base(tx, "nj", [JobState.DONE])] == ["b"]
        assert jobs.unfinished(tx) == ("d", "c", "a")
        assert jobs.counts(tx) == {
            ("nj", JobState.QUEUED): 2,
            ("nj", JobState.DONE): 1,
            ("xa", JobState.RUNNING): 1,
        }


def test_a_job_moves_only_from_where_it_is(ledger: Ledger, job: str) -> None:
    with ledger.begin() as tx:
        assert not jobs.move(tx, job, JobState.QUEUED, JobState.RUNNING, started=1.0)
        found = jobs.get(tx, job)
        assert found
        assert (found.state, found.started) == (JobState.RECEIVED, None)
        both = {JobState.RECEIVED, JobState.INSPECTING}
        assert jobs.move(tx, job, both, JobState.QUEUED, queued=2.0, work=9.0)
        assert not jobs.move(tx, job, both, JobState.QUEUED)
        assert not jobs.move(tx, "none", JobState.RECEIVED, JobState.QUEUED)
        found = jobs.get(tx, job)
        assert found
        assert (found.state, found.queued, found.work) == (JobState.QUEUED, 2.0, 9.0)


NEVER = [(one, other) for one, other in product(JobState, JobState) if other not in MOVES[one]]


def test_moves_that_never_are(ledger: Ledger, job: str) -> None:
    with ledger.read() as tx:
        for from_state, to_state in NEVER:
            with pytest.raises(ValueError, match=f"never goes from {from_state} to {to_state}"):
                jobs.move(tx, job, {from_state}, to_state)


def test_what_is_done_stays_done_and_all_else_has_a_way_to_it() -> None:
    assert MOVES[JobState.DONE] == set()
    reached = {JobState.RECEIVED}
    for _ in JobState:
        reached |= {after for one in reached for after in MOVES[one]}
    assert reached == set(JobState)
    for one in set(JobState) - {JobState.DONE}:
        ways = {one}
        for _ in JobState:
            ways |= {after for before in ways for after in MOVES[before]}
        assert JobState.DONE in ways


def test_a_state_is_not_changed_past_the_table(ledger: Ledger, job: str) -> None:
    with ledger.begin() as tx:
        with pytest.raises(ValueError, match=r"move\(\)"):
            jobs.change(tx, job, state=JobState.DONE)
        assert jobs.change(tx, job, done=3.5, stage="encode")
        assert not jobs.change(tx, "none", done=3.5)


def test_an_end_is_asked_for_once_of_what_goes_on(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for state in JobState:
            jobs.add(tx, a_job(state, state=state))
        assert {state for state in JobState if jobs.ask_cancel(tx, state)} == set(JobState) - ENDED
        assert [state for state in JobState if jobs.ask_cancel(tx, state)] == []
        assert {one.state for one in jobs.every(tx) if one.cancel} == set(JobState) - ENDED


# --- uploads -------------------------------------------------------------------------------------


def an_upload(id: str, base: str = "nj", created: float = 1.0, size: int = 100) -> Upload:
    return Upload(
        id=id, base=base, name="课.mp4", folder="春/一", size=size, created=created, seen=created
    )


def test_an_upload_grows_and_never_shrinks(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        uploads.add(tx, an_upload("u"))
        assert uploads.progress(tx, "u", 60, now=5.0)
        assert uploads.progress(tx, "u", 40, now=6.0)
        found = uploads.get(tx, "u")
        assert found
        assert (found.received, found.seen, found.folder) == (60, 6.0, "春/一")
        assert not uploads.progress(tx, "none", 1, now=6.0)
    with pytest.raises(LedgerConflict, match="received"), ledger.begin() as tx:
        uploads.progress(tx, "u", 101, now=7.0)


def test_an_upload_ends_once(ledger: Ledger, job: str) -> None:
    with ledger.begin() as tx:
        uploads.add(tx, an_upload("u"))
        assert uploads.finish(tx, "u", UploadState.CHECKING, now=5.0)
        assert not uploads.progress(tx, "u", 3, now=6.0)
        assert uploads.finish(tx, "u", UploadState.WHOLE, now=7.0, sha256="ab" * 32, job=job)
        assert not uploads.finish(tx, "u", UploadState.DAMAGED, now=8.0)
        found = uploads.get(tx, "u")
        assert found
        assert (found.state, found.received, found.sha256) == (UploadState.WHOLE, 100, "ab" * 32)
        assert found.job == job


def test_pages_of_a_bases_uploads(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for number in range(5):
            uploads.add(tx, an_upload(f"u{number}", created=float(number // 2)))
        uploads.add(tx, an_upload("other", base="xa"))
        first = uploads.of_base(tx, "nj", limit=3)
        rest = uploads.of_base(tx, "nj", limit=3, before=(first[-1].created, first[-1].id))
    assert [one.id for one in (*first, *rest)] == ["u4", "u3", "u2", "u1", "u0"]


def test_what_nobody_continues_is_swept(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for id, created in (("old", 1.0), ("new", 50.0), ("checked", 1.0)):
            uploads.add(tx, an_upload(id, created=created))
        uploads.finish(tx, "checked", UploadState.CHECKING, now=2.0)
        assert [one.id for one in uploads.going_on(tx)] == ["checked", "old", "new"]
        assert [one.id for one in uploads.sweep(tx, older_than=10.0)] == ["old"]
        assert [one.id for one in uploads.going_on(tx)] == ["checked", "new"]
        assert uploads.sweep(tx, older_than=10.0) == ()
