"""What people typed stays text in every format: playlists, JSON, HTML and feed."""

import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from manifests.catalog import catalog_json, read_catalog
from manifests.check import Severity, check
from manifests.errors import ManifestError
from manifests.feed import course_feeds, feed_xml
from manifests.m3u8 import read_multivariant
from manifests.model import Catalog
from manifests.plain import plain
from manifests.release import read_release, release_json
from manifests.site import site_files
from tests.manifests.lessons import lesson, texts_of
from tests.manifests.test_releases import ENTRY, RELEASE

TITLES = (
    "../../etc/passwd",
    "a\x00b",
    "a\r\n#EXTINF:1,\r\nhttp://evil/",
    "-i",
    "concat:/etc/passwd|x",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]>",
    "</noscript><script>x</script>",
    "{{ 7 * 7 }}{% raw %}",
    "课件\u202egnp.exe",
    "\u2066\u2067\u200f\ufeff名",
    "a\u2028b\u2029c\x85d",
    "\ud800",
    "\ufdd0\uffff\U0001fffe",
    "&lt;b&gt;&#x202e;",
)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
DANGEROUS = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f{BIDI}\u2028\u2029\ufeff\ud800-\udfff]")


class Page(HTMLParser):
    """Every element of a page, and the text of every link."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_a_title_is_inert_in_html(title: str) -> None:
    hostile = replace(ENTRY, title=title, base=title, course=title)
    index = site_files(Catalog(1, None, (hostile,)), "")[-1]
    calm = site_files(Catalog(1, None, (ENTRY,)), "")[-1]
    assert index.path == "catalog/index.html"
    assert Page(index.text).tags == Page(calm.text).tags
    assert not DANGEROUS.search(index.text)
    assert plain(title) in ["", *Page(index.text).words]


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_a_title_is_inert_in_json(title: str) -> None:
    hostile = replace(ENTRY, title=title, base=title, course=title)
    for data in (
        release_json(replace(RELEASE, entry=hostile)),
        catalog_json((hostile,), 1, None),
    ):
        assert not DANGEROUS.search(data.decode())
        assert data.count(b"\n") == 1
    shown = plain(title) or ENTRY.lesson
    assert read_catalog(catalog_json((hostile,), 1, None)).lessons[0].title == shown
    assert read_release(release_json(replace(RELEASE, entry=hostile))).entry.title == shown


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_a_title_is_inert_in_the_feed(title: str) -> None:
    hostile = replace(ENTRY, title=title, base=title, course=title)
    catalog = Catalog(1, None, (replace(hostile, speaker=title),))
    for text in (feed_xml(catalog).text, *(feed.text for feed in course_feeds(catalog))):
        assert not DANGEROUS.search(text)
        assert ElementTree.fromstring(text.encode()).findtext("channel/item/title") == plain(title)


@pytest.mark.parametrize("label", TITLES, ids=ascii)
def test_a_label_is_inert_in_playlists(label: str) -> None:
    p = lesson()
    p = replace(
        p,
        audio=(replace(p.audio[0], label=label, language='zh"\n'),),
        subtitles=(replace(p.subtitles[0], label=label),),
    )
    texts = texts_of(p)
    assert not DANGEROUS.search(texts["master.m3u8"])
    assert texts["master.m3u8"].count("\n") == texts_of(lesson())["master.m3u8"].count("\n")
    assert [one for one in check(p, texts) if one.severity is Severity.ERROR] == []


NAMES = ("温室番茄的滴灌", "Résumé – 2", "第 10 课：打印", "𠮷野家", "\U0002ebf0", "讲解\ue5e5")
"""The last two: newer than this Python's Unicode, and of a font's own."""


@pytest.mark.parametrize("label", NAMES, ids=ascii)
def test_a_label_people_use_is_read_back_from_playlists(label: str) -> None:
    p = lesson()
    p = replace(p, audio=(replace(p.audio[0], label=label),))
    texts = texts_of(p)
    assert [one for one in check(p, texts) if one.severity is Severity.ERROR] == []
    assert read_multivariant(texts["master.m3u8"]).media[0]["NAME"] == label


@given(st.characters(exclude_characters='"'))
@example("\ue5e5")
@example("\u0378")
@example("\u202e")
@example("\u2028")
@example("\u3000")
@example("\uffff")
@example("\ud800")
def test_playlists_are_read_with_exactly_the_characters_that_are_written(character: str) -> None:
    name = f"a{character}b"
    kept = plain(name) == unicodedata.normalize("NFC", name)
    playlist = f'#EXTM3U\n#EXT-X-MEDIA:NAME="{name}"\n'
    try:
        read = read_multivariant(playlist).media[0]["NAME"] == name
    except ManifestError:
        read = False
    assert read == kept


@given(st.text())
def test_plain_text_is_one_printable_line_and_stays_so(text: str) -> None:
    shown = plain(text)
    assert not DANGEROUS.search(shown)
    assert "\n" not in shown
    assert plain(shown) == shown
    node = ElementTree.Element("t")
    node.text = shown
    assert (ElementTree.fromstring(ElementTree.tostring(node)).text or "") == shown


@pytest.mark.parametrize("title", NAMES, ids=ascii)
def test_names_of_people_and_places_stay(title: str) -> None:
    assert plain(title) == title
