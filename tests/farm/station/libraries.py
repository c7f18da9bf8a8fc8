"""Small libraries of an office, with lessons that are whole in every way but that no picture is in
them; and who reads a station as a player does."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from farm.lesson import Lesson, text_object
from farm.office.draft import plan_release
from farm.office.head import read_head, read_snapshot
from farm.office.release import Signing, release_catalog, renew
from farm.office.shelf import entered
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.settings import make_office
from farm.signing import Signer, SigningKey
from farm.station import Choice, Options
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.details import details_json
from manifests.hls import lesson_texts, objects_of
from manifests.m3u8 import read_media, read_multivariant
from manifests.model import (
    About,
    Audio,
    CatalogEntry,
    Enclosure,
    Object,
    Offer,
    Presentation,
    Product,
    ProductFile,
    Release,
    Segment,
    Video,
)
from manifests.release import read_pointer, read_release, sizes
from manifests.statement import Statement

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
SECONDS = 12


@dataclass(slots=True)
class Library:
    """An office's, in any store. Lessons are told by a number; their titles by what is said."""

    store: Store
    key: SigningKey = field(default_factory=lambda: SigningKey(Ed25519PrivateKey.generate()))
    lessons: dict[str, int] = field(default_factory=dict)
    """Release of each that the next catalog will list."""

    def __post_init__(self) -> None:
        make_office(self.store)

    def publish(self, number: int, title: str, size: int = 2000, disc: bool = True) -> str:
        """A lesson of about five times `size` bytes."""
        lesson = f"changsha-{number:012x}"
        made = lesson_of(self.store, lesson, title, size, number, disc=disc)
        done = publish(self.store, lesson, made, take_fence(self.store, lesson), held=True)
        self.lessons[lesson] = done.release
        return lesson

    def withdraw(self, number: int) -> str:
        lesson = f"changsha-{number:012x}"
        del self.lessons[lesson]
        return lesson

    def release(self, now: datetime = NOW, signer: Signer | None = None) -> Statement:
        head = read_head(self.store, None)
        draft = plan_release(
            read_snapshot(self.store, head),
            self.lessons,
            lambda lesson, number: entered(self.store, lesson, number),
        )
        return release_catalog(self.store, draft, self.signing(now, signer))

    def renew(self, now: datetime) -> Statement:
        return renew(self.store, self.signing(now, None))

    def signing(self, now: datetime, signer: Signer | None) -> Signing:
        return Signing(signer or Signer((self.key,)), now, key_lost=True)

    def options(self, folder: Path, url: str | None = None, **wishes: object) -> Options:
        """A station of it in `folder` that gives up soon."""
        options = Options(
            url or self.store.url, folder, keys=(self.key.public,), tries=3, pause=0.01
        )
        return replace(options, **wishes)  # type: ignore[arg-type]


def library(folder: Path) -> Library:
    return Library(FolderStore(folder))


def lesson_of(
    store: Store, lesson: str, title: str, size: int, number: int, *, disc: bool
) -> Lesson:
    """Its media is put into the store."""
    p = _presentation(store, lesson, title, size)
    texts = lesson_texts(p)
    master = text_object(texts[-1])
    behind = sum(one.size for one in objects_of(p)) + sum(len(one.text) for one in texts[:-1])
    sound = put(store, lesson, "audio", "mp3", title, size, "audio/mpeg")
    products = [
        replace(_product("hls", master), behind=behind),
        _product("audio", sound),
    ]
    if disc:
        image = put(store, lesson, "dvd", "iso", title, size, "application/vnd.efi.iso")
        products.append(_product("dvd", image))
    about = About(title, "长沙", "agriculture", course=f"第 {number % 2} 门课")
    details = details_json(about, products, ())
    folder = folder_of(lesson)
    assert p.poster
    entry = CatalogEntry(
        lesson=lesson,
        release=0,
        title=title,
        base="长沙",
        category="agriculture" if number % 3 else "feature",
        course=about.course,
        duration=p.duration,
        master=f"{folder}master.m3u8",
        poster=folder + p.poster.path,
        thumbnails=None,
        sizes=sizes(p),
        languages=("zh",),
        published=(datetime(2024, 1, 1) + timedelta(days=number)).date().isoformat(),
        enclosure=Enclosure(folder + sound.path, sound.size, sound.type),
        offers=tuple(
            Offer(one.profile, folder + one.main.path, one.main.size, one.main.type)
            for one in products[1:]
        ),
        details=folder + details.path,
    )
    media = (*objects_of(p), *(one.main for one in products[1:]))
    written = (*texts[:-1], details, texts[-1])
    objects = (*media, *map(text_object, written))
    draft = Release(0, entry, {}, (), (), objects, {}, tuple(products), (), (), about)
    return Lesson(objects=media, texts=written, draft=draft, warnings=())


def put(
    store: Store, lesson: str, name: str, ending: str, seed: str, size: int, kind: str
) -> Object:
    """Bytes that cannot be squeezed, always the same."""
    block = hashlib.shake_256(f"{lesson} {name} {seed}".encode()).digest(size)
    sha256 = hashlib.sha256(block).hexdigest()
    path = f"media/{name}-{sha256[:12]}.{ending}"
    store.put(folder_of(lesson) + path, block, type=kind)
    return Object(path, size, sha256, kind)


