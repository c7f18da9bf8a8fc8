"""The office: what waits is judged, catalogs are released, signed, and stepped back from."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, rmtree

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from farm.ledger import decisions, lessons
from farm.ledger.model import LessonRow
from farm.settings import make_office
from farm.station import Choice, Options, sync
from tests.conftest import Published
from tests.web.house import Server, house, serving


@pytest.fixture
def office(tmp_path: Path, published: Published) -> Iterator[Server]:
    """One lesson of the base `test` waits; there is no catalog yet."""
    copytree(published.library, tmp_path / "library")
    rmtree(tmp_path / "library" / "catalog")
    with house(tmp_path, library=tmp_path / "library", base="test") as home:
        make_office(home.store)
        with home.ledger.begin() as tx:
            row = LessonRow(
                id=published.lesson,
                base="test",
                title="温室番茄的滴灌",
                category="agriculture",
                duration=float(published.seconds),
                updated=time.time(),
                waiting=1,
            )
            lessons.put(tx, row)
        with serving(home) as server:
            yield server


def decide(client: httpx.Client, lesson: str, verdict: str, reason: str = "") -> httpx.Response:
    said = {"verdict": verdict, "reason": reason}
    return client.post(f"/api/v1/office/lessons/{lesson}/verdict", json=said)


def release(client: httpx.Client, draft: dict[str, object]) -> httpx.Response:
    said = {"mark": draft["mark"], "back_to": draft["back_to"], "note": "第一版"}
    return client.post("/api/v1/office/releases", json=said)


def test_what_is_approved_is_released_and_stepped_back_from(
    office: Server, published: Published, tmp_path: Path
) -> None:
    lesson = published.lesson
    with office.client("office") as client:
        first = client.get("/api/v1/office/draft").json()
        assert first["added"] == []
        assert release(client, first).json()["number"] == 1
        assert decide(client, lesson, "approved").json()["state"] == "approved"
        draft = client.get("/api/v1/office/draft").json()
        assert [one["lesson"] for one in draft["added"]] == [lesson]
        assert sum(draft["download"].values()) > 100_000
        assert release(client, first).status_code == 409
        made = release(client, draft)
        assert (made.status_code, made.json()["number"], made.json()["added"]) == (201, 2, 1)
        shown = _synced(office, tmp_path / "station")
        assert shown == {lesson}
        back = client.get("/api/v1/office/releases/1/draft").json()
        assert [one["lesson"] for one in back["withdrawn"]] == [lesson]
        assert release(client, back).json()["back_to"] == 1
        assert _synced(office, tmp_path / "station") == set()


def _synced(office: Server, folder: Path) -> set[str]:
    """The lessons a station shows after a sync of the store itself."""
    home = office.house
    url = Path(home.store.url).resolve().as_uri()
    keys = home.service.office.signer.trusted
    sync(Options(url, folder, keys=keys, choice=Choice()))
    return {path.parent.name for path in folder.glob("lessons/*/lesson.json")}


def test_a_rejected_lesson_goes_back_with_its_reason(office: Server, published: Published) -> None:
    lesson = published.lesson
    with office.client("office") as client:
        assert decide(client, lesson, "rejected").status_code == 422
        answer = decide(client, lesson, "rejected", "片头声音过小")
        assert answer.json()["state"] == "rejected"
        assert decide(client, lesson, "approved").status_code == 409
    with office.client("test") as client:
        seen = client.get(f"/api/v1/lessons/{lesson}").json()
        assert seen["reason"] == "片头声音过小"
    with office.house.ledger.read() as tx:
        (decision,) = decisions.of_lesson(tx, lesson)
    assert decision.key is not None


def test_a_withdrawn_lesson_leaves_the_catalog_and_comes_back(
    office: Server, published: Published
) -> None:
    lesson = published.lesson
    with office.client("office") as client:
        decide(client, lesson, "approved")
        release(client, client.get("/api/v1/office/draft").json())
        assert decide(client, lesson, "withdrawn", "内容有误").json()["state"] == "withdrawn"
        gone = client.get("/api/v1/office/draft").json()
        assert [one["lesson"] for one in gone["withdrawn"]] == [lesson]
        release(client, gone)
        assert decide(client, lesson, "restored").status_code == 200
        again = client.get("/api/v1/office/draft").json()
        assert [one["lesson"] for one in again["added"]] == [lesson]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_door_in_a_browser(office: Server, published: Published, width: int) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("FARM_TEST_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"],
        )
        page = browser.new_page(viewport={"width": width, "height": 900})
        faults: list[str] = []
        page.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        _walk(page, office, published.lesson)
        browser.close()
    assert faults == []


def until(page: Page, condition: str, seconds: float = 30) -> None:
    """Playwright's own waiting for functions evaluates text, which our pages forbid."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"{condition}: {page.inner_text('main')}"
        page.wait_for_timeout(50)


def _walk(page: Page, office: Server, lesson: str) -> None:
    def wide() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto(f"{office.url}/login")
    page.fill("input[name=key]", office.house.keys["office"])
    page.press("input[name=key]", "Enter")
    page.get_by_role("link", name="温室番茄的滴灌").first.click()
    until(page, "document.querySelector('video').readyState >= 2")
    wide()
    page.get_by_role("button", name="批准").click()
    page.get_by_text("没有待审批的课件").wait_for()
    for expected in ("1", "2"):
        page.goto(f"{office.url}/office/catalog")
        wide()
        if expected == "2":
            page.goto(f"{office.url}/office/lessons/{lesson}")
            page.fill("input[name=reason]", "内容有误")
            page.get_by_role("button", name="撤下课件").click()
            page.goto(f"{office.url}/office/catalog")
        page.get_by_role("button", name="发布目录").click()
        page.get_by_text("新目录已发布").wait_for()
        assert page.locator("#releases tbody tr .title").first.inner_text().startswith(expected)
    page.get_by_role("link", name="退回到此版").first.click()
    page.get_by_role("button", name="退回到这一版").click()
    page.get_by_text("新目录已发布").wait_for()
    assert page.locator("#releases tbody tr .title").first.inner_text().startswith("3")
    page.goto(f"{office.url}/office/lessons/{lesson}")
    page.get_by_role("button", name="恢复").click()
    page.get_by_role("button", name="撤下课件").wait_for()
    page.goto(f"{office.url}/office/courses")
    page.fill("input[name=name]", "设施农业")
    page.get_by_role("button", name="添加").click()
    page.select_option("select[name=lesson]", lesson)
    page.get_by_role("button", name="添加").click()
    wide()
    page.fill("input[name=copies]", "40000")
    page.get_by_role("button", name="下单").click()
    page.get_by_text("光盘压制订单").first.wait_for()
    page.goto(f"{office.url}/office/numbers")
    drawn = "[...document.querySelectorAll('canvas')].filter(c => Chart.getChart(c)).length === 3"
    until(page, drawn)
    wide()
