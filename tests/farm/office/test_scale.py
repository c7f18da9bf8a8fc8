"""Catalogs of many lessons: deltas stay small, and little is written again. Times are judged by
`python -m benchmarks --only catalog`."""

from datetime import UTC, datetime

import pytest

from benchmarks.catalog import entry, lesson
from farm.office.draft import plan_release
from farm.office.head import read_head, read_snapshot
from farm.office.pages import write_pages
from farm.office.release import Signing, release_catalog
from farm.office.since import Touched, touched_since
from farm.settings import make_office
from farm.signing import Signer
from farm.store.folder import FolderStore
from manifests.catalog import read_catalog
from manifests.delta import apply_delta
from manifests.feed import NEWEST
from manifests.snapshot import Snapshot
from manifests.statement import Statement
from tests.farm.office.library import a_key
from tests.farm.recording_store import RecordingStore

LESSONS = 2000
CHANGED = range(0, 1000, 100)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, Statement]:
    """Two catalogs; ten lessons differ. The pages of the first are there."""
    folder = tmp_path_factory.mktemp("scale")
    store = FolderStore(folder / "library")
    make_office(store)
    how = Signing(Signer((a_key(folder),)), datetime.now(UTC))
    wanted = {lesson(n): 1 for n in range(LESSONS)}
    release_catalog(store, plan_release(None, wanted, entry), how)
    first = current(store)
    write_pages(store, first, None, lambda: None)
    changed = {lesson(n): 2 for n in CHANGED}
    draft = plan_release(first, {**wanted, **changed}, entry)
    return store, release_catalog(store, draft, how)


def current(store: FolderStore) -> Snapshot:
    found = read_snapshot(store, read_head(store, None))
    assert found is not None
    return found


def test_a_delta_of_ten_changes_is_small_and_exact(
    library: tuple[FolderStore, Statement],
) -> None:
    store, made = library
    (link,) = made.deltas
    assert link.size < 20_000
    delta = store.get(f"catalog/{link.path}").data
    base = store.get("catalog/releases/1.json").data
    after = store.get(f"catalog/{made.path}").data
    assert len(base) > 1_000_000
    assert apply_delta(base, delta) == after
    found = {one.lesson: one.release for one in read_catalog(after).lessons}
    assert found == {lesson(n): 2 if n in CHANGED else 1 for n in range(LESSONS)}


def test_only_what_changed_is_written_again(library: tuple[FolderStore, Statement]) -> None:
    store, made = library
    target = current(store)
    touched = touched_since(store, 1, target)
    assert touched == Touched(
        frozenset(lesson(n) for n in CHANGED),
        frozenset(f"温室种植课程 {n // 20}" for n in CHANGED),
    )
    watched = RecordingStore(store)
    write_pages(watched, target, touched.courses, lambda: None)
    feeds = [name for name in watched.written if name.startswith("catalog/feeds/")]
    assert len(feeds) == len(CHANGED)
    assert made.number == 2


def test_pages_do_not_grow_with_the_catalog(library: tuple[FolderStore, Statement]) -> None:
    store, _ = library
    for name in ("catalog/index.html", "catalog/watch.html"):
        assert len(store.get(name).data) < 20_000
    feed = store.get("catalog/feed.xml").data.decode()
    assert feed.count("<item>") == NEWEST < LESSONS
    assert len(list(store.list("catalog/feeds/"))) == LESSONS // 20
