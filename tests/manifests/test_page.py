"""The catalog and the player in a real browser, from a folder as a farm leaves it."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from manifests.model import Catalog
from tests.browser.player import FLAGS
from tests.manifests.store import FILM, RADIO, SECONDS, make_store
from tests.tools.web import serve

ROOT = Path(__file__).parents[2]
HLS = ROOT / "node_modules/hls.js/dist/hls.min.js"
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and HLS.is_file()), reason="needs chromium and `npm ci`"
)
Visit = Callable[[Callable[[Page], Any]], Any]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NO_MSE = "for (const name of ['MediaSource', 'ManagedMediaSource']) delete globalThis[name]"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Catalog]:
    folder = tmp_path_factory.mktemp("store")
    return folder, make_store(folder, extra=30, hls_js=HLS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browse(store: tuple[Path, Catalog]) -> Iterator[Callable[..., Any]]:
    """`browse(scenario, **context)`: a fresh visitor; faults of the page fail the test.

    Playwright keeps an event loop running in its thread, so it gets one of its own.
    """
    with serve(store[0]) as url, ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        browser = thread.submit(
            playwright.chromium.launch, executable_path=CHROMIUM, args=list(FLAGS)
        ).result()

        def visit(scenario: Callable[[Page], Any], script: str = "", **options: Any) -> Any:
            context = browser.new_context(base_url=url, **options)
            if script:
                context.add_init_script(script)
            page = context.new_page()
            page.set_default_timeout(20_000)
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if said.type == "error" else 0)
            page.on(
                "request",
                lambda asked: (
                    asked.url.startswith((url, "blob:", "data:")) or faults.append(asked.url)
                ),
            )
            try:
                result = scenario(page)
            finally:
                context.close()
            assert faults == []
            return result

        yield lambda *args, **options: thread.submit(visit, *args, **options).result()
        thread.submit(browser.close).result()
        thread.submit(playwright.stop).result()


def catalog(page: Page, query: str = "") -> None:
    page.goto(f"/catalog/index.html{query}")
    page.wait_for_selector(".card:not(.ghost)")


def watch(page: Page, lesson: str = FILM) -> None:
    page.goto(f"/catalog/watch.html?lesson={lesson}")
    until(page, "document.querySelector('#title').textContent.trim() !== ''")


def titles(page: Page) -> list[str]:
    return page.locator(".card h3").all_text_contents()


def until(page: Page, condition: str) -> None:
    """Wait for something of the player `p` or its video `v`.

    Playwright's own waiting evaluates a text inside the page, which the page's policy forbids.
    """
    script = f"() => {{ const p = globalThis.lessonPlayer, v = p?.video; return {condition}; }}"
    for _ in range(400):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


# --- the catalog ---------------------------------------------------------------------------------


def test_cards_come_as_one_scrolls(browse: Visit, store: tuple[Path, Catalog]) -> None:
    def scenario(page: Page) -> tuple[int, int]:
        catalog(page)
        first = page.locator(".card").count()
        page.mouse.wheel(0, 20_000)
        until(page, "document.querySelector('#more').hidden")
        return first, page.locator(".card").count()

    first, all_of_them = browse(scenario)
    assert first < all_of_them == len(store[1].lessons)


def test_search_narrows_as_one_types_and_survives_back(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], list[str], str]:
        catalog(page)
        page.fill("#query", "湘潭 支部")
        found = titles(page)
        page.click(".card")
        page.wait_for_selector("#player")
        page.go_back()
        page.wait_for_selector(".card:not(.ghost)")
        return found, titles(page), page.input_value("#query")

    found, again, query = browse(scenario)
    assert found
    assert all("湘江岸边的支部书记" in title for title in found)
    assert again == found
    assert query == "湘潭 支部"


def test_filters_by_category_base_and_course(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], list[str], list[str]]:
        catalog(page)
        page.click("[data-category=computer].chip")
        kinds = page.locator(".card .kind").all_text_contents()
        bases = page.locator("#base option").all_text_contents()
        page.select_option("#course", "办公软件入门")
        return kinds, bases, titles(page)

    kinds, bases, course = browse(scenario)
    assert set(kinds) == {"计算机课件"}
    assert bases == ["全部", "湖南农业大学"]
    assert [title.split()[1] for title in course] == sorted(
        (title.split()[1] for title in course), key=int
    )


def test_the_language_changes_without_a_reload_and_is_remembered(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, str, str, str]:
        catalog(page)
        before = page.inner_text("#count")
        page.evaluate("globalThis.same = true")
        page.click("[data-language=en]")
        after = page.inner_text("#count")
        assert page.evaluate("globalThis.same")
        page.reload()
        page.wait_for_selector(".card:not(.ghost)")
        return before, after, page.inner_text("#count"), page.get_attribute("html", "lang") or ""

    assert browse(scenario) == ("44 个课件", "44 lessons", "44 lessons", "en")


def test_a_hostile_title_is_text(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, int]:
        catalog(page, "#q=Drip")
        return page.inner_text(".card h3"), page.locator("h3 b").count()

    assert browse(scenario) == ("节水灌溉 · Drip irrigation <b>&amp; evil</b>", 0)


def test_what_is_not_found_is_said_with_a_way_out(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, int]:
        page.goto("/catalog/index.html#q=zzz")
        page.wait_for_selector("#message:not([hidden])")
        said = page.inner_text("#message strong")
        page.click("#message button")
        return said, page.locator(".card").count()

    said, cards = browse(scenario)
    assert said == "没有找到课件"
    assert cards > 0


@pytest.mark.parametrize("place", ["index.html", f"watch.html?lesson={FILM}"])
def test_a_phone_need_not_scroll_sideways(browse: Visit, place: str) -> None:
    def scenario(page: Page) -> bool:
        page.goto(f"/catalog/{place}")
        page.wait_for_timeout(500)
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert browse(scenario, **PHONE)


# --- the player ----------------------------------------------------------------------------------


def test_a_lesson_plays_to_its_end(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[float, int, int]:
        watch(page)
        page.click("#start")
        until(page, "v.currentTime > 1")
        page.evaluate("lessonPlayer.seek(9.5)")
        until(page, "v.ended")
        video = "lessonPlayer.video"
        return (
            page.evaluate(f"{video}.duration"),
            page.evaluate(f"{video}.webkitAudioDecodedByteCount"),
            page.evaluate(f"{video}.getVideoPlaybackQuality().totalVideoFrames"),
        )

    duration, sound, pictures = browse(scenario)
    assert duration == pytest.approx(SECONDS, abs=0.1)
    assert sound > 10_000
    assert pictures > 50


def test_nothing_of_the_lesson_is_fetched_before_play(browse: Visit) -> None:
    def scenario(page: Page) -> list[str]:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        watch(page)
        page.wait_for_timeout(800)
        return [url for url in asked if url.endswith((".m4s", ".mp4"))]

    assert browse(scenario) == []


def test_qualities_are_offered_with_what_they_cost_and_can_be_chosen(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], list[str]]:
        watch(page)
        page.click("#start")
        until(page, "v.currentTime > 0.5 && p.engine.tracks().length")
        page.click("#quality summary")
        offered = page.locator("#quality button bdi").all_text_contents()
        costs = page.locator("#quality button small").all_text_contents()[1:]
        page.click("#quality button:has-text('90p')")
        until(page, "v.videoHeight === 90 && v.currentTime > 1")
        return offered, costs

    offered, costs = browse(scenario)
    assert offered == ["自动", "180p", "90p", "仅声音"]
    assert all(cost.endswith(" MB/小时") for cost in costs)


def test_sound_alone_goes_on_from_the_same_place_and_back(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], float]:
        watch(page)
        page.click("#start")
        until(page, "v.currentTime > 1 && p.engine.tracks().length")
        page.evaluate("lessonPlayer.setQuality('sound')")
        asked: list[str] = []
        page.wait_for_timeout(300)
        page.on("request", lambda request: asked.append(request.url))
        until(
            page, "p.root.classList.contains('audio-only') && v.readyState > 2 && v.currentTime > 2"
        )
        alone = [url for url in asked if "180p" in url or "90p" in url]
        page.evaluate("lessonPlayer.setQuality(null)")
        until(page, "v.videoHeight > 0 && v.readyState > 2 && v.currentTime > 2")
        return alone, float(page.evaluate("lessonPlayer.video.currentTime"))

    alone, time = browse(scenario)
    assert alone == []
    assert 2 < time < SECONDS


def test_captions_and_sound_tracks_can_be_chosen(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], list[str]]:
        watch(page)
        page.click("#start")
        until(page, "p.engine.tracks().length && p.engine.captions().length")
        page.click("#captions summary")
        page.click("#captions button:has-text('中文字幕')")
        until(
            page,
            "[...v.textTracks].some((t) => t.activeCues?.[0]?.text === '第一课')",
        )
        page.evaluate("lessonPlayer.engine.track = 1")
        until(page, "p.engine.track === 1")
        names = page.evaluate("lessonPlayer.engine.tracks().map((track) => track.name)")
        page.keyboard.press("c")
        until(page, "p.engine.caption === -1")
        return names, page.locator("#captions bdi").all_text_contents()

    names, captions = browse(scenario)
    assert names == ["普通话", "English"]
    assert captions == ["关闭", "中文字幕"]


def test_a_thumbnail_shows_the_place_under_the_pointer(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[str, str, str]:
        watch(page)
        box = page.locator("#seek").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
        until(page, "document.querySelector('#tile').style.backgroundImage")
        tile = "document.querySelector('#tile').style"
        image = page.evaluate(f"{tile}.backgroundImage")
        return image, page.evaluate(f"{tile}.backgroundPosition"), page.inner_text("#preview-time")

    image, position, time = browse(scenario)
    assert "sheet-" in image
    assert position == "0px -90px"
    assert time == "0:07"


def test_keys_and_speed(browse: Visit) -> None:
    def scenario(page: Page) -> None:
        watch(page)
        page.keyboard.press("k")
        until(page, "v.currentTime > 0.3")
        page.keyboard.press("l")
        until(page, "v.currentTime > 10")
        page.keyboard.press("ArrowLeft")
        until(page, "v.currentTime < 8")
        page.keyboard.press(">")
        until(page, "v.playbackRate === 1.25")
        page.keyboard.press("m")
        until(page, "v.muted")
        page.keyboard.press(" ")
        until(page, "v.paused")

    browse(scenario)


def test_it_resumes_where_one_stopped(browse: Visit) -> None:
    """The player is told of a longer film: so near the end of this one it would start over."""

    def scenario(page: Page) -> tuple[float, str]:
        watch(page)
        page.evaluate(f"localStorage.setItem('position:{FILM}', JSON.stringify({{time: 10.6}}))")
        page.reload()
        until(page, "p && p.entry")
        page.evaluate("Object.defineProperty(lessonPlayer, 'length', {get: () => 60})")
        page.click("#start")
        until(page, "v.currentTime >= 10.5")
        time = float(page.evaluate("lessonPlayer.video.currentTime"))
        said = page.inner_text("#notice")
        page.click("#notice button")
        until(page, "v.currentTime < 3")
        return time, said

    time, said = browse(scenario)
    assert time >= 10.5
    assert "从 0:11 继续" in said


def test_the_place_is_remembered_and_forgotten_at_the_end(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[object, object]:
        watch(page)
        page.evaluate("lessonPlayer.seek(10.5)")
        until(page, "v.currentTime > 10.5")
        page.evaluate("lessonPlayer.video.pause()")
        page.wait_for_timeout(100)
        kept = page.evaluate(f"JSON.parse(localStorage.getItem('position:{FILM}'))")
        page.evaluate("lessonPlayer.play()")
        until(page, "v.ended")
        page.wait_for_timeout(100)
        return kept, page.evaluate(f"localStorage.getItem('position:{FILM}')")

    kept, after = browse(scenario)
    assert kept in ({"time": 11}, {"time": 12})
    assert after is None


def test_without_mse_the_browser_plays_by_itself(browse: Visit) -> None:
    def scenario(page: Page) -> str:
        watch(page)
        page.click("#start")
        until(page, "v.currentTime > 0.5")
        return str(
            page.evaluate(
                "lessonPlayer.engine.constructor.name + ' ' + lessonPlayer.video.currentSrc"
            )
        )

    played = browse(scenario, script=NO_MSE)
    assert played.startswith("NativeEngine ")
    assert played.endswith("/master.m3u8")


def test_an_audio_programme_plays(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[int, bool]:
        watch(page, RADIO)
        page.click("#start")
        until(page, "v.currentTime > 1")
        shown = page.locator("#player.audio-only").count() == 1
        return page.evaluate("lessonPlayer.video.webkitAudioDecodedByteCount"), shown

    sound, shown = browse(scenario)
    assert sound > 1000
    assert shown


@pytest.mark.parametrize("lesson", ["", "..%2F..%2Fx", "javascript:alert(1)", "%3Cscript%3E"])
def test_a_lesson_that_cannot_be_is_said(browse: Visit, lesson: str) -> None:
    def scenario(page: Page) -> str:
        watch(page, lesson)
        return page.inner_text("#title")

    assert browse(scenario) == "没有这个课件"
