"""What is around the player, and the page for browsers without scripts, in a real browser."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from manifests.model import Catalog, Pointer
from manifests.release import pointer_json
from manifests.withdrawn import withdrawn_page, withdrawn_playlist
from tests.manifests.store import FILM, RADIO, WHOLE
from tests.manifests.visiting import Visit, needs_browser, until, watch

pytestmark = needs_browser


def test_chapters_are_listed_marked_and_jumped_to(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], int, str, int]:
        watch(page)
        page.wait_for_selector("#chapter-list li")
        assert "undefined" not in page.inner_text("#chapter-list")
        names = page.locator("#chapter-list bdi").all_text_contents()
        marks = page.locator("#marks i").count()
        page.click("#chapter-list li:nth-child(2) button")
        until(page, "v.currentTime > 4 && v.currentTime < 8")
        until(page, "document.querySelector('#chapter-list li:nth-child(2)[aria-current]')")
        current = page.inner_text("#chapter-list [aria-current] small")
        until(
            page, "[...document.querySelectorAll('#chapter-list img')].every(i => i.naturalWidth)"
        )
        return names, marks, current, page.locator("#chapter-list img").count()

    names, marks, current, pictures = browse(scenario)
    assert names == ["为什么要节水 <i>", "滴灌带怎样铺", "算一算一亩地的账"]
    assert (marks, current, pictures) == (2, "0:04", 2)


def test_products_are_offered_with_what_they_are_for(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, str, int, str]:
        watch(page)
        page.wait_for_selector("#products li")
        chinese = page.inner_text("#products")
        page.click("[data-language=en]")
        english = page.inner_text("#products")
        links = page.locator("#products a")
        address = links.nth(0).get_attribute("href") or ""
        page.click("[data-language=zh]")
        return chinese, english, page.request.get(f"/catalog/{address}").status, address

    chinese, english, status, address = browse(scenario)
    assert "DVD 影碟机" in chinese
    assert "DVD players" in english
    assert "盘面" in chinese
    assert "label" not in chinese
    assert "label" in english
    assert status == 200
    assert address.endswith(".iso")


def test_what_is_said_of_a_lesson_is_shown_as_text(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, str, str]:
        watch(page)
        page.wait_for_selector("#facts dd")
        return page.inner_text("#facts"), page.inner_text("#meta"), page.inner_text("#description")

    facts, meta, description = browse(scenario)
    for said in ("种植户", "</script><b>", "二等奖", "CC-BY-4.0"):
        assert said in facts
    assert "节水灌溉 2" in meta
    assert "王老师" in meta
    assert description.startswith("讲怎样")


def test_the_lessons_before_and_after_are_one_click_away(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, str]:
        watch(page)
        page.wait_for_selector("#neighbours a")
        before = page.get_attribute("#neighbours .prev", "href") or ""
        after = page.get_attribute("#neighbours .next", "href") or ""
        page.click("#neighbours .next")
        page.wait_for_selector("#neighbours .prev")
        return before, after

    before, after = browse(scenario)
    assert RADIO in before
    assert after == f"watch.html?lesson={WHOLE}&as=file"


@pytest.mark.parametrize("hint", ["&as=file", ""])
def test_a_lesson_without_a_stream_plays_its_file(
    browse: Visit, store: tuple[Path, Catalog], hint: str
) -> None:
    """Without the hint the page asks for a playlist first, which a browser reports as a fault."""
    where = store[0] / "lessons" / WHOLE / "master.m3u8"

    def scenario(page: Page) -> tuple[str, int, bool]:
        page.goto(f"/catalog/watch.html?lesson={WHOLE}{hint}")
        until(page, "p?.entry && p.engine?.constructor.name === 'FileEngine'")
        page.click("#start")
        until(page, "v.currentTime > 0.5 && v.videoHeight > 0")
        failed = page.locator("#player.failed").count() > 0
        return page.evaluate("lessonPlayer.video.currentSrc"), page.locator("tr i").count(), failed

    if not hint:
        where.write_text("not a playlist\n")
    try:
        source, sizes, failed = browse(scenario)
    finally:
        where.unlink(missing_ok=True)
    assert source.endswith(".mp4")
    assert sizes == 0
    assert not failed


def test_a_lesson_that_is_not_there_is_said_so_with_a_way_out(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, str, bool, int]:
        page.goto("/catalog/watch.html?lesson=nosuch")
        until(page, "document.querySelector('#title').textContent.includes('没有')")
        page.click("[data-language=en]")
        shown = page.locator("#player").is_visible()
        english = page.inner_text("#title")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(4500)
        tried = len(asked)
        page.click("#meta a")
        page.wait_for_selector(".card:not(.ghost)")
        return english, page.url, shown, tried

    english, url, shown, tried = browse(scenario, expected="404")
    assert english == "There is no such lesson"
    assert url.endswith("/catalog/index.html")
    assert not shown
    assert tried == 0


def test_a_link_leads_to_a_place_in_the_lesson(browse: Visit) -> None:
    def scenario(page: Page) -> float:
        page.goto(f"/catalog/watch.html?lesson={FILM}&t=8")
        until(page, "p?.entry")
        page.click("#start")
        until(page, "v.currentTime > 8")
        return float(page.evaluate("lessonPlayer.video.currentTime"))

    assert browse(scenario) < 11


def test_the_page_without_scripts_shows_it_all_and_plays_files(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, int, int]:
        page.goto(f"/lessons/{FILM}/index.html")
        words = page.inner_text("body")
        page.goto(f"/lessons/{WHOLE}/index.html")
        video = page.locator("video source").get_attribute("src") or ""
        return (
            words,
            page.request.get(f"/lessons/{WHOLE}/{video}").status,
            page.locator("b").count(),
        )

    words, status, bold = browse(scenario, java_script_enabled=False)
    for said in ("王老师", "滴灌带怎样铺", "DVD 影碟机", "</script><b>", "二等奖"):
        assert said in words
    assert status == 200
    assert bold == 0


def test_json_ld_is_data_the_policy_leaves_alone(browse: Visit) -> None:
    """The scenario fails where the browser reports anything."""

    def scenario(page: Page) -> list[str]:
        page.goto(f"/lessons/{FILM}/index.html")
        script = "JSON.parse(document.querySelector('script').textContent).keywords"
        keywords: list[str] = page.evaluate(script)
        return keywords

    assert browse(scenario) == ["滴灌", "</script><b>"]


def test_a_withdrawn_lesson_is_said_to_be_gone_at_every_old_address(
    browse: Visit, store: tuple[Path, Catalog]
) -> None:
    lesson = "yanan-000000000000"
    folder = store[0] / "lessons" / lesson
    folder.mkdir()
    pointer = Pointer(lesson, 1, "releases/1.json", "0" * 64, 1, void=True)
    (folder / "lesson.json").write_bytes(pointer_json(pointer))
    (folder / "master.m3u8").write_text(withdrawn_playlist().text, encoding="utf-8")
    page_text = withdrawn_page(lesson)
    (store[0] / page_text.path).write_text(page_text.text, encoding="utf-8")

    def scenario(page: Page) -> tuple[str, bool, str, str]:
        page.goto(f"/catalog/watch.html?lesson={lesson}")
        until(page, "document.querySelector('#title').textContent.includes('没有')")
        way_out, player = page.inner_text("#meta a"), page.locator("#player").is_visible()
        page.goto(f"/lessons/{lesson}/index.html")
        said = page.inner_text("h1")
        page.click("a.button")
        page.wait_for_selector(".card:not(.ghost)")
        return way_out, player, said, page.url

    try:
        way_out, player, said, url = browse(scenario)
    finally:
        shutil.rmtree(folder)
    assert "目录" in way_out
    assert not player
    assert said == "课件已撤回"
    assert url.endswith("/catalog/index.html")
