"""The page on a data disc, opened from a folder as a disc is, without a network."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Page

from encoders.artifact import finish, publish
from encoders.datadisc import make_data_disc
from encoders.product import Chapter
from encoders.tasks import Artifact, Caption
from farm.disc.datadisc import CD, Captions, DiscLesson, Media, data_disc_tasks
from tests.browser.player import Chromium
from tests.media import lecture, picture, tone
from tests.tools.programs import run

SECONDS = 4
TRIMMED = Fraction(1, 2)
"""Seconds of dead air the file of sound lacks."""
NASTY = "</script><script>document.title='taken'</script> 水稻育秧 & \"<b>栽培</b>\""


@dataclass(frozen=True, slots=True)
class Course:
    content: Path
    """The disc's files, as another program takes them from the image."""

    @property
    def url(self) -> str:
        return (self.content / "index.html").as_uri()


def jpeg(folder: Path, number: int) -> Artifact:
    part = folder / "picture.jpg"
    picture(number * 50, (320, 180)).to_image().save(part, "JPEG")
    return publish(part, folder, f"picture-{number}", "jpg", "image/jpeg")


def sound(folder: Path) -> Artifact:
    part = folder / "sound.mp3"
    samples = tone()(SECONDS * 48_000)
    with av.open(str(part), "w") as container:
        stream = container.add_stream("libmp3lame", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
        frame.rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return publish(part, folder, "sound", "mp3", "audio/mpeg")


def lesson(folder: Path, title: str, *, full: bool) -> DiscLesson:
    made = lecture(folder / "video.mp4", seconds=SECONDS, sound=tone())
    video = publish(made, folder, "video", "mp4", "video/mp4")
    cues = (
        Caption(Fraction(1, 2), Fraction(3, 2), "第一句"),
        Caption(Fraction(2), Fraction(3), "<b>第二句</b>\nsecond"),
    )
    text = finish(folder, "text", "vtt", b"WEBVTT\n", "text/vtt")
    chapters = tuple(Chapter(Fraction(2 * n), f"第{n + 1}节", jpeg(folder, n)) for n in range(2))
    return DiscLesson(
        title=title,
        base="松原基地",
        speaker="王教授",
        description="从选种到移栽。",
        category="agriculture",
        duration=Fraction(SECONDS),
        videos=(Media(video, "MP4 · 320×180"),),
        audios=(Media(sound(folder), "MP3", TRIMMED),) if full else (),
        captions=(Captions("zh-CN", "中文", text, cues),) if full else (),
        chapters=chapters if full else (),
        poster=jpeg(folder, 7) if full else None,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("disc")
    lessons = (lesson(inputs, NASTY, full=True), lesson(inputs, "第二课：移栽?", full=False))
    (task,) = data_disc_tasks(
        "水稻栽培技术",
        lessons,
        name="datadisc",
        label="RICE",
        capacity=CD,
        inputs=str(inputs),
        folder=str(folder),
    )
    image = make_data_disc(task, lambda _: None).files[0].file.name
    content = folder / "光盘"
    command = ["xorriso", "-osirrox", "on", "-indev", folder / image, "-extract", "/", content]
    run(command).ok()
    return Course(content)


@pytest.fixture
def seen() -> Iterator[list[str]]:
    """Every address asked for; all must be files."""
    addresses: list[str] = []
    yield addresses
    assert addresses
    assert [one for one in addresses if not one.startswith(("file:", "data:"))] == []


def offline(page: Page, seen: list[str]) -> None:
    page.context.set_offline(True)
    page.on("request", lambda request: seen.append(request.url))
    page.reload()


def until(page: Page, condition: str) -> None:
    """Playwright's own waiting evaluates text, which the page's policy forbids."""
    page.evaluate(
        f"""() => new Promise((done, failed) => {{
          const since = Date.now();
          const look = () => {{
            if ({condition}) done();
            else if (Date.now() - since > 20000) failed(new Error('not within 20 s'));
            else setTimeout(look, 50);
          }};
          look();
        }})"""
    )


PLAY = """async () => {
  const video = document.querySelector('video');
  const heard = [];
  for (const name of ['error', 'stalled', 'ended']) {
    video.addEventListener(name, () => heard.push(name));
  }
  const cues = [];
  video.textTracks[0].addEventListener('cuechange', event => {
    for (const cue of event.target.activeCues) cues.push(cue.getCueAsHTML().textContent);
  });
  video.muted = true;
  await video.play();
  await new Promise(done => video.addEventListener('ended', done));
  return {heard, cues, frames: video.getVideoPlaybackQuality().totalVideoFrames,
          at: video.currentTime, mode: video.textTracks[0].mode,
          trouble: document.getElementById('trouble').hidden};
}"""


def test_a_lesson_plays_to_its_end_with_captions(
    chromium: Chromium, course: Course, seen: list[str]
) -> None:
    def play(page: Page) -> Any:
        offline(page, seen)
        return page.evaluate(PLAY)

    played, faults = chromium.on_page(course.url, play)
    assert faults == ()
    assert played["heard"] == ["ended"]
    assert played["cues"] == ["第一句", "第二句\nsecond"]
    assert played["mode"] == "showing"
    assert played["frames"] >= SECONDS * 25 - 2
    assert played["at"] == pytest.approx(SECONDS, abs=0.1)
    assert played["trouble"]


def test_a_chapter_is_jumped_to(chromium: Chromium, course: Course, seen: list[str]) -> None:
    def jump(page: Page) -> Any:
        offline(page, seen)
        page.evaluate("document.querySelector('video').muted = true")
        page.click("#chapters button:has-text('第2节')")
        until(page, "document.querySelector('video').currentTime > 2.1")
        return page.evaluate(
            """() => [document.querySelector('#chapters [aria-current=true]').textContent,
            [...document.querySelectorAll('#chapters img')].map(i => i.naturalWidth)]"""
        )

    (current, widths), faults = chromium.on_page(course.url, jump)
    assert faults == ()
    assert "第2节" in current
    assert widths == [320, 320]


def test_sound_alone_goes_on_where_the_picture_was(
    chromium: Chromium, course: Course, seen: list[str]
) -> None:
    def listen(page: Page) -> Any:
        offline(page, seen)
        page.evaluate("document.querySelector('video').currentTime = 2.5")
        until(page, "!document.querySelector('video').seeking")
        page.click("#listen")
        until(page, "document.querySelector('video').currentTime > 1")
        return page.evaluate(
            "() => { const v = document.querySelector('video');"
            " return [decodeURI(v.src), v.currentTime, v.videoWidth]; }"
        )

    (source, at, width), faults = chromium.on_page(course.url, listen)
    assert faults == ()
    assert source.endswith(".mp3")
    assert at == pytest.approx(2.5 - TRIMMED, abs=0.2)
    assert width == 0


def test_the_next_lesson_opens_and_titles_stay_text(
    chromium: Chromium, course: Course, seen: list[str]
) -> None:
    def look(page: Page) -> Any:
        offline(page, seen)
        first = page.inner_text("#title"), page.title()
        page.click("#next")
        until(page, "document.querySelector('video').duration > 3")
        hidden = [page.is_hidden(name) for name in ("#modes", "#texts", "#parts")]
        return first, page.inner_text("#title"), hidden, page.url

    (first, second, hidden, url), faults = chromium.on_page(course.url, look)
    assert faults == ()
    assert first == (f"1. {NASTY}", "水稻栽培技术")
    assert second == "2. 第二课：移栽?"
    assert hidden == [True, True, True]
    assert url.endswith("index.html#2")


def test_without_scripts_every_lesson_is_a_link(course: Course) -> None:
    """And every address in the page is a file on the disc."""
    page = (course.content / "index.html").read_text("utf-8")
    assert page.count("http://") + page.count("https://") == page.count(
        "http://www.w3.org/2000/svg"
    )
    videos = sorted(path.name for path in course.content.rglob("*.mp4"))
    assert len(videos) == 2
    assert "第二课：移栽？.mp4" in videos


@pytest.mark.parametrize("width", [1280, 420])
def test_it_fits_the_screen(chromium: Chromium, course: Course, width: int, tmp_path: Path) -> None:
    def look(page: Page) -> int:
        page.wait_for_selector("#chapters img")
        shot = Path(os.environ.get("FARM_TEST_SHOTS", tmp_path)) / f"disc-{width}.png"
        page.screenshot(path=shot, full_page=True)
        return int(page.evaluate("document.documentElement.scrollWidth"))

    seen, faults = chromium.on_page(course.url, look, size=(width, 860))
    assert faults == ()
    assert seen <= width
