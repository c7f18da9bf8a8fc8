"""The feed, as an XML reader and a podcast player see it."""

import re
from dataclasses import replace
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest

from manifests.feed import NEWEST, course_feeds, course_slug, feed_xml
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


# --- a feed for each course ----------------------------------------------------------------------

PODCAST = "{https://podcastindex.org/namespace/1.0}"


def test_each_course_has_a_feed_in_its_order() -> None:
    entries = (
        replace(ENTRY, lesson="a-1", number=2, published="2024-05-01"),
        replace(ENTRY, lesson="a-2", number=10, published="2024-05-02"),
        replace(ENTRY, lesson="a-3", number=1, published="2024-05-03"),
        replace(ENTRY, lesson="a-4", number=None, published="2024-05-04"),
        replace(ENTRY, lesson="a-5", course="Office 入门"),
        replace(ENTRY, lesson="a-6", course=None),
    )
    office, garden = course_feeds(Catalog(1, None, entries), URL)
    assert office.path == f"catalog/feeds/{course_slug('Office 入门')}.xml"
    channel = ElementTree.fromstring(garden.text.encode()).find("channel")
    assert channel is not None
    assert channel.findtext("title") == ENTRY.course
    assert channel.findtext(f"{ITUNES}type") == "serial"
    order = [item.findtext("guid") for item in channel.findall("item")]
    assert order == ["a-3/3", "a-1/3", "a-2/3", "a-4/3"]
    assert channel.findall("item")[0].findtext(f"{ITUNES}episode") == "1"


def test_an_item_leads_to_its_chapters_speaker_and_picture() -> None:
    details = f"lessons/{ENTRY.lesson}/media/details-0a1b2c3d4e5f.json"
    (item,) = items(replace(ENTRY, chapters=4, details=details, speaker="王老师"))
    chapters = item.find(f"{PODCAST}chapters")
    assert chapters is not None
    assert chapters.attrib == {"url": f"{URL}/{details}", "type": "application/json+chapters"}
    assert item.findtext(f"{ITUNES}author") == "王老师"
    image = item.find(f"{ITUNES}image")
    assert image is not None
    assert image.get("href") == f"{URL}/{ENTRY.poster}"
    assert items(ENTRY)[0].find(f"{PODCAST}chapters") is None


def test_slugs_are_addresses_that_are_not_cached_for_ever() -> None:
    names = ("Office 入门", "办公软件入门", "../../etc", "a" * 300, "<script>", "", "OFFICE 入门")
    slugs = [course_slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    for slug in slugs:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
        assert len(slug) <= 60
        assert not re.search(r"-[0-9a-f]{12}$", slug)
    assert slugs[0].startswith("office-")


def test_a_relative_course_feed_finds_its_way_up() -> None:
    (feed,) = course_feeds(Catalog(1, None, (ENTRY,)))
    assert f"../../catalog/watch.html?lesson={ENTRY.lesson}" in feed.text
    assert "../../lessons/" in feed.text


def test_the_catalogs_own_feed_ends_with_the_newest() -> None:
    entries = tuple(
        replace(ENTRY, lesson=f"base-{n:012}", published=f"{2000 + n % 20}-01-01")
        for n in range(NEWEST + 40)
    )
    found = [parsedate_to_datetime(one.findtext("pubDate") or "").year for one in items(*entries)]
    assert len(found) == NEWEST
    assert found == sorted(found, reverse=True)
    left_out = sorted(2000 + n % 20 for n in range(NEWEST + 40))[:40]
    assert min(found) >= max(left_out)
