"""A course of small lessons as releases tell it, and `farm disc` on it."""

import hashlib
from fractions import Fraction

from click.testing import CliRunner

from farm.cli.disc import disc as command
from farm.lesson import Lesson
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.store import Store
from manifests.model import (
    CaptionFile,
    CatalogEntry,
    Chapter,
    Object,
    Product,
    ProductFile,
    Release,
)

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


def fill(store: Store) -> None:
    """Three lessons, published out of order: two to take along, one of sound alone."""
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
