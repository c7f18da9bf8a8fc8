"""A lesson's metadata as other catalogs take it in: Dublin Core, JSON-LD, podcast chapters."""

import json
import re
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from manifests.addresses import checked_url
from manifests.details import details_json
from manifests.dublin_core import DC, OAI, dublin_core
from manifests.durations import iso_duration
from manifests.errors import ManifestError
from manifests.jsonld import in_script, lesson_json_ld
from manifests.lesson_page import lesson_page
from manifests.model import About, Chapter, ProductFile, Text
from tests.manifests.lessons import stored
from tests.manifests.test_hostile_text import DANGEROUS, TITLES, Page
from tests.manifests.test_products import ABOUT, FILM, FULL, PICTURE, PRODUCTS, SOUND
from tests.manifests.test_releases import ENTRY, RELEASE

ELEMENTS = {
    *("title", "creator", "subject", "description", "publisher", "contributor", "date", "type"),
    *("format", "identifier", "source", "language", "relation", "coverage", "rights"),
}
URL = "https://lessons.example.org/kj/"


def record(about: About = ABOUT) -> Text:
    return dublin_core(
        ENTRY.lesson,
        about,
        PRODUCTS,
        duration=ENTRY.duration,
        languages=("zh", "en"),
        published="2024-05-01",
    )


def fields(text: Text) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for node in ElementTree.fromstring(text.text.encode()):
        found.setdefault(node.tag.removeprefix(f"{{{DC}}}"), []).append(node.text)
    return found


def hostile(text: str) -> About:
    return About(
        title=text,
        base=text,
        category="agriculture",
        course=text,
        number=1,
        speaker=text,
        audience=text,
        keywords=(text, text),
        awards=(text,),
        licence=text,
        description=text,
        language=text,
        recorded=text,
    )


def test_dublin_core_has_the_fifteen_elements_and_no_others() -> None:
    text = record()
    root = ElementTree.fromstring(text.text.encode())
    assert root.tag == f"{{{OAI}}}dc"
    assert {node.tag for node in root} <= {f"{{{DC}}}{name}" for name in ELEMENTS}
    found = fields(text)
    assert found["title"] == ["温室番茄的滴灌"]
    assert found["creator"] == ["王老师"]
    assert found["publisher"] == ["衡阳"]
    assert found["subject"] == ["农科片 Agricultural science", "滴灌", "番茄"]
    assert found["relation"] == ["设施蔬菜 2"]
    assert found["rights"] == ["CC-BY-4.0"]
    assert found["language"] == ["zh"]
    assert found["date"] == ["2006-05"]
    assert found["type"] == ["MovingImage"]
    assert found["format"] == ["PT1M", "x", "video/mp4", "audio/mpeg"]
    assert re.fullmatch(r"media/dublin-core-[0-9a-f]{12}\.xml", text.path)


def test_what_is_not_said_is_not_in_the_record() -> None:
    found = fields(record(About("标题", "衡阳", "audio")))
    assert found["type"] == ["Sound"]
    assert found["language"] == ["zh", "en"]
    assert found["date"] == ["2024-05-01"]
    assert not {"creator", "rights", "relation", "description"} & found.keys()


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_texts_are_inert_in_dublin_core(title: str) -> None:
    text = record(hostile(title))
    assert not DANGEROUS.search(text.text)
    tags = [node.tag for node in ElementTree.fromstring(text.text.encode())]
    assert {tag.removeprefix(f"{{{DC}}}") for tag in tags} <= ELEMENTS


