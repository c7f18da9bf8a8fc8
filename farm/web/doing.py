"""What a base may do with its jobs and lessons: the same for pages and for programs."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from farm.errors import NotFound
from farm.ledger import decisions, estimates, events, jobs, lessons, tasks, uploads
from farm.ledger.model import Decision, Estimate, Job, LessonRow, Upload
from farm.ledger.states import ENDED, JobKind, JobState
from farm.pointers import read_numbered
from farm.service.asked import BadAsked, asked_value, read_asked
from farm.web.sessions import Web, Who
from farm.web.sorry import Clash, Forbidden, Missing, Unclear
from manifests.model import Release

Owned = TypeVar("Owned", Job, Upload)
AGAIN = (JobState.FAILED, JobState.REFUSED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Whole:
    """A lesson with its newest release."""

    row: LessonRow
    decision: Decision | None
    """The office's last one."""
    release: Release | None
    """None where its release was collected, or nothing is known of it."""


def own_job(web: Web, who: Who, id: str) -> Job:
    """Raises Missing, and Forbidden where it is another base's."""
    return _own(web, who, jobs.get, id)


def own_upload(web: Web, who: Who, id: str) -> Upload:
    """Raises Missing, and Forbidden where it is another base's."""
    return _own(web, who, uploads.get, id)


def _own(web: Web, who: Who, get: Callable[[Connection, str], Owned | None], id: str) -> Owned:
    base = who.base
    with web.ledger.read() as tx:
        found = get(tx, id)
    if found is None:
        raise Missing
    if found.base != base:
        raise Forbidden
    return found


def own_lesson(web: Web, who: Who, id: str) -> LessonRow:
    """Raises Missing, and Forbidden where it is, or by its name would be, another base's."""
    base = who.base
    with web.ledger.read() as tx:
        row = lessons.get(tx, id)
    if (row.base if row else base_of(id)) != base:
        raise Forbidden
    if row is None:
        raise Missing
    return row


def base_of(lesson: str) -> str:
    """A lesson's id begins with its base: see `farm.model.Recording.lesson`."""
    return lesson.rpartition("-")[0]


def estimate_of(web: Web, job: Job) -> Estimate | None:
    """What it was told last; None where it has ended, or nothing was told yet."""
    if job.state in ENDED:
        return None
    with web.ledger.read() as tx:
        return estimates.latest(tx, job.id)


def cancel(web: Web, job: Job) -> None:
    """Raises Clash where it has ended."""
    with web.ledger.begin() as tx:
        asked = jobs.ask_cancel(tx, job.id)
        now = jobs.get(tx, job.id)
        # Nothing runs for these yet: they end at once.
        idle = (JobState.ASKING, JobState.QUEUED)
        if jobs.move(tx, job.id, idle, JobState.CANCELLED, ended=time.time()):
            _tell(tx, job, JobState.CANCELLED)
    if not asked and (now is None or now.state in ENDED):
        raise Clash("任务已经结束，无法取消。", "The job has ended; it cannot be cancelled.")
    web.service.cancel(job.id)


def go_on(web: Web, job: Job) -> None:
    """Raises Clash where it does not ask."""
    with web.ledger.begin() as tx:
        moved = jobs.move(tx, job.id, JobState.ASKING, JobState.QUEUED, queued=time.time())
        if moved:
            _tell(tx, job, JobState.QUEUED)
    if not moved:
        raise Clash("任务现在不需要您决定。", "The job does not wait for an answer.")
    web.service.go_on(job.id)


def again(web: Web, job: Job) -> None:
    """Another try of what failed, was refused or cancelled. Raises Clash."""
    fields: dict[str, Any] = {"cancel": False, "error": None, "status": None, "ended": None}
    with web.ledger.begin() as tx:
        moved = jobs.move(tx, job.id, AGAIN, JobState.RECEIVED, **fields)
        if moved:
            tasks.again(tx, job.id)
            _tell(tx, job, JobState.RECEIVED)
    if not moved:
        raise Clash("任务没有失败，无需重试。", "The job has not failed: nothing to retry.")
    web.service.submitted(job.id)


def mend(web: Web, lesson: LessonRow, said: Mapping[str, Any]) -> Job:
    """New metadata: a job that encodes nothing. Raises Unclear with every fault."""
    asked = understood(web, {"metadata": said})
    job = Job(
        id=secrets.token_hex(16),
        base=lesson.base,
        name=asked["metadata"].get("title") or lesson.title,
        path="",
        size=0,
        created=time.time(),
        lesson=lesson.id,
        kind=JobKind.MEND,
        asked=asked,
        hold=web.service.holds,
        duration=lesson.duration,
    )
    with web.ledger.begin() as tx:
        jobs.add(tx, job)
        events.add(tx, "job-received", {"name": job.name}, job=job.id, base=job.base)
    web.service.submitted(job.id)
    return job


def understood(web: Web, asked: object) -> dict[str, Any]:
    """What is asked for, as a job's row keeps it. Raises Unclear with every fault."""
    try:
        return asked_value(read_asked(asked, web.service.profiles))
    except BadAsked as error:
        raise Unclear(error.faults) from error


def whole(web: Web, row: LessonRow) -> Whole:
    """With its newest release, whatever the office says of it."""
    with web.ledger.read() as tx:
        decided = decisions.of_lesson(tx, row.id)
        made = jobs.of_lesson(tx, row.id)
    decision = decided[0] if decided else None
    numbers = [row.waiting, row.approved, row.published, decision.release if decision else None]
    numbers += [job.release for job in made]
    number = max((one for one in numbers if one is not None), default=None)
    if number is None:
        return Whole(row, decision, None)
    try:
        release, _ = read_numbered(web.store, row.id, number)
    except NotFound:
        return Whole(row, decision, None)
    return Whole(row, decision, release)


def _tell(tx: Any, job: Job, state: JobState) -> None:
    events.add(tx, "state", {"state": state.value}, job=job.id, base=job.base)
