"""What visitors of the catalog do in tests."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.manifests.store import FILM

HLS = Path(__file__).parents[2] / "node_modules/hls.js/dist/hls.min.js"
CHROMIUM = shutil.which("chromium")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and HLS.is_file()), reason="needs chromium and `npm ci`"
)
Visit = Callable[..., Any]
"""`browse(scenario, **context)`; see conftest."""


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
