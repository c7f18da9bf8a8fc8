"""Where each role can go: one line a page, shown at the top in this order."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    path: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A place in the menu of one page."""

    place: Place
    current: bool


PLACES: Mapping[str, tuple[Place, ...]] = {
    "base": (
        Place("/base", "概况", "Overview"),
        Place("/base/submit", "上传", "Submit"),
        Place("/base/jobs", "任务", "Jobs"),
        Place("/base/lessons", "课件", "Lessons"),
    ),
    "office": (
        Place("/office", "审批", "Approvals"),
        Place("/office/lessons", "课件", "Lessons"),
        Place("/office/catalog", "目录", "Catalog"),
        Place("/office/courses", "课程与光盘", "Courses, discs"),
        Place("/office/numbers", "统计", "Numbers"),
    ),
    "operator": (
        Place("/operator", "运行", "Running"),
        Place("/operator/jobs", "任务", "Jobs"),
        Place("/operator/people", "基地与密钥", "Bases and keys"),
    ),
}
"""By role; the first one is where a log-in leads."""


def home_of(role: str) -> str:
    return PLACES[role][0].path


def menu_of(role: str, path: str) -> tuple[Shown, ...]:
    """The deepest place that `path` is in is the current one."""
    places = PLACES.get(role, ())
    inside = [one for one in places if path == one.path or path.startswith(f"{one.path}/")]
    current = max(inside, key=lambda one: len(one.path), default=None)
    return tuple(Shown(one, one is current) for one in places)