def _presentation(store: Store, lesson: str, title: str, size: int) -> Presentation:
    def stored(name: str, ending: str, kind: str, bytes: int) -> Object:
        return put(store, lesson, name, ending, title, bytes, kind)

    def segments(name: str, bytes: int) -> tuple[Segment, ...]:
        return tuple(
            Segment(
                stored(f"{name}-{n:07}", "m4s", "video/iso.segment", bytes // 2), Fraction(6), 50
            )
            for n in range(2)
        )

    videos = tuple(
        Video(
            name=f"{height}p",
            width=height * 16 // 9,
            height=height,
            frame_rate=Fraction(25),
            codecs="avc1.640015",
            init=stored(f"{height}p-init", "mp4", "video/mp4", 200),
            segments=segments(f"{height}p", size * height // 360),
        )
        for height in (180, 360, 720)
    )
    sound = Audio(
        "audio",
        "zh",
        "普通话",
        2,
        "mp4a.40.2",
        init=stored("audio-init", "mp4", "audio/mp4", 200),
        segments=segments("audio", size // 2),
    )
    poster = stored("poster", "jpg", "image/jpeg", 300)
    return Presentation(Fraction(SECONDS), videos, (sound,), (), (), poster)


def _product(kind: str, *files: Object) -> Product:
    roles = ("main", "more")
    named = tuple(ProductFile(role, one) for role, one in zip(roles, files, strict=False))
    return Product(kind, kind, kind, kind, named, Fraction(SECONDS), None, (), (), {})


# --- who reads a station -------------------------------------------------------------------------


class Torn(AssertionError):
    """A reader was sent to what is not there, or is not what was said of it."""


def titles(folder: Path) -> dict[str, str]:
    """What a reader sees who follows every reference of a station: title by lesson.

    Raises Torn, unless the catalog was another one by then: who begins a moment later is not torn.
    """
    while True:
        before = _bytes(folder / "catalog/catalog.json")
        try:
            return _titles(folder, before)
        except Torn:
            if _bytes(folder / "catalog/catalog.json") == before:
                raise


def _titles(folder: Path, pointer: bytes) -> dict[str, str]:
    found = read_pointer(pointer)
    data = _bytes(folder / "catalog" / found.path)
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise Torn("catalog")
    entries = json.loads(data)["lessons"]
    for entry in entries:
        _follow(folder / "lessons" / entry["lesson"], entry)
    return {entry["lesson"]: entry["title"] for entry in entries}


def entries(folder: Path) -> list[dict[str, object]]:
    """What the station's current catalog lists."""
    pointer = read_pointer(_bytes(folder / "catalog/catalog.json"))
    listed: list[dict[str, object]] = json.loads(_bytes(folder / "catalog" / pointer.path))[
        "lessons"
    ]
    return listed


def _follow(home: Path, entry: Mapping[str, object]) -> None:
    """As the page does: poster, details with their products, offers, and the stream to its end."""
    paths = [entry[name] for name in ("poster", "details") if name in entry]
    offers = entry.get("offers", [])
    assert isinstance(offers, list)
    paths += [f"media/{path}" for _, path, *_ in offers]
    for path in paths:
        _bytes(home / str(path))
    if "details" in entry:
        for one in json.loads(_bytes(home / str(entry["details"])))["products"]:
            for _, path, *_ in one["files"]:
                _bytes(home / path)
    for name in {str(entry["master"]), "master.m3u8"} if "master" in entry else ():
        play(home, name)


def play(home: Path, name: str) -> set[str]:
    """Every file a player may ask for, which is there and whole; their names."""
    playlist = read_multivariant(_bytes(home / name).decode())
    uris = {one.uri for one in (*playlist.variants, *playlist.iframes)}
    uris |= {one["URI"] for one in playlist.media}
    asked = set(uris)
    for uri in uris:
        media = read_media(_bytes(home / uri).decode())
        parts = {media.map, *(one.uri for one in media.entries)} - {None}
        for part in parts:
            data = _bytes(home / "media" / str(part))
            if hashlib.sha256(data).hexdigest()[:12] not in str(part):
                raise Torn(part)
        asked |= {f"media/{part}" for part in parts}
    return asked


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Torn(str(path)) from error


def whole(folder: Path) -> set[str]:
    """Lessons whose own pointer leads to a release that is there to the byte, and no more is."""
    found = set()
    for home in sorted((folder / "lessons").glob("*")):
        pointer = read_pointer(_bytes(home / "lesson.json"))
        data = _bytes(home / pointer.path)
        assert hashlib.sha256(data).hexdigest() == pointer.sha256
        release = read_release(data)
        for one in release.objects:
            got = _bytes(home / one.path)
            assert (len(got), hashlib.sha256(got).hexdigest()) == (one.size, one.sha256), one.path
        named = {one.path for one in release.objects}
        named |= {pointer.path, "lesson.json", "index.html"}
        there = {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()}
        assert there == named
        found.add(home.name)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    """All a station shows."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(".")
    }


HLS = Choice(profiles=("hls",))
