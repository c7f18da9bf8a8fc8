"""`farm serve` in its daily life: what is handed in becomes a lesson that waits for the office."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.ledger import jobs, lessons
from farm.ledger.states import JobState
from farm.pointers import read_numbered
from farm.store import open_store
from tests.farm.service.serving import Place, place, service, until
from tests.media import lecture, tone


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    return lecture(folder / "滴灌.mp4", seconds=12, size=(320, 180), sound=tone(level=0.2))


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("service")) as made:
        made.incoming.mkdir()
        with service(made, "--incoming", str(made.incoming)):
            yield made


@pytest.fixture(scope="module")
def done(at: Place, recording: Path) -> str:
    """A job that came through."""
    id = at.hand_in(recording, metadata={"course": "设施农业", "category": "agriculture"})
    assert at.ended(id).state is JobState.DONE
    return id


def test_a_recording_becomes_a_lesson_that_waits_for_the_office(at: Place, done: str) -> None:
    job = at.job(done)
    assert job.lesson is not None
    with at.ledger.read() as tx:
        row = lessons.get(tx, job.lesson)
    assert row is not None
    assert (row.title, row.course, row.waiting, row.published) == ("滴灌", "设施农业", 1, None)
    folder = at.library / "lessons" / job.lesson
    assert (folder / "waiting.json").is_file()
    assert not (folder / "lesson.json").exists()
    release, _ = read_numbered(open_store(str(at.library)), job.lesson, 1)
    assert release.entry.base == "长沙基地"


def test_those_who_wait_were_told_when(at: Place, done: str) -> None:
    kinds = [one.kind for one in at.events(done)]
    assert "estimate" in kinds
    shares = [one.data["share"] for one in at.events(done) if one.kind == "progress"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_mending_its_metadata_encodes_nothing(at: Place, done: str) -> None:
    lesson = at.job(done).lesson
    assert lesson is not None
    mended = at.mend(lesson, {"title": "滴灌技术", "speaker": "王老师"})
    assert at.ended(mended).state is JobState.DONE
    planned = [one.data["tasks"] for one in at.events(mended) if one.kind == "planned"]
    assert planned == [0]
    with at.ledger.read() as tx:
        row = lessons.get(tx, lesson)
    assert row is not None
    assert (row.title, row.waiting) == ("滴灌技术", 2)
    release, _ = read_numbered(open_store(str(at.library)), lesson, 2)
    assert release.about is not None
    assert (release.about.speaker, release.about.course) == ("王老师", "设施农业")


def test_what_a_person_should_know_is_asked_before_anything_is_encoded(
    at: Place, tmp_path: Path
) -> None:
    silent = lecture(tmp_path / "silent.mp4", seconds=40, size=(320, 180), sound=tone(level=0.0))
    id = at.hand_in(silent)
    asking = until(lambda: at.job(id), lambda job: job.state is JobState.ASKING)
    assert "silent-audio" in [one["code"] for one in asking.findings]
    pictured = until(
        lambda: at.job(id).findings, lambda found: any("sound" in one for one in found)
    )
    for one in pictured:
        for kind in {"picture", "sound"} & one.keys():
            assert (at.library / str(one[kind])).stat().st_size > 500
    with at.ledger.begin() as tx:
        assert jobs.move(tx, id, JobState.ASKING, JobState.QUEUED, queued=asking.created)
    assert at.ended(id).state is JobState.DONE


def test_what_is_no_recording_is_refused_with_a_reason(at: Place, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a recording\n" * 50)
    job = at.ended(at.hand_in(text))
    assert job.state is JobState.REFUSED
    assert job.error is not None
    assert "录像" in job.error


def test_a_base_with_a_system_of_its_own_drops_files_into_a_folder(
    at: Place, tmp_path: Path
) -> None:
    made = lecture(tmp_path / "made.mp4", seconds=6, size=(320, 180), sound=tone(level=0.1))
    folder = at.incoming / "xiangxi" / "2026"
    folder.mkdir(parents=True)
    (folder / "养蜂.toml").write_text('speaker = "李老师"\nprofiles = ["small"]\n')
    made.replace(folder / "养蜂.mp4")
    with at.ledger.read() as tx:
        before = {one.id for one in jobs.of_base(tx, "xiangxi")}

    def fresh() -> list[str]:
        with at.ledger.read() as tx:
            return [one.id for one in jobs.of_base(tx, "xiangxi") if one.id not in before]

    (id,) = until(fresh, lambda ids: len(ids) == 1)
    job = at.ended(id)
    assert job.state is JobState.DONE, job.error
    assert job.lesson is not None
    release, _ = read_numbered(open_store(str(at.library)), job.lesson, 1)
    assert release.about is not None
    assert (release.about.title, release.about.speaker) == ("养蜂", "李老师")
    assert not any(folder.iterdir())
