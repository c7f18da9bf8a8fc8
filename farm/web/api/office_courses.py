"""The API of the office: courses, their discs, and prints."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from farm.disc.outlook import Outlook
from farm.ledger import courses, prints
from farm.ledger.model import Print
from farm.ledger.states import Role
from farm.web import coursing
from farm.web.api.models import LESSON, JobValue
from farm.web.problems import told
from farm.web.sessions import TheOffice, TheWeb, require
from farm.web.values import job_value, moment

router = APIRouter(prefix="/office", tags=["office"], dependencies=[Depends(require(Role.OFFICE))])

CourseId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", examples=["3f2a9c01b7de"])]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"[A-Za-z0-9\u4e00-\u9fff]")]
Kind = Literal["dvd", "datadisc", "vcd", "svcd"]
LessonName = Annotated[str, Field(max_length=64, examples=[LESSON])]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CourseSaid(_Said):
    name: Name


class CourseChange(_Said):
    """What is not in it stays as it is."""

    name: Name | None = None
    lessons: list[LessonName] | None = Field(None, max_length=1000, description="In their order.")


class PrintSaid(_Said):
    kind: Kind
    copies: int = Field(ge=1, le=100_000, description="Sets of all discs.")
    note: str = Field("", max_length=400)


class CourseLine(BaseModel):
    id: str
    name: str


class DiscValue(BaseModel):
    number: int
    lessons: list[str]
    size: int = Field(description="Estimated.")
    capacity: int


class OutlookValue(BaseModel):
    """How lessons would fall on discs, in the releases that are approved."""

    kind: str
    discs: list[DiscValue]
    lacking: str | None = Field(description="Why none can be made, with the way out.")


class PrintValue(BaseModel):
    id: int
    course: str
    kind: str
    copies: int
    by: str
    at: str
    note: str


class CourseValue(CourseLine):
    lessons: list[str] = Field(description="In their order.")
    unsaid: list[str] = Field(description="Lessons whose metadata has another course or place.")
    discs: list[OutlookValue]
    prints: list[PrintValue]


@router.get("/courses", responses=told())
def list_courses(web: TheWeb) -> list[CourseLine]:
    """By name."""
    with web.ledger.read() as tx:
        return [CourseLine(id=one.id, name=one.name) for one in courses.every(tx)]


@router.post("/courses", status_code=201, responses=told())
def new_course(web: TheWeb, said: CourseSaid) -> CourseValue:
    """Its lessons are at first those that say they belong to it. One of that name stays."""
    return _course(web, coursing.add(web, said.name).id)


@router.get("/courses/{id}", responses=told(404))
def course(web: TheWeb, id: CourseId) -> CourseValue:
    """Its lessons in their order, and how they would fall on discs."""
    return _course(web, id)


@router.patch("/courses/{id}", responses=told(404, 409))
def change(web: TheWeb, id: CourseId, said: CourseChange) -> CourseValue:
    """Another name, other lessons, or another order."""
    if said.name is not None:
        coursing.rename(web, id, said.name)
    if said.lessons is not None:
        coursing.set_order(web, id, said.lessons)
    return _course(web, id)


@router.delete("/courses/{id}", status_code=204, responses=told(404))
def drop(web: TheWeb, id: CourseId) -> Response:
    """Its lessons stay."""
    coursing.drop(web, id)
    return Response(status_code=204)


@router.post("/courses/{id}/say", status_code=202, responses=told(404))
def say_order(web: TheWeb, id: CourseId) -> list[JobValue]:
    """Write course and place into the lessons' metadata: a job for each that says otherwise."""
    return [job_value(one, None) for one in coursing.say_order(web, id)]


@router.post("/courses/{id}/prints", status_code=201, responses=told(404))
def order_print(web: TheWeb, who: TheOffice, id: CourseId, said: PrintSaid) -> PrintValue:
    """Order copies of its discs."""
    return _print(coursing.order_print(web, who, id, said.kind, said.copies, said.note))


@router.get("/prints", responses=told())
def list_prints(web: TheWeb, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[PrintValue]:
    """The latest first."""
    with web.ledger.read() as tx:
        return [_print(one) for one in prints.every(tx, limit=limit)]


def _course(web: TheWeb, id: str) -> CourseValue:
    found = coursing.seen(web, id)
    return CourseValue(
        id=id,
        name=found.course.name,
        lessons=[one.id for one in found.lessons],
        unsaid=[one.id for _, one in found.unsaid],
        discs=[_outlook(one) for one in coursing.discs(web, found)],
        prints=[_print(one) for one in found.prints],
    )


def _outlook(one: Outlook) -> OutlookValue:
    discs = [
        DiscValue(
            number=disc.number,
            lessons=list(disc.lessons),
            size=disc.size,
            capacity=disc.capacity,
        )
        for disc in one.discs
    ]
    return OutlookValue(kind=one.kind, discs=discs, lacking=one.lacking)


def _print(one: Print) -> PrintValue:
    names = ("id", "course", "kind", "copies", "by", "note")
    return PrintValue(at=moment(one.at), **{name: getattr(one, name) for name in names})
