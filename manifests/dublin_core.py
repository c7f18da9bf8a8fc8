"""A lesson as simple Dublin Core, the record every OAI-PMH harvester reads.

The fifteen elements and no others: the `oai_dc` schema allows none of `dcterms` among them.
https://www.openarchives.org/OAI/openarchivesprotocol.html#dublincore
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from xml.etree import ElementTree

from manifests.durations import iso_duration
from manifests.entries import CATEGORIES
from manifests.media import content_hash
from manifests.model import About, Product, Text
from manifests.plain import plain

OAI = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"


def dublin_core(
    lesson: str,
    about: About,
    products: Sequence[Product],
    *,
    duration: Fraction,
    languages: Sequence[str],
    published: str,
) -> Text:
    """`media/dublin-core-<hash>.xml`. `duration`: seconds; `published`: ISO 8601."""
    for prefix, name in (("oai_dc", OAI), ("dc", DC), ("xsi", _XSI)):
        ElementTree.register_namespace(prefix, name)
    root = ElementTree.Element(f"{{{OAI}}}dc", {f"{{{_XSI}}}schemaLocation": f"{OAI} {_SCHEMA}"})
    spoken = (about.language,) if about.language else tuple(languages)
    for name, text in (
        ("identifier", lesson),
        *_said(about),
        *(("language", one) for one in spoken),
        ("date", about.recorded or published),
        ("type", "Sound" if about.category == "audio" else "MovingImage"),
        ("format", iso_duration(duration)),
        *(("format", one) for one in _types(products)),
    ):
        shown = plain(text)
        if shown:
            ElementTree.SubElement(root, f"{{{DC}}}{name}").text = shown
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
    return Text(
        path=f"media/dublin-core-{content_hash(text)}.xml", type="application/xml", text=text
    )


def _types(products: Sequence[Product]) -> Iterator[str]:
    """Media types of what plays; labels and lists of contents are not the lesson."""
    files = (file for product in products for file in product.files)
    yield from dict.fromkeys(file.object.type for file in files if file.role.startswith("main"))


def _said(about: About) -> Iterator[tuple[str, str]]:
    chinese, english = CATEGORIES[about.category]
    yield "title", about.title
    if about.speaker:
        yield "creator", about.speaker
    yield "publisher", about.base
    if about.description:
        yield "description", about.description
    if about.audience:
        yield "description", f"适用对象 Audience: {about.audience}"
    for award in about.awards:
        yield "description", f"获奖 Award: {award}"
    yield "subject", f"{chinese} {english}"
    for keyword in about.keywords:
        yield "subject", keyword
    if about.course:
        place = f" {about.number}" if about.number else ""
        yield "relation", f"{about.course}{place}"
    if about.licence:
        yield "rights", about.licence
