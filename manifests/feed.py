"""The catalog as podcast feeds: RSS 2.0 with the iTunes and podcast namespaces."""

import hashlib
import heapq
import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree

from manifests.addresses import watch_address
from manifests.details import CHAPTERS_TYPE
from manifests.entries import CATEGORIES
from manifests.model import Catalog, CatalogEntry, Text
from manifests.plain import plain

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_ATOM = "http://www.w3.org/2005/Atom"
_PODCAST = "https://podcastindex.org/namespace/1.0"
TITLE = "课件目录 · Lessons"
_ABOUT = "远程教育课件，来自各制作基地。Lessons from the production bases."
FEEDS = "catalog/feeds/"
NEWEST = 500
"""Lessons in the catalog's own feed: readers ask for it again and again, and keep what they saw."""


@dataclass(frozen=True, slots=True)
class _Channel:
    path: str
    """Of the feed, relative to the store."""
    title: str
    link: str
    description: str
    kind: str
    """`episodic`: newest first; `serial`: in the order of the course."""
    base: str
    """The store's address, or the way up to it from the feed."""


def feed_xml(catalog: Catalog, url: str | None = None, title: str = TITLE) -> Text:
    """`catalog/feed.xml`: the newest lessons, newest first; `course_feeds` have every one.

    `url`: where the store is seen from outside, e.g. `https://lessons.example.org/`; podcast
    players need it. Without it addresses are relative to the feed, which browsers follow.
    """
    base = _base(url, "../")
    channel = _Channel(
        path="catalog/feed.xml",
        title=title,
        link=f"{base}catalog/index.html",
        description=_ABOUT,
        kind="episodic",
        base=base,
    )
    newest = heapq.nlargest(NEWEST, catalog.lessons, key=lambda one: (_moment(one), one.lesson))
    return _feed(channel, newest)


def course_feeds(catalog: Catalog, url: str | None = None) -> tuple[Text, ...]:
    """`catalog/feeds/<slug>.xml`, one a course, lessons in the course's order; see `feed_xml`."""
    courses: dict[str, list[CatalogEntry]] = {}
    for entry in catalog.lessons:
        if entry.course and plain(entry.course):
            courses.setdefault(plain(entry.course), []).append(entry)
    return tuple(_course_feed(name, entries, url) for name, entries in sorted(courses.items()))


def course_slug(course: str) -> str:
    """What is ASCII in the name, for people, and a piece of its hash: equal names, equal slugs.

    Eight digits: with twelve it would look like a name that tells the content, cached for ever.
    """
    name = plain(course)
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall("[a-z0-9]+", letters))[:40].strip("-")
    return f"{words or 'course'}-{digest}"


def in_course_order(entries: list[CatalogEntry]) -> list[CatalogEntry]:
    """By number; those without one after them, by date."""
    return sorted(entries, key=lambda one: (one.number or math.inf, _moment(one), one.lesson))


def _course_feed(course: str, entries: list[CatalogEntry], url: str | None) -> Text:
    base = _base(url, "../../")
    channel = _Channel(
        path=f"{FEEDS}{course_slug(course)}.xml",
        title=course,
        link=f"{base}catalog/index.html#course={quote(course)}",
        description=f"{course}。{_ABOUT}",
        kind="serial",
        base=base,
    )
    return _feed(channel, in_course_order(entries))


def _base(url: str | None, up: str) -> str:
    return up if url is None else f"{url.rstrip('/')}/"


def _feed(about: _Channel, entries: list[CatalogEntry]) -> Text:
    for prefix, name in (("itunes", _ITUNES), ("atom", _ATOM), ("podcast", _PODCAST)):
        ElementTree.register_namespace(prefix, name)
    rss = ElementTree.Element("rss", {"version": "2.0"})
    channel = ElementTree.SubElement(rss, "channel")
    _add(channel, "title", about.title)
    _add(channel, "link", about.link)
    _add(channel, "description", about.description)
    _add(channel, "language", "zh-cn")
    bases = ", ".join(dict.fromkeys(plain(entry.base) for entry in entries)) or about.title
    _add(channel, f"{{{_ITUNES}}}author", bases)
    _add(channel, f"{{{_ITUNES}}}explicit", "false")
    _add(channel, f"{{{_ITUNES}}}type", about.kind)
    ElementTree.SubElement(channel, f"{{{_ITUNES}}}category", {"text": "Education"})
    poster = next((entry.poster for entry in entries if entry.poster), None)
    if poster:
        _image(channel, about.base + quote(poster))
    ElementTree.SubElement(
        channel,
        f"{{{_ATOM}}}link",
        {"href": f"{about.base}{about.path}", "rel": "self", "type": "application/rss+xml"},
    )
    for entry in entries:
        _item(ElementTree.SubElement(channel, "item"), entry, about.base)
    ElementTree.indent(rss)
    body = ElementTree.tostring(rss, encoding="unicode")
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
    return Text(path=about.path, type="application/rss+xml", text=text)


def _item(item: ElementTree.Element, entry: CatalogEntry, base: str) -> None:
    chinese, english = CATEGORIES[entry.category]
    said = (f"{chinese} {english}", entry.base, entry.course, entry.speaker)
    _add(item, "title", entry.title)
    _add(item, "link", watch_address(base, entry))
    _add(item, "description", " · ".join(one for one in said if one))
    _add(item, "category", chinese)
    _add(item, "pubDate", format_datetime(_moment(entry)))
    identity = ElementTree.SubElement(item, "guid", {"isPermaLink": "false"})
    identity.text = f"{entry.lesson}/{entry.release}"
    _add(item, f"{{{_ITUNES}}}author", entry.speaker or entry.base)
    _add(item, f"{{{_ITUNES}}}duration", str(math.ceil(entry.duration)))
    if entry.number:
        _add(item, f"{{{_ITUNES}}}episode", str(entry.number))
    if entry.poster:
        _image(item, base + quote(entry.poster))
    if entry.chapters > 1 and entry.details:
        place = {"url": base + quote(entry.details), "type": CHAPTERS_TYPE}
        ElementTree.SubElement(item, f"{{{_PODCAST}}}chapters", place)
    if entry.enclosure:
        file = entry.enclosure
        ElementTree.SubElement(
            item,
            "enclosure",
            {"url": base + quote(file.path), "length": str(file.size), "type": plain(file.type)},
        )


def _image(parent: ElementTree.Element, address: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ITUNES}}}image", {"href": address})


def _add(parent: ElementTree.Element, tag: str, text: str) -> None:
    """ElementTree escapes; characters XML cannot hold at all are dropped here."""
    ElementTree.SubElement(parent, tag).text = plain(text)


def _moment(entry: CatalogEntry) -> datetime:
    moment = datetime.fromisoformat(entry.published)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
