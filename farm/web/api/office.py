"""The API of the office: verdicts, catalogs, numbers."""

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from farm.errors import NotFound, Overtaken
from farm.ledger import decisions, lessons, numbers, releases
from farm.ledger.model import CatalogRelease
from farm.ledger.states import Role
from farm.office.difference import Change
from farm.office.draft import Draft
from farm.web import judging
from farm.web.api.base import LessonId
from farm.web.api.models import Lessons, LessonValue
from farm.web.problems import told
from farm.web.sessions import TheOffice, TheWeb, require
from farm.web.sorry import Clash, Missing
from farm.web.values import lesson_value, moment

router = APIRouter(prefix="/office", tags=["office"], dependencies=[Depends(require(Role.OFFICE))])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class VerdictSaid(_Said):
    verdict: Literal["approved", "rejected", "withdrawn", "restored"]
    reason: str = Field("", max_length=1000, description="Of what is rejected or withdrawn.")
    release: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="The one that was looked at: 409 where another waits by now.",
    )


class ChangeValue(BaseModel):
    lesson: str
    title: str
    fields: list[str] = Field(description="What people see change.")
    download: dict[str, int] = Field(description="Bytes a station fetches, by profile.")


class DraftValue(BaseModel):
    """What the next catalog changes."""

    mark: str = Field(description="Send it back: what was looked at is what is released.")
    replaces: int = Field(description="The current release; 0: none yet.")
    back_to: int | None
    lessons: int
    added: list[ChangeValue]
    changed: list[ChangeValue]
    withdrawn: list[ChangeValue]
    download: dict[str, int]


class ReleaseSaid(_Said):
    mark: str = Field(pattern="^[0-9a-f]{64}$")
    note: str = Field("", max_length=400)
    back_to: int | None = Field(None, ge=1, le=2**31 - 1)


class ReleaseValue(BaseModel):
    number: int
    version: int
    sha256: str
    at: str
    by: str
    note: str
    lessons: int
    added: int
    changed: int
    removed: int
    bytes: int = Field(description="What a station that takes all but discs had to fetch.")
    back_to: int | None


class HoursValue(BaseModel):
    base: str
    category: str
    month: str
    lessons: int
    hours: float


@router.get("/waiting", responses=told())
def waiting(web: TheWeb) -> Lessons:
    """What waits for approval, longest first."""
    with web.ledger.read() as tx:
        rows = lessons.waiting(tx)
    return Lessons(lessons=[lesson_value(one) for one in rows])


@router.post("/lessons/{id}/verdict", responses=told(404, 409))
def decide(web: TheWeb, who: TheOffice, id: LessonId, said: VerdictSaid) -> LessonValue:
    """Approve or reject what waits of it; withdraw it, or bring it back."""
    match said.verdict:
        case "approved":
            judging.approve(web, who, [id], [said.release] if said.release else [])
        case "rejected":
            judging.reject(web, who, id, said.reason, said.release)
        case "withdrawn":
            judging.withdraw(web, who, id, said.reason)
        case "restored":
            judging.restore(web, who, id)
    with web.ledger.read() as tx:
        last = next(iter(decisions.of_lesson(tx, id)), None)
    return lesson_value(judging.any_lesson(web, id), last)


@router.get("/draft", responses=told())
def draft(web: TheWeb) -> DraftValue:
    """The catalog of all that is approved, beside the current one."""
    return _draft(web.service.office.draft())


@router.get("/releases/{number}/draft", responses=told(404))
def draft_back(web: TheWeb, number: Number) -> DraftValue:
    """What a step back to an earlier release would change."""
    try:
        return _draft(web.service.office.draft_back(number))
    except NotFound as error:
        raise Missing from error


@router.post("/releases", status_code=201, responses=told(409))
def release(web: TheWeb, who: TheOffice, said: ReleaseSaid) -> ReleaseValue:
    """What was looked at becomes the catalog, signed, by one swap."""
    office = web.service.office
    try:
        made = office.release(
            office.seen(said.mark, back_to=said.back_to), time.time(), by=who.by, note=said.note
        )
    except Overtaken as error:
        raise Clash("内容在查看后有变化，请重新核对。", str(error)) from error
    except NotFound as error:
        raise Clash("没有这一版目录。", str(error)) from error
    return _release(made)


@router.get("/releases", responses=told())
def history(web: TheWeb) -> list[ReleaseValue]:
    """The latest first."""
    with web.ledger.read() as tx:
        return [_release(one) for one in releases.every(tx)]


@router.get("/hours", responses=told())
def hours(web: TheWeb) -> list[HoursValue]:
    """Delivered, by base, category and month."""
    with web.ledger.read() as tx:
        found = numbers.delivered(tx)
    return [HoursValue(**_plain(one)) for one in found]


def _plain(one: numbers.Hours) -> dict[str, Any]:
    return {name: getattr(one, name) for name in HoursValue.model_fields}


def _draft(one: Draft) -> DraftValue:
    changes = one.difference
    return DraftValue(
        mark=one.mark,
        replaces=one.replaces,
        back_to=one.back_to,
        lessons=len(one.lessons),
        added=[_change(change) for change in changes.added],
        changed=[_change(change) for change in changes.changed],
        withdrawn=[_change(change) for change in changes.withdrawn],
        download=dict(changes.download),
    )


def _change(one: Change) -> ChangeValue:
    entry = one.after or one.before
    return ChangeValue(
        lesson=one.lesson,
        title=entry.title if entry else one.lesson,
        fields=list(one.fields),
        download=dict(one.download or {}),
    )


def _release(one: CatalogRelease) -> ReleaseValue:
    return ReleaseValue(
        number=one.number,
        version=one.version,
        sha256=one.sha256,
        at=moment(one.at),
        by=one.by,
        note=one.note,
        lessons=one.lessons,
        added=one.added,
        changed=one.changed,
        removed=one.removed,
        bytes=one.bytes,
        back_to=one.back_to,
    )