def test_json_ld_says_what_a_search_engine_asks_for() -> None:
    value = json.loads(in_script(lesson_json_ld(FULL, URL)))
    assert value["@type"] == ["VideoObject", "LearningResource"]
    assert value["name"] == "温室番茄的滴灌"
    assert value["duration"] == "PT1M"
    assert value["thumbnailUrl"] == URL + str(ENTRY.poster)
    assert value["contentUrl"] == f"{URL}lessons/{ENTRY.lesson}/{FILM.path}"
    assert value["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert value["inLanguage"] == ["zh"]
    assert value["audience"]["audienceType"] == "种植户"
    assert value["isPartOf"]["name"] == "设施蔬菜"
    first, second = value["hasPart"]
    assert (first["startOffset"], first["endOffset"]) == (0, 30.5)
    assert (second["startOffset"], second["endOffset"]) == (30.5, 60.12)
    assert second["url"] == f"{URL}catalog/watch.html?lesson={ENTRY.lesson}&t=30.5"
    assert [one["contentSize"] for one in value["encoding"]] == [
        f"{n} B" for n in (12_346_578, FILM.size, SOUND.size)
    ]


def test_json_ld_of_sound_is_of_sound_and_of_the_first_format_what_is_known() -> None:
    entry = replace(ENTRY, category="audio")
    value = lesson_json_ld(replace(RELEASE, entry=entry), URL)
    assert value["@type"] == ["AudioObject", "LearningResource"]
    assert value["contentUrl"] == URL + str(ENTRY.master)
    assert "license" not in value


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_texts_are_inert_in_a_lessons_page_and_its_json_ld(title: str) -> None:
    chapters = (Chapter(Fraction(0), title), Chapter(Fraction(9), title, PICTURE))
    products = tuple(replace(one, title=title, title_zh=title) for one in PRODUCTS)
    bad = replace(FULL, about=hostile(title), chapters=chapters, products=products)
    calm = replace(FULL, about=hostile("x"), chapters=chapters, products=products)
    page = lesson_page(bad, URL).text
    assert not DANGEROUS.search(page)
    shown = Page(page)
    assert set(shown.tags) <= set(Page(lesson_page(calm, URL).text).tags)
    assert not any(name.startswith("on") for name in shown.attributes)
    (script,) = re.findall("<script[^>]*>(.*?)</script>", page, re.S)
    assert not re.search("[<>&\u2028\u2029]", script)
    assert json.loads(script)["@context"] == "https://schema.org"


def test_a_page_has_nothing_inline_but_data_and_forbids_what_runs() -> None:
    page = lesson_page(FULL).text
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/ld+json">']
    assert "style=" not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "script-src" not in policy[1]
    elsewhere = set(re.findall(r"https?://[a-z.]+", page))
    assert elsewhere == {"https://schema.org", "https://spdx.org"}
    assert f'<link rel="canonical" href="{URL}lessons/' in lesson_page(FULL, URL).text


def test_downloads_have_names_sizes_and_formats_that_tell_them_apart() -> None:
    def file(role: str, name: str, size: int) -> ProductFile:
        return ProductFile(role, stored(name, size, "x/y"))

    files = {
        "dvd": (file("main", "dvd.iso", 3_000_000_000), file("sha256", "dvd.sha256", 87)),
        "vcd": (file("cue", "vcd.cue", 120), file("bin", "vcd.bin", 2_040_000)),
        "broadcast": (file("main 500k", "a.ts", 12_345), file("main 800k", "b.ts", 999_600)),
        "datadisc": (file("main", "disc.iso", 40_000_000),),
    }
    products = tuple(
        replace(PRODUCTS[0], kind=kind, files=found, codecs=() if kind == "datadisc" else ("X",))
        for kind, found in files.items()
    )
    page = lesson_page(replace(FULL, products=products)).text
    rows = [
        " ".join(re.sub("<[^>]*>", " ", row).split())
        for row in re.findall("<tr>(.*?)</tr>", page, re.S)
    ]
    name = f"{PRODUCTS[0].title_zh} {PRODUCTS[0].title}"
    assert rows == [
        f"{name} · 校验 sha256 87 B X 3.0 GB",
        f"{name} · 轨道表 cue 120 B X 2.0 MB",
        f"{name} 500k · 800k 1.0 MB X 12 kB",
        f"{name} ISO 40.0 MB",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [("1/2", "1 秒 s"), ("59", "59 秒 s"), ("60", "1 分钟 min"), ("61", "2 分钟 min")],
)
def test_a_short_lesson_shows_its_seconds(seconds: str, shown: str) -> None:
    entry = replace(FULL.entry, duration=Fraction(seconds))
    assert f"<bdi>{shown}</bdi>" in lesson_page(replace(FULL, entry=entry)).text


@pytest.mark.parametrize("title", TITLES, ids=ascii)
def test_texts_are_inert_in_details(title: str) -> None:
    text = details_json(hostile(title), PRODUCTS, (Chapter(Fraction(1), title),)).text
    assert not DANGEROUS.search(text)
    assert text.count("\n") == 1


def test_details_are_chapters_for_podcast_players() -> None:
    value = json.loads(details_json(ABOUT, PRODUCTS, FULL.chapters, FULL.captions).text)
    assert value["version"] == "1.2.0"
    assert value["chapters"] == [
        {"startTime": 0, "title": "开头"},
        {"startTime": 30.5, "title": "滴灌带", "img": PICTURE.path.removeprefix("media/")},
    ]
    assert value["products"][1]["size"] == FILM.size


@pytest.mark.parametrize(
    ("start", "times"),
    [
        (12.5, [(0, 0, False), (0, 10, None), (18, 30.5, None)]),
        (-2, [(0, 0, None), (12, 10, None), (32.5, 30.5, None)]),
    ],
)
def test_chapters_are_on_the_clock_of_the_sound_that_was_trimmed(
    start: float, times: list[tuple[float, float, bool | None]]
) -> None:
    """`-2`: an ident of two seconds comes first, and belongs to the first chapter."""
    film, *_, audio = PRODUCTS
    both = tuple(replace(one, role=f"main {one.object.path[-3:]}") for one in audio.files)
    trimmed = replace(audio, files=both, measured={"mp3 start_s": start, "pdf start_s": 7})
    chapters = tuple(Chapter(Fraction(str(time)), "章") for time in (30.5, 0, 10))
    value = json.loads(details_json(ABOUT, (film, trimmed), chapters).text)
    found = [(one["startTime"], one["lessonTime"], one.get("toc")) for one in value["chapters"]]
    assert found == times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [("0", "PT0S"), ("1/3", "PT1S"), ("59/1", "PT59S"), ("3600", "PT1H"), ("7384/2", "PT1H1M32S")],
)
def test_durations(seconds: str, text: str) -> None:
    assert iso_duration(Fraction(seconds)) == text


@pytest.mark.parametrize(
    "url",
    ["lessons.example.org", "ftp://x/", "https://", "https://x/?a", 'https://x/"', "https://x/ y"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ManifestError, match=r"lessons\.example\.org"):
        checked_url(url)


def test_an_address_ends_with_one_slash() -> None:
    assert checked_url("http://10.0.0.1:8000//") == "http://10.0.0.1:8000/"
    assert checked_url("https://[::1]:80/kj") == "https://[::1]:80/kj/"
