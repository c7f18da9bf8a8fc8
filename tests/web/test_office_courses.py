"""Courses as the office lays them out, their discs, and prints: on pages and by the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.ledger import jobs, lessons
from farm.ledger.model import LessonRow
from farm.ledger.states import JobKind, JobState
from farm.settings import make_office
from tests.farm.office.library import hold, lesson_id
from tests.web.house import House, Server, house, serving

COURSE = "设施农业"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Server]:
    """Three approved lessons say they are of the course, the last one first; a fourth does not."""
    with house(tmp_path) as home:
        make_office(home.store)
        for n in range(4):
            hold(home.store, n, f"第 {n} 课")
            put(home, n, COURSE if n < 3 else None, 3 - n if n < 3 else None)
        with serving(home) as server:
            yield server


def put(home: House, n: int, course: str | None, number: int | None) -> None:
    row = LessonRow(
        id=lesson_id(n),
        base="changsha",
        title=f"第 {n} 课",
        category="agriculture",
        duration=12.0,
        updated=1.0,
        course=course,
        number=number,
        approved=1,
    )
    with home.ledger.begin() as tx:
        lessons.put(tx, row)


def ids(*numbers: int) -> list[str]:
    return [lesson_id(n) for n in numbers]


def test_a_course_begins_with_what_says_it_belongs_to_it_and_is_ordered(office: Server) -> None:
    with office.client("office") as client:
        made = client.post("/api/v1/office/courses", json={"name": COURSE}).json()
        assert made["lessons"] == ids(2, 1, 0)
        assert made["unsaid"] == []
        path = f"/api/v1/office/courses/{made['id']}"
        changed = client.patch(path, json={"lessons": ids(0, 3)}).json()
        assert (changed["lessons"], changed["unsaid"]) == (ids(0, 3), ids(0, 3))
        assert client.patch(path, json={"lessons": ids(0, 0)}).status_code == 422
        assert client.patch(path, json={"lessons": ids(0, 9)}).status_code == 422
        assert client.get(path).json()["lessons"] == ids(0, 3)


def test_the_order_is_written_into_lessons_once(office: Server) -> None:
    home = office.house
    with office.client("office") as client:
        made = client.post("/api/v1/office/courses", json={"name": COURSE}).json()
        path = f"/api/v1/office/courses/{made['id']}"
        client.patch(path, json={"lessons": ids(1, 2)})
        first = client.post(f"{path}/say").json()
        assert {one["lesson"] for one in first} == set(ids(1, 2))
        assert client.post(f"{path}/say").json() == []
    with home.ledger.read() as tx:
        mends = {one.lesson: one for one in jobs.every(tx, JobState.RECEIVED)}
    assert all(one.kind is JobKind.MEND for one in mends.values())
    said = mends[lesson_id(2)].asked["metadata"]
    assert (said["course"], said["number"]) == (COURSE, 2)


def test_a_course_is_renamed_and_removed_and_prints_stay(office: Server) -> None:
    with office.client("office") as client:
        one = client.post("/api/v1/office/courses", json={"name": COURSE}).json()
        client.post("/api/v1/office/courses", json={"name": "畜牧"})
        path = f"/api/v1/office/courses/{one['id']}"
        assert client.patch(path, json={"name": "畜牧"}).status_code == 409
        assert client.patch(path, json={"name": "设施园艺"}).json()["name"] == "设施园艺"
        again = client.post("/api/v1/office/courses", json={"name": COURSE}).json()
        assert again["id"] != one["id"]
        order = {"kind": "dvd", "copies": 40000, "note": "春季"}
        printed = client.post(f"{path}/prints", json=order).json()
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 404
        assert [p["copies"] for p in client.get("/api/v1/office/prints").json()] == [40000]
    with office.browser("office") as browser:
        sheet = browser.get(f"/office/prints/{printed['id']}")
    assert sheet.status_code == 200
    assert "40,000" in sheet.text


def test_lessons_are_moved_by_buttons(office: Server) -> None:
    with office.browser("office") as browser:
        page = browser.post("/office/courses", data={"name": COURSE}).headers["Location"]
        path = page.partition("?")[0]
        for lesson, act in ((0, "up"), (3, "add"), (2, "drop"), (1, "down"), (1, "down")):
            said = {"lesson": lesson_id(lesson), "act": act}
            assert browser.post(f"{path}/order", data=said).status_code == 303
        order = {"kind": "datadisc", "copies": 100, "note": ""}
        sheet = browser.post(f"{path}/print", data=order).headers["Location"]
        assert browser.get(sheet).status_code == 200
        shown = browser.get(path).text
        missing = browser.post("/office/courses/000000000000/order", data=said)
    assert missing.status_code == 404
    places = [shown.index(f'/office/lessons/{lesson_id(n)}"') for n in (0, 3, 1)]
    assert places == sorted(places)


def test_what_discs_lack_is_told_before_anybody_orders_them(office: Server) -> None:
    with office.client("office") as client:
        made = client.post("/api/v1/office/courses", json={"name": COURSE}).json()
    discs = {one["kind"]: one for one in made["discs"]}
    assert [one["discs"] for one in discs.values()] == [[], []]
    assert "--profile dvd" in discs["dvd"]["lacking"]
    assert "--profile download" in discs["datadisc"]["lacking"]
