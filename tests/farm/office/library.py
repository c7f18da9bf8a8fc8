"""A small library with an office: lessons that wait, catalogs, and a station that looks at them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from farm.catalog import POINTER
from farm.errors import NotFound
from farm.lesson import Lesson
from farm.office.draft import Draft, plan_back, plan_release
from farm.office.head import NOTHING, numbered_snapshot, read_head, read_snapshot
from farm.office.release import Signing, release_catalog
from farm.office.shelf import entered
from farm.pointers import folder_of, read_current
from farm.publish import publish, take_fence
from farm.settings import make_office
from farm.signing import Signer, SigningKey, Trust, check_bytes, new_key, verify
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.catalog import read_catalog
from manifests.delta import apply_delta
from manifests.model import Catalog, Object, Product, ProductFile
from manifests.release import read_release
from manifests.statement import Statement, read_signed_pointer
from tests.farm.lessons import LESSON, make_lesson, media_of

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def lesson_id(n: int) -> str:
    return f"changsha-{n:012x}"


def a_key(folder: Path, name: str = "key.pem") -> SigningKey:
    return new_key(folder / name)


def signing(*keys: SigningKey, now: datetime = NOW) -> Signing:
    return Signing(Signer(keys), now)


def office_store(folder: Path) -> FolderStore:
    store = FolderStore(folder)
    make_office(store)
    return store


def hold(store: Store, n: int, version: str) -> int:
    """Lesson `n` with new media, held for the office; its release."""
    lesson, made = lesson_id(n), _of(lesson_id(n), make_lesson(version))
    for path, data in media_of(version).items():
        store.put(folder_of(lesson) + path, data, type="video/iso.segment")
    return publish(store, lesson, made, take_fence(store, lesson), held=True).release


def _of(lesson: str, made: Lesson) -> Lesson:
    entry = made.draft.entry
    master = entry.master.replace(LESSON, lesson) if entry.master else None
    entry = replace(entry, lesson=lesson, master=master, course=f"课程 {entry.title}")
    sound = next(one for one in made.objects if "audio" in one.path)
    master = next(one for one in made.draft.objects if one.path == "master.m3u8")
    products = (
        _product("hls", "hls", master, entry.duration),
        _product("sound", "audio", sound, entry.duration),
    )
    return replace(made, draft=replace(made.draft, entry=entry, products=products))


def _product(profile: str, kind: str, main: Object, duration: Fraction) -> Product:
    files = (ProductFile("main", main),)
    return Product(profile, kind, profile, profile, files, duration, None, (), ("zh",), {})


def draft_of(store: Store, wanted: dict[int, int]) -> Draft:
    """Of lessons' releases by number of the lesson."""
    before = read_snapshot(store, read_head(store, None))
    releases = {lesson_id(n): release for n, release in wanted.items()}
    return plan_release(before, releases, lambda *which: entered(store, *which))


def draft_back(store: Store, number: int) -> Draft:
    before = read_snapshot(store, read_head(store, None))
    earlier = numbered_snapshot(store, number)
    return plan_back(before, earlier, lambda *which: entered(store, *which))


def release(store: Store, wanted: dict[int, int], how: Signing) -> Statement:
    return release_catalog(store, draft_of(store, wanted), how)


def seen_by_station(store: Store, key: SigningKey, now: datetime = NOW) -> Catalog | None:
    """What a station believes that knows the key, having followed every reference: the snapshot,
    every delta, and every lesson's release. None where there is no catalog."""
    try:
        data = store.get(POINTER).data
    except NotFound:
        return None
    statement = verify(read_signed_pointer(data), Trust((key.public,)), now)
    snapshot = store.get(f"catalog/{statement.path}").data
    check_bytes(statement.path, snapshot, statement.size, statement.sha256)
    for link in statement.deltas:
        delta = store.get(f"catalog/{link.path}").data
        check_bytes(link.path, delta, link.size, link.sha256)
        base = store.get(f"catalog/releases/{link.base}.json").data
        assert apply_delta(base, delta) == snapshot
    catalog = read_catalog(snapshot)
    for entry in catalog.lessons:
        folder = folder_of(entry.lesson)
        made = store.get(f"{folder}releases/{entry.release}.json").data
        assert hashlib.sha256(made).hexdigest() == entry.sha256
        for one in read_release(made).objects:
            if one.path != "master.m3u8":
                assert len(store.get(folder + one.path).data) == one.size
        assert entry.master is not None
        assert store.head(entry.master) is not None
    return catalog


def titles(catalog: Catalog | None) -> dict[str, str]:
    """By lesson."""
    return {one.lesson: one.title for one in catalog.lessons} if catalog else {}


def links(store: Store, lessons: int) -> dict[str, int]:
    """The release lessons' own pointers lead to, of those that lead anywhere."""
    found = {one: read_current(store, one) for one in map(lesson_id, range(lessons))}
    return {
        lesson: current.pointer.release
        for lesson, current in found.items()
        if current and not current.pointer.void
    }


def is_first(store: Store) -> bool:
    return read_head(store, None) == NOTHING
