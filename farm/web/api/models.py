"""The values of the API. Moments are ISO 8601 in UTC, durations seconds, sizes bytes."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

JOB = "0f3b9a62c5d14e7f8a90b1c2d3e4f506"
LESSON = "changsha-3f2a9c01b7de"
MOMENT = "2026-10-06T06:05:00.000Z"


class Me(BaseModel):
    role: Literal["base", "office", "operator"]
    base: str | None = Field(description="Of a base's key alone.", examples=["changsha"])
    label: str = Field(examples=["长沙基地 张老师"])
    expires: str | None = Field(examples=[MOMENT])


class BaseValue(BaseModel):
    id: str = Field(examples=["changsha"])
    name: str = Field(examples=["Changsha"])
    name_zh: str = Field(examples=["长沙"])
    paused: bool
    hours_wanted: float | None = Field(description="Set as its task for the year.")
    hours_delivered: float = Field(description="Of lessons made this year.")
    lessons: int
    jobs: dict[str, int] = Field(description="By state.")


class FindingValue(BaseModel):
    code: str = Field(examples=["silent-audio"])
    severity: Literal["note", "warning", "refusal"]
    message: str
    message_zh: str
    remedy: str = Field(description="What to do.")
    remedy_zh: str
    start: float | None = Field(description="Seconds into the lesson; null: all of it.")
    stop: float | None


class EstimateValue(BaseModel):
    """When it will be ready."""

    position: int = Field(description="In the queue, from 1; 0: it is being made.")
    earliest: str
    likely: str
    latest: str
    at: str = Field(description="When that was estimated.")


class JobValue(BaseModel):
    id: str = Field(examples=[JOB])
    base: str
    kind: Literal["lesson", "mend"]
    name: str = Field(description="Its title, or its file's name.")
    size: int
    sha256: str | None
    lesson: str | None = Field(examples=[LESSON])
    state: Literal[
        "received",
        "inspecting",
        "asking",
        "queued",
        "running",
        "done",
        "failed",
        "refused",
        "cancelled",
    ]
    stage: str
    progress: float | None = Field(description="0 to 1; null: not known.")
    priority: Literal["urgent", "normal", "stock"]
    deadline: str | None
    duration: float | None
    findings: list[FindingValue]
    estimate: EstimateValue | None
    release: int | None = Field(description="Of the lesson, made by this job.")
    error: str | None = Field(description="One sentence, with the way out.")
    cancelling: bool
    asked: dict[str, Any]
    created: str
    started: str | None
    ended: str | None


class Jobs(BaseModel):
    jobs: list[JobValue]
    next: str | None = Field(description="Give it as `before` to see the page after this one.")


class Mending(BaseModel):
    """Metadata of a lesson: what is not in it stays as it is, what is empty is taken out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "滴灌"}]})

    title: str | None = Field(None, max_length=400)
    category: str | None = Field(None, max_length=80, examples=["agriculture", "农科片"])
    course: str | None = Field(None, max_length=400)
    number: int | None = Field(None, ge=0, le=9999, description="Place in the course; 0: none.")
    speaker: str | None = Field(None, max_length=400)
    audience: str | None = Field(None, max_length=400)
    keywords: list[str] | None = Field(None, max_length=50)
    awards: list[str] | None = Field(None, max_length=50)
    licence: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=2000)
    language: str | None = Field(None, max_length=80, examples=["zh"])
    recorded: str | None = Field(None, max_length=80, examples=["2006-05"])


class ProductValue(BaseModel):
    profile: str
    kind: str
    title: str
    title_zh: str
    size: int = Field(description="Of all its files.")
    files: list["FileValue"]


class FileValue(BaseModel):
    role: str = Field(examples=["main"])
    url: str = Field(description="Of this server.", examples=[f"/store/lessons/{LESSON}/media/…"])
    size: int
    type: str
    sha256: str


class LessonValue(BaseModel):
    id: str = Field(examples=[LESSON])
    base: str
    title: str
    category: str
    course: str | None
    number: int | None
    duration: float
    state: Literal["waiting", "approved", "published", "withdrawn", "rejected"]
    waiting: int | None = Field(description="Release that waits for approval.")
    approved: int | None
    published: int | None
    updated: str


class LessonWhole(LessonValue):
    """With what was made of it."""

    reason: str | None = Field(description="Why the office sent it back, where it did.")
    master: str | None = Field(description="The stream, as HLS.")
    poster: str | None
    about: dict[str, Any] = Field(description="Its metadata.")
    findings: list[FindingValue]
    products: list[ProductValue]


class Lessons(BaseModel):
    lessons: list[LessonValue]


class UploadValue(BaseModel):
    id: str = Field(examples=[JOB])
    name: str
    folder: str
    size: int
    received: int
    sha256: str | None = Field(description="Once all of it is here.")
    state: Literal["receiving", "checking", "whole", "damaged", "gone"]
    job: str | None = Field(description="What became of it.")
    created: str


class Uploads(BaseModel):
    uploads: list[UploadValue]


class Expected(BaseModel):
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hex.")


class EventValue(BaseModel):
    id: int
    at: str
    job: str | None
    kind: str = Field(examples=["progress"])
    data: dict[str, Any]
