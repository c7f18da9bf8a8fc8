"""`farm disc COURSE`: from what is published of a course to discs in a folder."""

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from encoders.vcd import make_vcd
from farm.cli.disc import disc as command
from farm.disc.shelf import Unready, lessons_on_shelf
from farm.disc.verify import verify_disc
from farm.errors import NotFound
from farm.lesson import Lesson
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.store import Store, open_store
from manifests.model import (
    CaptionFile,
    CatalogEntry,
    Chapter,
    Object,
    Product,
    ProductFile,
    Release,
)
from tests.encoders.vcd_pieces import lesson as vcd_lesson
from tests.tools.programs import run

COURSE = "水稻栽培技术"
VTT = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n\xe7\xac\xac\xe4\xb8\x80\xe5\x8f\xa5\n"


def stored(store: Store, lesson: str, name: str, data: bytes, kind: str) -> Object:
    stem, _, ending = name.partition(".")
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"media/{stem}-{sha256[:12]}.{ending}"
    store.put(folder_of(lesson) + path, data, type=kind)
    return Object(path, len(data), sha256, kind)


def product(kind: str, *files: Object) -> Product:
    named = tuple(ProductFile(f"{n}", one) for n, one in enumerate(files))
    return Product(
        profile=kind,
        kind=kind,
        title=kind,
        title_zh=kind,
        files=named,
        duration=Fraction(60),
        bit_rate=None,
        codecs=(),
        languages=(),
        measured={},
    )


def shelve(
    store: Store, lesson: str, number: int, products: tuple[Product, ...], *others: Object
) -> None:
    objects = (*(file.object for one in products for file in one.files), *others)
    entry = CatalogEntry(
        lesson=lesson,
        release=0,
        title=f"第{number}课：育秧",
        base="songyuan",
        category="agriculture",
        course=COURSE,
        duration=Fraction(60),
        master=None,
        poster=None,
        thumbnails=None,
        sizes=(),
        languages=("zh",),
        published="2024-05-20",
        number=number,
    )
    captions = tuple(CaptionFile("zh", "中文", one) for one in others if "vtt" in one.type)
    pictures = tuple(Chapter(Fraction(0), "开头", one) for one in others if "jpeg" in one.type)
    draft = Release(
        number=0,
        entry=entry,
        recording={},
        findings=(),
        renditions=(),
        objects=objects,
        notes={},
        products=products,
        chapters=pictures,
        captions=captions,
    )
    made = Lesson(objects=objects, texts=(), draft=draft, warnings=())
    publish(store, lesson, made, take_fence(store, lesson))


def video(store: Store, lesson: str) -> Object:
    return stored(store, lesson, "download.mp4", lesson.encode() * 60_000, "video/mp4")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three lessons, published out of order: two to take along, one of sound alone."""
    store = open_store(str(tmp_path / "library"))
    first, second, third = (f"songyuan-{n:012x}" for n in range(3))
    shelve(store, second, 2, (product("download", video(store, second)),))
    shelve(
        store,
        first,
        1,
        (product("download", video(store, first)),),
        stored(store, first, "text.vtt", VTT, "text/vtt"),
        stored(store, first, "chapter.jpg", b"\xff\xd8\xff", "image/jpeg"),
    )
    sound = stored(store, third, "audio-mp3.mp3", b"ID3" * 1000, "audio/mpeg")
    shelve(store, third, 3, (product("audio", sound),))
    return store


def disc(store: Store, *words: str) -> str:
    done = CliRunner().invoke(command, [*words, "--store", store.url])
    if done.exception:
        raise done.exception
    return done.output


def test_a_course_becomes_a_disc_that_is_whole(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    disc(store, COURSE, "--out", str(out))
    names = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    image = f"{COURSE} 数据光盘.iso"
    assert names == {image, f"{image}.sha256", f"{COURSE} 数据光盘.txt"}
    assert verify_disc(out / image).faults == ()
    listed = run(["isoinfo", "-f", "-R", "-i", out / image]).ok().out
    for name in ("01 第1课：育秧/第1课：育秧.mp4", "03 第3课：育秧/第3课：育秧.mp3"):
        assert f"/lessons/{name}" in listed
    content = tmp_path / "content"
    run(["xorriso", "-osirrox", "on", "-indev", out / image, "-extract", "/", content]).ok()
    assert "第一句" in (content / "index.html").read_text("utf-8")


def test_a_small_disc_makes_several(store: Store, tmp_path: Path) -> None:
    output = disc(store, COURSE, "--out", str(tmp_path / "out"), "--capacity", "3")
    assert "数据光盘 1-2.iso" in output
    assert "数据光盘 2-2.iso" in output
    assert verify_disc(tmp_path / "out").faults == ()


def test_one_lesson_by_its_id_and_courses_that_are_not_there(store: Store) -> None:
    assert [one.release.entry.number for one in lessons_on_shelf(store, COURSE)] == [1, 2, 3]
    assert len(lessons_on_shelf(store, "songyuan-000000000001")) == 1
    with pytest.raises(NotFound, match=f"there are: {COURSE}"):
        lessons_on_shelf(store, "养猪")


def test_lessons_without_what_a_disc_needs_are_named(store: Store, tmp_path: Path) -> None:
    lesson = "songyuan-0000000000ff"
    shelve(store, lesson, 4, (product("broadcast", video(store, lesson)),))
    with pytest.raises(Unready) as caught:
        disc(store, COURSE, "--kind", "datadisc", "--out", str(tmp_path / "out"))
    said = str(caught.value)
    assert "1 of 4 lessons" in said
    assert "第4课：育秧 (songyuan-0000000000ff)" in said
    assert "farm run RECORDING... --profile download" in said
    with pytest.raises(Unready, match="No kind of disc has all 4 lessons"):
        disc(store, COURSE)


def test_video_cds_are_handed_out_as_burners_want_them(store: Store, tmp_path: Path) -> None:
    inputs, folder, out = (tmp_path / name for name in ("inputs", "made", "out"))
    inputs.mkdir()
    folder.mkdir()
    task = replace(vcd_lesson(inputs, "vcd", (50,)), folder=str(folder))
    lesson = "songyuan-000000000000"
    files = []
    for file in (one.file for one in make_vcd(task, lambda _: None).files):
        path = f"media/{file.name}"
        store.put(folder_of(lesson) + path, folder / file.name, type=file.type)
        files.append(Object(path, file.size, file.sha256, file.type))
    shelve(store, lesson, 1, (product("vcd", *files),))
    disc(store, lesson, "--kind", "vcd", "--out", str(out))
    run(["vcd-info", f"--cue-file={out / 'vcd-01.cue'}"]).ok()
    assert verify_disc(out).faults == ()
    assert "vcd-01  1. 第1课：育秧" in (out / "vcd 目录 contents.txt").read_text("utf-8")


def test_a_capacity_is_a_medium_or_megabytes(store: Store) -> None:
    done = CliRunner().invoke(command, [COURSE, "--capacity", "floppy", "--store", store.url])
    assert done.exit_code == 2
    assert "give cd, dvd or megabytes" in done.output
