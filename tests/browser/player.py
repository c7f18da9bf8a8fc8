"""A real Chromium that plays HLS from another origin and counts what it decoded."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

from playwright.sync_api import Browser, Page, sync_playwright

from tests.tools.programs import node_modules
from tests.tools.web import serve

T = TypeVar("T")
Engine = Literal["hls.js", "shaka", "native"]
ENGINES: tuple[Engine, ...] = ("hls.js", "shaka", "native")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # A headless page counts as hidden on a busy machine, and hidden pages play in slow motion.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)


@dataclass(frozen=True, slots=True)
class Playback:
    """What one engine made of one presentation, played from zero to its end."""

    engine: Engine
    duration: float
    """Seconds, as the player sees it."""
    current_time: float
    """Seconds, when it stopped."""
    ended: bool
    frames: int
    """Pictures decoded from zero to the end, shown or not."""
    dropped: int
    """Of these, decoded too late to be shown: says how busy the machine was, nothing else."""
    audio_bytes: int
    video_bytes: int
    """Compressed bytes decoded from zero to the end."""
    levels: tuple[int, ...]
    """Height of every level the engine offers, its own order; () for `native`."""
    visited: tuple[int, ...]
    """Heights of the levels that were selected one by one and really shown."""
    heights: tuple[int, ...]
    """Every picture height seen, ascending."""
    cues: tuple[str, ...]
    """Subtitle texts that became active."""
    errors: tuple[str, ...]
    """Error events of the engine and the media element; fatal ones begin with `fatal `."""
    console: tuple[str, ...]
    """Console errors, uncaught exceptions and failed requests."""

    @property
    def faults(self) -> tuple[str, ...]:
        return self.errors + self.console


class Chromium:
    """One browser for many pages. Every call of Playwright runs in one thread of its own: its
    synchronous face keeps an event loop running, which would be in the way of the tests' thread.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "chromium")
        self._stack = ExitStack()
        self._browser, self._origin = self._do(self._start)

    def _do(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        return self._thread.submit(function, *arguments, **options).result()

    def _start(self) -> tuple[Browser, str]:
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="player-")))
        folder.joinpath("page").symlink_to(Path(__file__).parent)
        folder.joinpath("modules").symlink_to(node_modules())
        origin = self._stack.enter_context(serve(folder))
        driver = self._stack.enter_context(sync_playwright())
        program = os.environ.get("FARM_TEST_CHROMIUM", "/usr/bin/chromium")
        browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        self._stack.callback(browser.close)
        return browser, origin

    def close(self) -> None:
        self._do(self._stack.close)
        self._thread.shutdown()

    def play(
        self,
        master: str,
        engine: Engine = "hls.js",
        *,
        rate: float = 4.0,
        seek: float | None = 0.5,
        visit: bool = False,
        level: int | None = None,
        text: bool = False,
        patience: float = 30.0,
    ) -> Playback:
        """Play `master` (an absolute URL of another origin) from zero to its end.

        Before that, where asked: every level is selected and shown (`visit`), then one is kept
        (`level`, an index of `Playback.levels`), then a jump to the share `seek` of the duration.
        `text` shows the first subtitle track. `rate` is the speed of the counted run: Chromium
        decodes every picture and sample up to 4. AssertionError with the player's state where a
        step takes longer than `patience` seconds.
        """
        options = {
            "url": master,
            "name": engine,
            "rate": rate,
            "seek": seek,
            "visit": visit and engine != "native",
            "level": level if engine != "native" else None,
            "text": text and engine != "native",
            "patience": patience,
        }
        return self._do(self._play, engine, options)

    def _play(self, engine: Engine, options: dict[str, Any]) -> Playback:
        page = self._browser.new_page(viewport={"width": 800, "height": 600})
        console = _listen(page)
        try:
            page.goto(f"{self._origin}/page/player.html")
            outcome = page.evaluate(
                "options => play(options).then(r => ({done: r}), e => ({failed: String(e)}))",
                options,
            )
        finally:
            page.close()
        assert "failed" not in outcome, f"{engine} {options['url']}: {outcome['failed']} {console}"
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in outcome["done"].items()
        }
        return Playback(engine=engine, console=tuple(console), **values)

    def screenshot(
        self,
        url: str,
        picture: Path,
        *,
        size: tuple[int, int] = (1280, 800),
        wait: str | None = None,
        whole: bool = False,
        before: str | None = None,
    ) -> tuple[str, ...]:
        """Write a PNG of the page at `url`; returns its console errors and failed requests.

        `wait` is a CSS selector that must be visible first, `before` is JavaScript run (and
        awaited) on the page first, `whole` takes the page at its full height.
        """
        return self._do(self._screenshot, url, picture, size, wait, whole, before)

    def _screenshot(
        self,
        url: str,
        picture: Path,
        size: tuple[int, int],
        wait: str | None,
        whole: bool,
        before: str | None,
    ) -> tuple[str, ...]:
        def shoot(page: Page) -> None:
            if wait:
                page.wait_for_selector(wait)
            if before:
                page.evaluate(before)
            page.screenshot(path=picture, full_page=whole)

        return self._on_page(url, shoot, size)[1]

    def on_page(
        self, url: str, use: Callable[[Page], T], *, size: tuple[int, int] = (1280, 800)
    ) -> tuple[T, tuple[str, ...]]:
        """Open `url` and hand the page to `use`, in the browser's thread: returns what it returns,
        and the page's console errors and failed requests."""
        return self._do(self._on_page, url, use, size)

    def _on_page(
        self, url: str, use: Callable[[Page], T], size: tuple[int, int]
    ) -> tuple[T, tuple[str, ...]]:
        page = self._browser.new_page(viewport={"width": size[0], "height": size[1]})
        console = _listen(page)
        try:
            page.goto(url)
            return use(page), tuple(console)
        finally:
            page.close()


def _listen(page: Page) -> list[str]:
    """Collects console errors, uncaught exceptions and failed requests of a page."""
    heard: list[str] = []
    page.on(
        "console", lambda message: heard.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: heard.append(f"uncaught: {error}"))
    page.on(
        "requestfailed",
        # A player that changes its mind gives a request up: that is no fault.
        lambda request: (
            heard.append(f"{request.url}: {request.failure}")
            if "ERR_ABORTED" not in str(request.failure)
            else None
        ),
    )
    return heard
