"""A folder as a farm leaves it, and a browser that visits it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from manifests.model import Catalog
from tests.browser.player import FLAGS
from tests.manifests.store import make_store
from tests.manifests.visiting import CHROMIUM, HLS
from tests.tools.web import serve


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Catalog]:
    folder = tmp_path_factory.mktemp("store")
    return folder, make_store(folder, extra=30, hls_js=HLS.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def browse(store: tuple[Path, Catalog]) -> Iterator[Callable[..., Any]]:
    """`browse(scenario, **context)`: a fresh visitor; faults of the page fail the test, but
    for those that hold `expected`.

    Playwright keeps an event loop running in its thread, so it gets one of its own.
    """
    with serve(store[0]) as url, ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        browser = thread.submit(
            playwright.chromium.launch, executable_path=CHROMIUM, args=list(FLAGS)
        ).result()

        def visit(
            scenario: Callable[[Page], Any],
            script: str = "",
            expected: str | None = None,
            **options: Any,
        ) -> Any:
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
            assert [fault for fault in faults if expected is None or expected not in fault] == []
            return result

        yield lambda *args, **options: thread.submit(visit, *args, **options).result()
        thread.submit(browser.close).result()
        thread.submit(playwright.stop).result()
