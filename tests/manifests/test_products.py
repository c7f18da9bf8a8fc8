"""What a release says of its products, chapters and people, and the schema that is published."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from manifests.catalog import catalog_json, read_catalog
from manifests.errors import ManifestError
from manifests.hls import objects_of
from manifests.model import (
    About,
    CaptionFile,
    Chapter,
    Object,
    Offer,
    Product,
    ProductFile,
    Release,
)
from manifests.release import read_release, release_json
from manifests.schemas import schema_texts
from tests.manifests.lessons import lesson, stored
from tests.manifests.test_releases import ENTRY, RELEASE

FILM = stored("film.mp4", 9_000_000, "video/mp4")
SOUND = stored("sound.mp3", 700_000, "audio/mpeg")
LABEL = stored("label.pdf", 50_000, "application/pdf")
PICTURE = stored("chapter.jpg", 9_000, "image/jpeg")
WORDS = stored("captions.vtt", 900, "text/vtt")
ABOUT = About(
    title="温室番茄的滴灌",
    base="衡阳",
    category="agriculture",
    course="设施蔬菜",
    number=2,
    speaker="王老师",
    audience="种植户",
    keywords=("滴灌", "番茄"),
    awards=("二等奖",),
    licence="CC-BY-4.0",
    description="讲怎样用最少的水。",
    language="zh",
    recorded="2006-05",
)


def product(profile: str, *files: Object, **more: Any) -> Product:
    return Product(
        profile=profile,
        kind=profile,
        title=f"{profile} for people",
        title_zh="供大家使用",
        files=tuple(ProductFile("main" if n == 0 else "label", one) for n, one in enumerate(files)),
        duration=Fraction(1503, 25),
        codecs=("H.264", "AAC"),
        languages=("zh",),
        measured={"loudness_lkfs": -16.1, "pcr_gap_ms": 20},
        **{"bit_rate": 1_200_000, **more},
    )


PRODUCTS = (
    product("hls", stored("master.m3u8", 900, "x"), bit_rate=None, behind=12_345_678),
    product("download", FILM, parts={"cells": [1, 2, {"a": None}]}),
    product("audio", SOUND, LABEL),
)
FULL = replace(
    RELEASE,
    entry=replace(
        ENTRY,
        number=2,
        speaker="王老师",
        chapters=2,
        details=f"lessons/{ENTRY.lesson}/media/details-0a1b2c3d4e5f.json",
        offers=(
            Offer("download", f"lessons/{ENTRY.lesson}/{FILM.path}", FILM.size, FILM.type),
            Offer("label", f"lessons/{ENTRY.lesson}/{LABEL.path}", LABEL.size, LABEL.type),
        ),
    ),
    objects=(
        *objects_of(lesson()),
        *(file.object for one in PRODUCTS for file in one.files),
        PICTURE,
        WORDS,
    ),
    products=PRODUCTS,
    chapters=(Chapter(Fraction(0), "开头"), Chapter(Fraction(61, 2), "滴灌带", PICTURE)),
    captions=(CaptionFile("zh", "中文", WORDS),),
    about=ABOUT,
)


def validator(name: str) -> Draft202012Validator:
    texts = {text.path: text.text for text in schema_texts()}
    schema = json.loads(texts[f"catalog/schema/{name}.json"])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("release", [RELEASE, FULL])
def test_a_release_reads_back_and_validates(release: Release) -> None:
    data = release_json(release)
    assert read_release(data) == release
    validator("release-2").validate(json.loads(data))
    assert json.loads(data)["$schema"].endswith("/schema/release-2.json")


def test_a_catalog_reads_back_and_validates() -> None:
    bare = replace(ENTRY, lesson="a-1", master=None, enclosure=None, course=None, poster=None)
    full = replace(FULL.entry, sha256="0a" * 32)
    data = catalog_json((full, bare), 2, 1)
    assert read_catalog(data).lessons == (bare, full)
    assert [one.get("sha256") for one in json.loads(data)["lessons"]] == [None, "0a" * 32]
    validator("catalog-2").validate(json.loads(data))
    assert list(json.loads(data)["courses"]) == ["设施蔬菜"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("products", 1, "files", 0, "sha256"), "x"),
        (("products", 1, "duration"), 60.1),
        (("products", 0, "unknown"), 1),
        (("about", "number"), 0),
        (("about", "category"), "music"),
        (("chapters", 0, "start"), "1/0"),
        (("entry", "offers", 0), ["x"]),
        (("findings",), {}),
    ],
)
def test_the_schema_finds_what_cannot_be_right(place: tuple[Any, ...], value: object) -> None:
    fields = json.loads(release_json(FULL))
    at = fields
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    assert not validator("release-2").is_valid(fields)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f["products"][1].update(files=[]), "at least one file"),
        (lambda f: f["products"][1]["files"][0].update(size=1), "not among the objects"),
        (lambda f: f["products"][1].update(size=1), "'size'"),
        (lambda f: f["products"][1].update(measured={"x": "1"}), "measured"),
        (lambda f: f["products"][1].update(bit_rate=-1), "bit_rate"),
        (lambda f: f["chapters"][1].update(picture="media/none.jpg"), "no object"),
        (lambda f: f["captions"][0].update(path="../x"), "'path'"),
        (lambda f: f["about"].update(keywords="x"), "'keywords'"),
        (lambda f: f["about"].update(category="x"), "category"),
        (lambda f: f["entry"].update(offers=[["dvd", "../x.iso", 1]]), "an offer"),
        (lambda f: f["entry"].update(offers=[["dvd", "x.bin", 1]]), "an offer"),
        (lambda f: f["entry"].update(chapters=-1), "chapters"),
    ],
)
def test_a_release_that_contradicts_itself_is_refused(change: Any, says: str) -> None:
    fields = json.loads(release_json(FULL))
    change(fields)
    with pytest.raises(ManifestError, match=says):
        read_release(json.dumps(fields).encode())


def test_releases_of_the_first_format_are_still_read() -> None:
    """As version 0.1 wrote them."""
    fields = json.loads(release_json(RELEASE))
    folder = f"lessons/{ENTRY.lesson}/"
    for name in ("$schema", "products", "chapters", "captions", "about"):
        del fields[name]
    fields["format"] = "courseware-release-1"
    entry = fields["entry"]
    entry.update(master=f"{folder}master.m3u8", poster=folder + entry["poster"])
    entry["enclosure"]["path"] = folder + entry["enclosure"]["path"]
    read = read_release(json.dumps(fields).encode())
    assert read == RELEASE
    assert read.about is None


def test_the_size_of_a_product_is_that_of_all_of_it() -> None:
    assert PRODUCTS[0].size == 12_345_678 + 900
    assert PRODUCTS[2].size == SOUND.size + LABEL.size
    fields = json.loads(release_json(FULL))
    assert [one["size"] for one in fields["products"]] == [one.size for one in PRODUCTS]
