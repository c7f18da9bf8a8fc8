"""The static pages as files: small, self-contained, nothing inline, everything named by content."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

import manifests.site
from manifests.errors import ManifestError
from manifests.model import Catalog
from manifests.site import site_files
from tests.manifests.store import fetched, make_store
from tests.manifests.test_releases import ENTRY

CATALOG = Catalog(1, None, (ENTRY,))
HLS = "globalThis.Hls = class {};\n//# sourceMappingURL=hls.min.js.map"


def pages() -> dict[str, str]:
    return {text.path: text.text for text in site_files(CATALOG, HLS)}


def test_all_but_the_pages_are_named_by_their_content() -> None:
    files = site_files(CATALOG, HLS)
    assert [text.path for text in files[-2:]] == ["catalog/watch.html", "catalog/index.html"]
    for text in files[:-2]:
        assert f"-{hashlib.sha256(text.text.encode()).hexdigest()[:12]}." in text.path


def test_everything_a_page_or_script_names_is_there() -> None:
    files = pages()
    for name in ("catalog/index.html", "catalog/watch.html"):
        assert {f"catalog/{file}" for file in fetched(files[name])} <= files.keys()
    for path, text in files.items():
        if path.endswith(".js"):
            for imported in re.findall(r'from "\./([^"]+)"', text):
                assert f"catalog/{imported}" in files, path


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for path, text in pages().items():
        if path.endswith(".html"):
            assert not re.search(r"<script(?![^>]*\bsrc=)", text)
            assert not re.search(r"\s(?:on\w+|style)=", text)
            assert "<style" not in text
            policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
            assert policy
            assert "default-src 'none'" in policy[1]
            assert "unsafe" not in policy[1]
        elsewhere = text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", elsewhere), path
        assert "innerHTML" not in text
        assert "sourceMappingURL" not in text


def test_the_page_weighs_under_100_kilobytes_before_the_player(tmp_path: Path) -> None:
    catalog = make_store(tmp_path, extra=85, hls_js=HLS)
    assert len(catalog.lessons) == 100
    index = (tmp_path / "catalog/index.html").read_text(encoding="utf-8")
    names = {"index.html", "catalog.json", "releases/1.json", *fetched(index)}
    assert sum((tmp_path / "catalog" / name).stat().st_size for name in names) < 100_000


def test_pages_carry_no_lessons_but_the_newest_for_browsers_without_script() -> None:
    many = tuple(
        replace(ENTRY, lesson=f"a-{n}", master=f"lessons/a-{n}/x", published=f"2024-01-{n:02}")
        for n in range(1, 32)
    )
    index = site_files(Catalog(1, None, many), HLS)[-1].text
    inside = index[index.index("<noscript>") : index.index("</noscript>")]
    assert inside.count("<li>") == manifests.site.NEWEST
    assert index.count(ENTRY.title) == manifests.site.NEWEST
    assert "a-31/" in inside
    assert "a-1/" not in inside


def test_a_missing_player_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests.site, "_VENDORED", Path("nowhere/hls.min.js"))
    with pytest.raises(ManifestError, match="make setup"):
        site_files(CATALOG)
