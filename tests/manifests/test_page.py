"""The catalog and the player in a real browser, from a folder as a farm leaves it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from manifests.model import Catalog
from tests.manifests.store import FILM, RADIO, SECONDS
from tests.manifests.visiting import Visit, catalog, needs_browser, titles, until, watch

pytestmark = needs_browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NO_MSE = "for (const name of ['MediaSource', 'ManagedMediaSource']) delete globalThis[name]"


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

    assert browse(scenario) == ("45 个课件", "45 lessons", "45 lessons", "en")


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


def test_a_courses_discs_can_be_downloaded(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[bool, list[str], list[bytes], int]:
        catalog(page, "#course=节水灌溉")
        lines = page.locator("#course-head li")
        hidden = not lines.first.is_visible()
        page.click("#course-head summary")
        links = page.locator("#course-head li a").all()
        fetched = [
            page.request.get(f"/catalog/{link.get_attribute('href')}").body() for link in links
        ]
        said = lines.all_inner_texts()
        page.select_option("#course", "油茶")
        return hidden, said, fetched, page.locator("#course-head li").count()

    hidden, said, fetched, others = browse(scenario)
    assert hidden
    assert said == [
        "DVD 影碟 1/2 5 B · 盘面",
        "DVD 影碟 2/2 5 B · 盘面",
        "VCD 影碟 3 B · 轨道表 cue",
    ]
    assert fetched == [b"dvd-1", b"label", b"dvd-2", b"label", b"vcd", b"cue"]
    assert others == 0


@pytest.mark.parametrize("place", ["index.html", f"watch.html?lesson={FILM}"])
def test_a_phone_need_not_scroll_sideways(browse: Visit, place: str) -> None:
    def scenario(page: Page) -> bool:
        page.goto(f"/catalog/{place}")
        page.wait_for_timeout(500)
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert browse(scenario, **PHONE)


def test_courses_are_shown_by_themselves_and_lead_to_their_lessons(browse: Visit) -> None:
    def scenario(page: Page) -> tuple[list[str], str, list[str], str, int]:
        catalog(page)
        page.click("[data-view=courses]")
        names = titles(page)
        page.click(".card:has-text('节水灌溉')")
        head = page.inner_text("#course-head")
        href = page.get_attribute("#course-head a", "href") or ""
        feed = page.request.get(f"/catalog/{href}").status
        return names, head, titles(page), page.url, feed

    names, head, lessons, url, feed = browse(scenario)
    assert "节水灌溉" in names
    assert len(names) == len(set(names))
    assert "3 讲 · 0:36" in head
    assert [title[:4] for title in lessons] == ["村村响：", "节水灌溉", "节水灌溉"]
    assert "#course=" in url
    assert feed == 200


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
