"""A base's door in a real browser: log in, hand in two files over a line that breaks, see what
comes of them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from farm.ledger import jobs, uploads
from farm.ledger.states import JobState, UploadState
from tests.browser.player import Chromium
from tests.conftest import Published
from tests.web import scenes
from tests.web.house import House, Server, house, serving

AWAY = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "503 (Service Unavailable)")
"""What Chromium says by itself of a server that goes away, as it does in the middle of a test."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def log_in(page: Page, home: House, key: str = "changsha") -> None:
    page.fill("input[name=key]", home.keys[key])
    page.click("main button")
    page.wait_for_url("**/base")


def until(page: Page, condition: str, seconds: float = 30) -> None:
    """Playwright's own waiting for functions evaluates text, which our pages forbid."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"{condition}: {page.inner_text('main')}"
        page.wait_for_timeout(50)


def faults(console: tuple[str, ...]) -> list[str]:
    return [one for one in console if not any(away in one for away in AWAY)]


def test_two_files_arrive_though_the_server_is_started_again(
    home: House, chromium: Chromium, tmp_path: Path
) -> None:
    files = {"滴灌.mp4": 90_000_000, "育秧.mp4": 3_000_000, "滴灌.zh.srt": 400}
    for name, size in files.items():
        (tmp_path / name).write_bytes(name.encode() * (size // len(name.encode())))

    def use(page: Page, server: Server) -> str:
        log_in(page, home)
        page.click("text=上传录像")
        # A slow line, so that there is a middle to be cut in.
        tools = page.context.new_cdp_session(page)
        line = {"offline": False, "latency": 0, "downloadThroughput": -1}
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": 30_000_000})
        page.set_input_files("#files", [tmp_path / name for name in files])
        until(
            page,
            "[...document.querySelectorAll('#list .bar')].some(b => b.value > .2 && b.value < .8)",
        )
        server.stop()
        server.start()
        tools.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": -1})
        until(
            page,
            "[...document.querySelectorAll('#list .state')].filter("
            "s => s.textContent.includes('已收到')).length === 3",
            60,
        )
        page.click("#list .file:has-text('滴灌.mp4') .job")
        page.wait_for_selector("#job h1")
        return page.inner_text("#job h1")

    with serving(home) as server:
        name, console = chromium.on_page(f"{server.url}/login", lambda page: use(page, server))
    assert faults(console) == []
    assert name == "滴灌.mp4"
    with home.ledger.read() as tx:
        made = {one.name: one for one in jobs.of_base(tx, "changsha")}
        states = {one.name: one.state for one in uploads.of_base(tx, "changsha")}
    assert states == dict.fromkeys(files, UploadState.WHOLE)
    assert made.keys() == {"滴灌.mp4", "育秧.mp4"}
    folder = Path(made["滴灌.mp4"].path).parent
    assert Path(made["滴灌.mp4"].path).read_bytes() == (tmp_path / "滴灌.mp4").read_bytes()
    beside = {one.name for one in folder.iterdir()}
    assert beside == {"recording.mp4", "recording.zh.srt"}


def test_an_upload_goes_on_after_the_page_was_left(
    home: House, chromium: Chromium, tmp_path: Path
) -> None:
    recording = tmp_path / "讲座.mp4"
    recording.write_bytes(b"0123456789abcdef" * 2_500_000)

    def use(page: Page) -> tuple[int, int]:
        log_in(page, home)
        page.goto(page.url + "/submit")
        tools = page.context.new_cdp_session(page)
        line = {"offline": False, "latency": 0, "downloadThroughput": -1}
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": 10_000_000})
        page.set_input_files("#files", recording)
        until(page, "document.querySelector('#list .bar')?.value > .3")
        page.click("#list .pause")
        page.wait_for_selector("#list .state:has-text('已暂停')")
        page.reload()
        page.wait_for_selector("#unfinished")
        tools.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": -1})
        sent: list[int] = []
        page.on(
            "request",
            lambda one: (
                sent.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None
            ),
        )
        page.set_input_files("#files", recording)
        page.wait_for_selector("#list .state:has-text('已收到')", timeout=60_000)
        return min(sent), page.locator("#unfinished").count()

    with serving(home) as server:
        (first, waiting), console = chromium.on_page(f"{server.url}/login", use)
    assert faults(console) == []
    assert first > 0.25 * recording.stat().st_size
    assert waiting == 0
    with home.ledger.read() as tx:
        (job,) = jobs.of_base(tx, "changsha")
    assert Path(job.path).read_bytes() == recording.read_bytes()


def test_findings_are_answered_and_progress_is_seen_as_it_happens(
    home: House, chromium: Chromium
) -> None:
    job = scenes.job(home, JobState.ASKING, "温室番茄的滴灌.mp4", findings=scenes.WARNINGS)

    def use(page: Page) -> tuple[str, float]:
        log_in(page, home)
        page.click("text=温室番茄的滴灌.mp4")
        findings = page.inner_text("#findings")
        page.click("text=继续制作")
        page.wait_for_selector(".badge:has-text('排队中')")
        with home.ledger.begin() as tx:
            jobs.move(
                tx, job.id, JobState.QUEUED, JobState.RUNNING, work=100.0, done=37.0, stage="encode"
            )
        page.wait_for_selector(".badge:has-text('制作中')")
        value = float(page.get_attribute("#job progress", "value") or 0)
        with home.ledger.begin() as tx:
            jobs.move(tx, job.id, JobState.RUNNING, JobState.DONE, ended=time.time(), done=100.0)
        page.wait_for_selector("text=课件已制作完成")
        return findings, value

    with serving(home) as server:
        (findings, value), console = chromium.on_page(f"{server.url}/login", use)
    assert faults(console) == []
    assert "听不到声音" in findings
    assert "12:30" in findings
    assert "18:10" in findings
    assert "Check that the microphone was on" in findings
    assert value == pytest.approx(0.37)
    assert ("go_on", job.id) in home.service.heard


def test_a_finished_lesson_plays_and_is_downloaded(
    chromium: Chromium, published: Published, tmp_path: Path
) -> None:
    """`published` is a lesson of base `test`, in a library of its own."""
    with house(tmp_path, library=published.library, base="test") as home:
        scenes.lesson_row(home, published.lesson, "温室番茄的滴灌", waiting=1)

        def use(page: Page) -> str:
            log_in(page, home, "test")
            page.click("text=课件")
            page.click("text=温室番茄的滴灌")
            until(page, "document.querySelector('video').readyState >= 2")
            page.evaluate("document.querySelector('video').play()")
            until(page, "document.querySelector('video').currentTime > 1")
            page.fill("input[name=speaker]", "王老师")
            page.click("text=保存")
            page.wait_for_selector("text=已保存")
            return page.inner_text("h1")

        with serving(home) as server:
            title, console = chromium.on_page(f"{server.url}/login", use)
        assert faults(console) == []
        assert title == "温室番茄的滴灌"
        with home.ledger.read() as tx:
            (mended,) = jobs.of_base(tx, "test")
        assert mended.asked["metadata"]["speaker"] == "王老师"


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen(home: House, chromium: Chromium, width: int) -> None:
    made = scenes.every_state(home)
    scenes.job(home, JobState.DONE, "很长的标题" * 12, lesson="changsha-0123456789ab", release=1)
    scenes.lesson_row(home, "changsha-0123456789ab", "很长的标题" * 12, waiting=1)
    paths = ["/base", "/base/submit", "/base/jobs", "/base/lessons"]
    paths += [f"/base/jobs/{one.id}" for one in made.values()]

    def use(page: Page) -> dict[str, int]:
        log_in(page, home)
        found = {}
        origin = page.url.removesuffix("/base")
        for path in paths:
            page.goto(origin + path)
            found[path] = page.evaluate("document.documentElement.scrollWidth")
        return found

    with serving(home) as server:
        found, console = chromium.on_page(f"{server.url}/login", use, size=(width, 800))
    assert faults(console) == []
    assert {path: wide for path, wide in found.items() if wide > width} == {}
