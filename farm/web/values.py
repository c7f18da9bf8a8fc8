"""Rows of the ledger as values of the API."""

from collections.abc import Mapping
from typing import Any, Literal

from farm.ledger.model import Decision, Estimate, Event, Job, LessonRow, Upload
from farm.ledger.states import ENDED, JobState, Priority, Verdict
from farm.publish import office_entry
from farm.web.api.models import (
    EstimateValue,
    EventValue,
    FileValue,
    FindingValue,
    JobValue,
    LessonValue,
    LessonWhole,
    ProductValue,
    UploadValue,
)
from farm.web.shown import iso
from manifests.model import Release

PRIORITIES: Mapping[Priority, Literal["urgent", "normal", "stock"]] = {
    Priority.URGENT: "urgent",
    Priority.NORMAL: "normal",
    Priority.STOCK: "stock",
}


def moment(at: float) -> str:
    return iso(at) or ""


def job_value(job: Job, estimate: Estimate | None) -> JobValue:
    return JobValue(
        id=job.id,
        base=job.base,
        kind=job.kind.value,
        name=job.name,
        size=job.size,
        sha256=job.sha256,
        lesson=job.lesson,
        state=job.state.value,
        stage=job.stage,
        progress=progress_of(job),
        priority=PRIORITIES[job.priority],
        deadline=iso(job.deadline),
        duration=job.duration,
        findings=[finding_value(one) for one in job.findings],
        estimate=estimate_value(estimate) if estimate and job.state not in ENDED else None,
        release=job.release,
        error=job.error,
        cancelling=job.cancel and job.state not in ENDED,
        asked=dict(job.asked),
        created=moment(job.created),
        started=iso(job.started),
        ended=iso(job.ended),
    )


def progress_of(job: Job) -> float | None:
    """0 to 1; None where it cannot be said."""
    if job.state is JobState.DONE:
        return 1.0
    return min(1.0, job.done / job.work) if job.work > 0 else None


def finding_value(one: Mapping[str, Any]) -> FindingValue:
    return FindingValue(
        code=one["code"],
        severity=one["severity"],
        message=one["message"],
        message_zh=one["message_zh"],
        remedy=one["remedy"],
        remedy_zh=one["remedy_zh"],
        start=seconds(one.get("start")),
        stop=seconds(one.get("stop")),
    )


def seconds(value: object) -> float | None:
    """Of a number, or of a fraction as it is written down, `3/2`."""
    if value is None:
        return None
    above, _, below = str(value).partition("/")
    return float(above) / float(below or 1)


def estimate_value(one: Estimate) -> EstimateValue:
    return EstimateValue(
        position=one.position,
        earliest=moment(one.low),
        likely=moment(one.likely),
        latest=moment(one.high),
        at=moment(one.at),
    )


def upload_value(one: Upload, received: int | None = None) -> UploadValue:
    return UploadValue(
        id=one.id,
        name=one.name,
        folder=one.folder,
        size=one.size,
        received=one.received if received is None else received,
        sha256=one.sha256,
        state=one.state.value,
        job=one.job,
        created=moment(one.created),
    )


def event_value(one: Event) -> EventValue:
    return EventValue(id=one.id, at=moment(one.at), job=one.job, kind=one.kind, data=dict(one.data))


def lesson_state(row: LessonRow, decision: Decision | None = None) -> str:
    """Where a lesson stands, in one word of `words.STATES`. `decision`: the last one on it."""
    if row.withdrawn:
        return "withdrawn"
    if row.waiting is not None:
        return "waiting"
    if decision is not None and decision.verdict is Verdict.REJECTED:
        return "rejected"
    if row.approved is not None and row.approved != row.published:
        return "approved"
    return "published"


def lesson_value(row: LessonRow, decision: Decision | None = None) -> LessonValue:
    return LessonValue(**_lesson(row, decision))


def lesson_whole(row: LessonRow, decision: Decision | None, release: Release) -> LessonWhole:
    state = lesson_state(row, decision)
    return LessonWhole(
        **_lesson(row, decision),
        reason=decision.reason if decision and state == "rejected" else None,
        master=master_of(release),
        poster=address(release.entry.poster),
        about=about_values(release),
        findings=[finding_value(one) for one in release.findings],
        products=products_of(row.id, release),
    )


def _lesson(row: LessonRow, decision: Decision | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "base": row.base,
        "title": row.title,
        "category": row.category,
        "course": row.course,
        "number": row.number,
        "duration": row.duration,
        "state": lesson_state(row, decision),
        "waiting": row.waiting,
        "approved": row.approved,
        "published": row.published,
        "updated": moment(row.updated),
    }


def about_values(release: Release) -> dict[str, Any]:
    """Metadata by field, of `farm.fields`; what is not said is left out."""
    known = release.about or release.entry
    names = ("title", "category", "course", "number", "speaker", "audience", "keywords")
    others = ("awards", "licence", "description", "language", "recorded")
    found = {name: getattr(known, name, None) for name in (*names, *others)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if value not in (None, ())
    }


def products_of(lesson: str, release: Release) -> list[ProductValue]:
    """The stream is none a person downloads: it is what the player plays."""
    return [
        ProductValue(
            profile=one.profile,
            kind=one.kind,
            title=one.title,
            title_zh=one.title_zh,
            size=one.size,
            files=[
                FileValue(
                    role=file.role,
                    url=f"/store/lessons/{lesson}/{file.object.path}",
                    size=file.object.size,
                    type=file.object.type,
                    sha256=file.object.sha256,
                )
                for file in one.files
            ],
        )
        for one in release.products
    ]


def master_of(release: Release) -> str | None:
    """The address of a release's own playlist, whatever its lesson is published as."""
    return address(office_entry(release, "").master)


def address(path: str | None) -> str | None:
    """Of an object of the store, on this server."""
    return f"/store/{path}" if path else None
