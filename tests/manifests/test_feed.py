"""The feed, as an XML reader and a podcast player see it."""

from dataclasses import replace
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest

from manifests.feed import feed_xml
from manifests.model import Catalog
from tests.manifests.test_releases import ENTRY

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
URL = "https://lessons.example.org/store"


def items(*entries: object) -> list[ElementTree.Element]:
    text = feed_xml(Catalog(1, None, entries), URL).text  # type: ignore[arg-type]
    return ElementTree.fromstring(text.encode()).findall("channel/item")


def test_an_item_says_what_podcast_players_need() -> None:
    (item,) = items(ENTRY)
    enclosure = item.find("enclosure")
    assert item.findtext("title") == ENTRY.title
    assert item.findtext("link") == f"{URL}/catalog/watch.html?lesson={ENTRY.lesson}"
    assert item.findtext(f"{ITUNES}duration") == "61"
    assert item.findtext("guid") == f"{ENTRY.lesson}/3"
    assert parsedate_to_datetime(item.findtext("pubDate") or "").isoformat() == ENTRY.published
    assert enclosure is not None
    assert ENTRY.enclosure is not None
    assert enclosure.attrib == {
        "url": f"{URL}/{ENTRY.enclosure.path}",
        "length": "480000",
        "type": "audio/mp4",
    }


def test_without_a_file_to_fetch_there_is_the_link() -> None:
    (item,) = items(replace(ENTRY, enclosure=None))
    assert item.find("enclosure") is None
    assert item.findtext("link")


def test_newest_come_first_whether_or_not_they_say_the_hour() -> None:
    dates = ["2024-05-01", "2024-05-03T08:00:00+08:00", "2024-05-02"]
    entries = [replace(ENTRY, lesson=f"a-{n}", published=date) for n, date in enumerate(dates)]
    assert [item.findtext("guid") for item in items(*entries)] == ["a-1/3", "a-2/3", "a-0/3"]


def test_without_an_address_links_are_relative_to_the_feed() -> None:
    text = feed_xml(Catalog(1, None, (ENTRY,))).text
    assert "http" not in text.replace("http://www.itunes.com", "").replace("http://www.w3.org", "")
    assert f"../catalog/watch.html?lesson={ENTRY.lesson}" in text


@pytest.mark.parametrize("title", ["]]>", "<script>", "a\x00b\ufffe", "&#x202e;\u202e", "-i"])
def test_titles_stay_text(title: str) -> None:
    (item,) = items(replace(ENTRY, title=title, course=title))
    assert item.findtext("title") == "".join(c for c in title if c.isprintable() and c != "\ufffe")
    assert [child.tag for child in item] == [child.tag for child in items(ENTRY)[0]]
