"""The API of a production base: what is its own, and nothing else."""

import time
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from farm.ledger import bases, decisions, estimates, jobs, lessons, numbers, uploads
from farm.ledger.model import Upload
from farm.ledger.states import ENDED, JobState, UploadState
from farm.web import doing
from farm.web.api.models import (
    JOB,
    LESSON,
    BaseValue,
    Expected,
    Jobs,
    JobValue,
    Lessons,
    LessonWhole,
    Me,
    Mending,
    Uploads,
    UploadValue,
)
from farm.web.problems import told
from farm.web.sessions import ABase, Anybody, TheWeb
from farm.web.shown import CHINA, iso
from farm.web.sorry import Clash, Forbidden, Missing, Sorry
from farm.web.tus import offset_of
from farm.web.values import job_value, lesson_value, lesson_whole, upload_value

router = APIRouter()

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[JOB])]
LessonId = Annotated[str, Path(pattern="^[a-z0-9-]{1,32}-[0-9a-f]{12}$", examples=[LESSON])]
BaseId = Annotated[str, Path(pattern="^[a-z0-9-]{1,32}$", examples=["changsha"])]


@router.get("/me", tags=["who"], responses=told())
def me(who: Anybody) -> Me:
    """Whose key this is."""
    key = who.key
    return Me(role=key.role.value, base=key.base, label=key.label, expires=iso(key.expires))


@router.get("/bases/{base}", tags=["who"], responses=told(404))
def base(web: TheWeb, who: ABase, base: BaseId) -> BaseValue:
    """A base's task and what it has delivered of it."""
    if who.base != base:
        raise Forbidden
    year = time.strftime("%Y", time.gmtime(time.time() + CHINA.utcoffset(None).total_seconds()))
    with web.ledger.read() as tx:
        row = bases.get(tx, base)
        made = [one for one in numbers.delivered(tx) if one.base == base]
        counts = jobs.counts(tx)
    if row is None:
        raise Missing
    return BaseValue(
        id=row.id,
        name=row.name,
        name_zh=row.name_zh,
        paused=row.paused,
        hours_wanted=row.hours_wanted,
        hours_delivered=sum(one.hours for one in made if one.month.startswith(year)),
        lessons=sum(one.lessons for one in made),
        jobs={state.value: count for (of, state), count in counts.items() if of == base},
    )


# --- jobs ----------------------------------------------------------------------------------------


