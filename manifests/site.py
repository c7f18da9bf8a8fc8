"""The catalog's static pages: they carry no lessons, they read `catalog.json` beside them."""

import hashlib
import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from manifests.entries import CATEGORIES
from manifests.errors import ManifestError
from manifests.model import Catalog, CatalogEntry, Text
from manifests.plain import plain

_SITE = Path(__file__).with_name("site")
_VENDORED = _SITE / "vendor" / "hls.min.js"
_SCRIPTS = ("shared.js", "engine.js", "menus.js", "seek.js", "player.js", "index.js", "watch.js")
"""Each after those it imports, so that the names it imports are known."""
_PLAIN = ("icon.svg", "site.css", "watch.css")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
NEWEST = 15
"""Lessons listed for browsers without JavaScript."""
PLACEHOLDERS = 8


def site_files(catalog: Catalog, hls_js: str | None = None) -> tuple[Text, ...]:
    """Pages, styles and scripts, in the order to publish them: pages last.

    `hls_js`: the text of hls.js; None reads the copy that `make setup` puts in place. Paths are
    relative to the store (`catalog/index.html`). All but the two pages are named by their content
    and may be kept for ever. `catalog` is used only for browsers without JavaScript, which are
    shown the newest lessons. Raises ManifestError where hls.js is missing.
    """
    assets = _assets(_vendored() if hls_js is None else hls_js)
    names = {name: Path(text.path).name for name, text in assets.items()}
    pages = (_page("watch.html", catalog, names), _page("index.html", catalog, names))
    return (*assets.values(), *pages)


def _vendored() -> str:
    if not _VENDORED.is_file():
        raise ManifestError(
            "hls.js, the player of the catalog page, is not in place; run `make setup`."
        )
    return _VENDORED.read_text(encoding="utf-8")


@cache
def _assets(hls_js: str) -> Mapping[str, Text]:
    """By plain name; scripts import each other by names that carry the content's hash."""
    texts = {"hls.min.js": _without_map(hls_js)}
    for name in _PLAIN:
        texts[name] = (_SITE / name).read_text(encoding="utf-8")
    assets = {name: _asset(name, text) for name, text in texts.items()}
    for name in _SCRIPTS:
        script = _bare((_SITE / name).read_text(encoding="utf-8"))
        for imported, asset in assets.items():
            script = script.replace(f'"./{imported}"', f'"./{Path(asset.path).name}"')
        assets[name] = _asset(name, script)
    return assets


def _asset(name: str, text: str) -> Text:
    stem, _, extension = name.partition(".")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = f"catalog/{stem}-{digest}.{extension}"
    return Text(path=path, type=_TYPES[Path(name).suffix], text=text)


def _bare(script: str) -> str:
    """Without indentation and lines of comment: lines of our own scripts begin in no text."""
    lines = (line.strip() for line in script.splitlines())
    comment = ("//", "/*", "* ", "*/")
    return "\n".join(line for line in lines if line and not line.startswith(comment))


def _without_map(script: str) -> str:
    """The source map is not published, so nothing should ask for it."""
    lines = [line for line in script.splitlines() if not line.startswith("//# sourceMappingURL=")]
    return "\n".join(lines) + "\n"


@cache
def asset_names() -> Mapping[str, str]:
    """File names in the catalog's folder of what pages without scripts use, by plain name."""
    return {
        name: Path(_asset(name, (_SITE / name).read_text(encoding="utf-8")).path).name
        for name in _PLAIN
    }


def render(template: str, **values: Any) -> str:
    """A page with everything people wrote made plain and escaped."""
    return _environment().get_template(template).render(**values) + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_SITE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )


def _page(name: str, catalog: Catalog, files: Mapping[str, str]) -> Text:
    text = render(
        name,
        files=files,
        categories=CATEGORIES,
        newest=_newest(catalog),
        length=shown_length,
        placeholders=PLACEHOLDERS,
    )
    return Text(path=f"catalog/{name}", type="text/html", text=text)


def _newest(catalog: Catalog) -> list[CatalogEntry]:
    ordered = sorted(catalog.lessons, key=lambda one: (one.published, one.lesson), reverse=True)
    return ordered[:NEWEST]


def shown_length(duration: Fraction) -> str:
    """`duration` in seconds; short ones to the second."""
    if duration < 60:
        return f"{max(1, math.ceil(duration))} 秒 s"
    return f"{math.ceil(duration / 60)} 分钟 min"
