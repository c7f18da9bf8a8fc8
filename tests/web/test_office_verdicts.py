"""Verdicts are on the release that somebody looked at; what cannot be done changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from farm.held import waiting_release
from farm.ledger import decisions, events, lessons
from farm.ledger.model import LessonRow
from farm.settings import make_office
from tests.farm.office.library import hold, lesson_id
from tests.web.house import House, Server, house, serving

TITLES = ("温室番茄的滴灌", "水稻育秧技术", "柑橘病虫害防治")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Server]:
    """Three lessons wait, each in its first release."""
    with house(tmp_path) as home:
        make_office(home.store)
        for n, title in enumerate(TITLES):
            hold(home.store, n, title)
            put(home, n, 1)
        with serving(home) as server:
            yield server


def put(home: House, n: int, waiting: int) -> None:
    row = LessonRow(lesson_id(n), "changsha", TITLES[n], "agriculture", 12.0, 1.0, waiting=waiting)
    with home.ledger.begin() as tx:
        lessons.put(tx, row)


def row_of(home: House, n: int) -> LessonRow:
    with home.ledger.read() as tx:
        row = lessons.get(tx, lesson_id(n))
    assert row is not None
    return row


def decide(client: httpx.Client, n: int, verdict: str, **said: object) -> httpx.Response:
    path = f"/api/v1/office/lessons/{lesson_id(n)}/verdict"
    return client.post(path, json={"verdict": verdict, **said})


def test_a_release_nobody_looked_at_is_not_approved(office: Server) -> None:
    home = office.house
    assert hold(home.store, 0, "作了修改") == 2
    put(home, 0, 2)
    with office.client("office") as client:
        stale = decide(client, 0, "approved", release=1)
        assert stale.status_code == 409
        assert "请重新查看" in stale.json()["detail_zh"]
        assert decide(client, 0, "rejected", release=1, reason="声音小").status_code == 409
        assert row_of(home, 0).waiting == 2
        assert decide(client, 0, "approved", release=2).status_code == 200
    assert (row_of(home, 0).waiting, row_of(home, 0).approved) == (None, 2)


def test_a_rejection_without_a_reason_changes_nothing_anywhere(office: Server) -> None:
    home = office.house
    with office.client("office") as client:
        assert decide(client, 0, "rejected", reason="  ").status_code == 422
        assert waiting_release(home.store, lesson_id(0)) == row_of(home, 0).waiting == 1
        assert decide(client, 0, "rejected", reason="片头声音过小").status_code == 200
    assert waiting_release(home.store, lesson_id(0)) is None
    with home.ledger.read() as tx:
        (told,) = [one for one in events.after(tx, 0, base="changsha") if one.kind == "decided"]
    assert told.data["reason"] == "片头声音过小"


def test_many_are_approved_at_once_or_none(office: Server) -> None:
    home = office.house
    ticked = [f"{lesson_id(n)}@1" for n in range(3)]
    with office.browser("office") as client:
        shown = client.get("/office").text
        assert all(f'value="{one}"' in shown for one in ticked)
        stale = client.post("/office/approve", data={"id": [*ticked[:2], f"{lesson_id(2)}@7"]})
        assert stale.status_code == 409
        assert [row_of(home, n).approved for n in range(3)] == [None] * 3
        assert client.post("/office/approve", data={}).status_code == 422
        assert client.post("/office/approve", data={"id": ticked}).status_code == 303
        assert "没有待审批的课件" in client.get("/office").text
    assert [row_of(home, n).approved for n in range(3)] == [1, 1, 1]
    with home.ledger.read() as tx:
        assert [one.release for n in range(3) for one in decisions.of_lesson(tx, lesson_id(n))] == [
            1,
            1,
            1,
        ]


def test_what_a_base_changed_is_told_beside_what_was_approved(office: Server) -> None:
    home = office.house
    with office.browser("office") as client:
        client.post("/office/approve", data={"id": [f"{lesson_id(0)}@1"]})
        assert hold(home.store, 0, "温室番茄的微灌") == 2
        with home.ledger.begin() as tx:
            lessons.change(tx, lesson_id(0), waiting=2)
        page = client.get(f"/office/lessons/{lesson_id(0)}").text
    before, after = page.index(">温室番茄的滴灌<"), page.index(">温室番茄的微灌<")
    assert 0 < before < after
