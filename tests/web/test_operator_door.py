"""An operator's door in a real browser, over a real service at work: what runs is seen as it runs,
a node is drained and brought back, the queue paused and resumed, a key made."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from farm.ledger import keys, nodes, switches
from farm.ledger.states import JobState, NodeState, Role
from tests.browser.player import Chromium
from tests.farm.service.serving import Place, place, service, until
from tests.media import lecture, noise, tone


@dataclass(frozen=True, slots=True)
class Door:
    at: Place
    url: str
    key: str


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Busy enough to be at work while somebody looks."""
    path = tmp_path_factory.mktemp("recording") / "滴灌.mp4"
    return lecture(path, seconds=60, size=(640, 360), paint=noise, sound=tone(level=0.2))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with place(tmp_path_factory.mktemp("door")) as at:
        with at.ledger.begin() as tx:
            _, key = keys.issue(tx, Role.OPERATOR, None, "运维 小赵")
        with service(at):
            yield Door(at, until(lambda: _address(at), bool, 60), key)


def _address(at: Place) -> str:
    log = (at.folder / "service.log").read_text(errors="replace")
    found = re.search(r"^(http://\S+)/ ", log, re.M)
    return found[1] if found else ""


def log_in(page: Page, door: Door) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.fill("input[name=key]", door.key)
    page.click("main button")
    page.wait_for_url("**/operator")


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("width", [1280, 390])
def test_what_runs_is_seen_and_steered(
    door: Door, chromium: Chromium, recording: Path, width: int
) -> None:
    at = door.at
    job = at.hand_in(recording, base="changsha" if width == 1280 else "xiangxi")
    until(lambda: at.job(job), lambda one: one.state is JobState.RUNNING)

    def use(page: Page) -> list[str]:
        wide = []
        log_in(page, door)
        # It comes by itself: nobody loads the page again.
        page.wait_for_selector(".node progress[value]", timeout=60_000)
        page.wait_for_selector(f".node a[href='/operator/jobs/{job}']")
        wide += ["board"] * too_wide(page)
        page.click("text=停止接单")
        page.wait_for_selector(".node .badge:has-text('停止接单')")
        until(lambda: _states(at), lambda states: states == {NodeState.DRAINING}, 10)
        page.click("text=恢复工作")
        page.wait_for_selector(".node .badge:has-text('工作中')")
        page.click("text=全部暂停")
        page.wait_for_selector("text=全部队列已暂停")
        assert _switch(at, "paused") is True
        page.click("text=全部恢复")
        page.wait_for_selector("text=全部暂停")
        assert _switch(at, "paused") is False
        page.fill("input[name=slots]", "9")
        page.click("text=Ask for them")
        page.wait_for_selector("[role=alert]:has-text('no autoscaler')")
        page.goto(f"{door.url}/operator/jobs?only=")
        wide += ["jobs"] * too_wide(page)
        page.click(f"a[href='/operator/jobs/{job}']")
        page.wait_for_selector("td:has-text('chunk'), td:has-text('sound')")
        wide += ["job"] * too_wide(page)
        page.click("text=取消")
        page.wait_for_url("**said=cancelled")
        return wide

    wide, console = chromium.on_page(f"{door.url}/login", use, size=(width, 800))
    assert at.ended(job).state is JobState.CANCELLED
    assert [one for one in console if "409 (Conflict)" not in one] == []
    assert wide == []


def _states(at: Place) -> set[NodeState]:
    with at.ledger.read() as tx:
        return {one.state for one in nodes.every(tx) if time.time() - one.seen < 30}


def _switch(at: Place, name: str) -> object:
    with at.ledger.read() as tx:
        return switches.get(tx, name)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_key_is_made_and_revoked(door: Door, chromium: Chromium, width: int) -> None:
    label = f"新来的老师 {width}"

    def use(page: Page) -> tuple[str, bool]:
        log_in(page, door)
        page.click("nav >> text=基地与密钥")
        page.select_option("select[name=base]", "xiangxi")
        page.fill("input[name=label]", label)
        page.click("text=Make it")
        text = page.inner_text("code.key")
        assert _role(door, text) == "base"
        wide = too_wide(page)
        page.click(f"tr:has-text('{label}') button")
        page.wait_for_selector("text=密钥已撤销")
        return text, wide

    (text, wide), console = chromium.on_page(f"{door.url}/login", use, size=(width, 800))
    assert _role(door, text) is None
    assert list(console) == []
    assert not wide


def _role(door: Door, key: str) -> str | None:
    """None: it opens nothing."""
    answer = httpx.get(f"{door.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    return answer.json()["role"] if answer.status_code == 200 else None
