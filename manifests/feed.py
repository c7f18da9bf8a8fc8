"""The catalog as a podcast feed: RSS 2.0 with the iTunes extension."""

import math
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree

from manifests.entries import CATEGORIES
from manifests.model import Catalog, CatalogEntry, Text
from manifests.plain import plain

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_ATOM = "http://www.w3.org/2005/Atom"
TITLE = "课件目录 · Lessons"


def feed_xml(catalog: Catalog, url: str = "../", title: str = TITLE) -> Text:
    """`catalog/feed.xml`, newest lessons first.

    `url`: where the store is seen from outside, e.g. `https://lessons.example.org/`; podcast
    players need it. Without it addresses are relative to the feed, which browsers follow.
    """
    ElementTree.register_namespace("itunes", _ITUNES)
    ElementTree.register_namespace("atom", _ATOM)
    base = url if url.endswith("/") else f"{url}/"
    rss = ElementTree.Element("rss", {"version": "2.0"})
    channel = ElementTree.SubElement(rss, "channel")
    _add(channel, "title", title)
    _add(channel, "link", f"{base}catalog/index.html")
    _add(channel, "description", "远程教育课件，来自各制作基地。Lessons from the production bases.")
    _add(channel, "language", "zh-cn")
    _add(channel, f"{{{_ITUNES}}}explicit", "false")
    ElementTree.SubElement(channel, f"{{{_ITUNES}}}category", {"text": "Education"})
    ElementTree.SubElement(
        channel,
        f"{{{_ATOM}}}link",
        {"href": f"{base}catalog/feed.xml", "rel": "self", "type": "application/rss+xml"},
    )
    newest = sorted(catalog.lessons, key=lambda one: (_moment(one), one.lesson), reverse=True)
    for entry in newest:
        _item(ElementTree.SubElement(channel, "item"), entry, base)
    ElementTree.indent(rss)
    body = ElementTree.tostring(rss, encoding="unicode")
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
    return Text(path="catalog/feed.xml", type="application/rss+xml", text=text)


def _item(item: ElementTree.Element, entry: CatalogEntry, base: str) -> None:
    chinese, english = CATEGORIES[entry.category]
    about = [f"{chinese} {english}", entry.base, *([entry.course] if entry.course else [])]
    _add(item, "title", entry.title)
    _add(item, "link", f"{base}catalog/watch.html?lesson={quote(entry.lesson)}")
    _add(item, "description", " · ".join(about))
    _add(item, "category", chinese)
    _add(item, "pubDate", format_datetime(_moment(entry)))
    identity = ElementTree.SubElement(item, "guid", {"isPermaLink": "false"})
    identity.text = f"{entry.lesson}/{entry.release}"
    _add(item, f"{{{_ITUNES}}}duration", str(math.ceil(entry.duration)))
    if entry.poster:
        href = base + quote(entry.poster)
        ElementTree.SubElement(item, f"{{{_ITUNES}}}image", {"href": href})
    if entry.enclosure:
        file = entry.enclosure
        ElementTree.SubElement(
            item,
            "enclosure",
            {"url": base + quote(file.path), "length": str(file.size), "type": plain(file.type)},
        )


def _add(parent: ElementTree.Element, tag: str, text: str) -> None:
    """ElementTree escapes; characters XML cannot hold at all are dropped here."""
    ElementTree.SubElement(parent, tag).text = plain(text)


def _moment(entry: CatalogEntry) -> datetime:
    moment = datetime.fromisoformat(entry.published)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