@router.get("/jobs", tags=["jobs"], responses=told())
def list_jobs(
    web: TheWeb,
    who: ABase,
    state: Annotated[list[JobState] | None, Query(description="Of these alone.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        str | None, Query(pattern=r"^\d{1,12}(\.\d{1,9})?_[0-9a-f]{32}$", description="`next`.")
    ] = None,
) -> Jobs:
    """The latest first."""
    with web.ledger.read() as tx:
        found = jobs.of_base(tx, who.base, state or (), limit, _cursor(before))
        known = {one.id: estimates.latest(tx, one.id) for one in found if one.state not in ENDED}
    last = found[-1] if len(found) == limit else None
    return Jobs(
        jobs=[job_value(one, known.get(one.id)) for one in found],
        next=f"{last.created!r}_{last.id}" if last else None,
    )


def _cursor(text: str | None) -> tuple[float, str] | None:
    if text is None:
        return None
    created, _, id = text.partition("_")
    return float(created), id


@router.get("/jobs/{id}", tags=["jobs"], responses=told(404))
def job(web: TheWeb, who: ABase, id: Id) -> JobValue:
    """A job, with what the inspection found and when it will be ready."""
    found = doing.own_job(web, who, id)
    return job_value(found, doing.estimate_of(web, found))


@router.post("/jobs/{id}/cancel", tags=["jobs"], status_code=202, responses=told(404, 409))
def cancel(web: TheWeb, who: ABase, id: Id) -> JobValue:
    """End it: its encoders stop within two seconds."""
    doing.cancel(web, doing.own_job(web, who, id))
    return job(web, who, id)


@router.post("/jobs/{id}/go-on", tags=["jobs"], status_code=202, responses=told(404, 409))
def go_on(web: TheWeb, who: ABase, id: Id) -> JobValue:
    """The findings are known, and the recording is meant: make the lesson."""
    doing.go_on(web, doing.own_job(web, who, id))
    return job(web, who, id)


@router.post("/jobs/{id}/retry", tags=["jobs"], status_code=202, responses=told(404, 409))
def retry(web: TheWeb, who: ABase, id: Id) -> JobValue:
    """Another try of a job that failed, was refused or cancelled."""
    doing.again(web, doing.own_job(web, who, id))
    return job(web, who, id)


# --- lessons -------------------------------------------------------------------------------------


@router.get("/lessons", tags=["lessons"], responses=told())
def list_lessons(
    web: TheWeb,
    who: ABase,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Lessons:
    """What was changed last comes first."""
    with web.ledger.read() as tx:
        rows = lessons.of_base(tx, who.base)[offset : offset + limit]
        last = {one.id: next(iter(decisions.of_lesson(tx, one.id)), None) for one in rows}
    return Lessons(lessons=[lesson_value(one, last[one.id]) for one in rows])


@router.get("/lessons/{id}", tags=["lessons"], responses=told(404))
def lesson(web: TheWeb, who: ABase, id: LessonId) -> LessonWhole:
    """A lesson with its metadata, findings and products."""
    found = doing.whole(web, doing.own_lesson(web, who, id))
    if found.release is None:
        raise Missing
    return lesson_whole(found.row, found.decision, found.release)


@router.patch("/lessons/{id}", tags=["lessons"], status_code=202, responses=told(404))
def mend(web: TheWeb, who: ABase, id: LessonId, said: Mending) -> JobValue:
    """Mend its metadata: a job that encodes nothing."""
    row = doing.own_lesson(web, who, id)
    made = doing.mend(web, row, said.model_dump(exclude_unset=True, exclude_none=True))
    return job_value(made, None)


# --- uploads -------------------------------------------------------------------------------------


@router.get("/uploads", tags=["uploads"], responses=told())
def list_uploads(
    web: TheWeb, who: ABase, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Uploads:
    """The latest first, unfinished ones too."""
    with web.ledger.read() as tx:
        found = uploads.of_base(tx, who.base, limit)
    return Uploads(uploads=[upload_value(one, _received(web, one)) for one in found])


@router.get("/uploads/{id}", tags=["uploads"], responses=told(404))
def upload(web: TheWeb, who: ABase, id: Id) -> UploadValue:
    """How much of it is here; once it is whole, the job that came of it."""
    found = doing.own_upload(web, who, id)
    return upload_value(found, _received(web, found))


def _received(web: TheWeb, one: Upload) -> int:
    """While it is received, what the disk has: rows are written at the end of a request."""
    if one.state is not UploadState.RECEIVING:
        return one.received
    return offset_of(web.desk.path(one.id)) or 0


@router.put("/uploads/{id}/sha256", tags=["uploads"], status_code=204, responses=told(404, 409))
def expect(web: TheWeb, who: ABase, id: Id, expected: Expected) -> Response:
    """What its bytes hash to, where that was not known when it began. 409 where they do not: the
    file is to be sent again."""
    found = doing.own_upload(web, who, id)
    if found.state is UploadState.GONE:
        raise Missing
    if not web.desk.expect(found, expected.sha256):
        raise Clash(
            "文件在传输中损坏，请重新上传。",
            "The file was damaged on its way; send it again.",
        )
    return Response(status_code=204)


@router.delete("/uploads/{id}", tags=["uploads"], status_code=204, responses=told(404, 409))
def drop(web: TheWeb, who: ABase, id: Id) -> Response:
    """Give it up."""
    give_up(web, who, id)
    return Response(status_code=204)


def give_up(web: TheWeb, who: ABase, id: str) -> None:
    """Raises Clash where it is a job already."""
    found = doing.own_upload(web, who, id)
    if found.job is not None:
        raise Clash("文件已交付制作，请取消任务。", "It is a job by now; cancel that.")
    if found.state is UploadState.GONE:
        raise Sorry(410, "上传已删除。", "The upload is gone.")
    web.desk.drop(found)
