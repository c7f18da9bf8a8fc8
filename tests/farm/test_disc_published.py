"""A course's discs in the store and the catalog: as lessons are, kind beside kind."""

import hashlib
import json
import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from farm.catalog import POINTER, enter_course, rebuild
from farm.cli.collect import collect as collect_command
from farm.cli.verify import verify as verify_command
from farm.disc.handout import MadeSet, text_file
from farm.disc.published import PublishedDiscs, publish_discs, published_sets
from farm.disc.shelf import lessons_on_shelf, releases_of
from farm.errors import NotFound, Stale, StoreError
from farm.housekeeping import collect, courses_of, drop_pieces, verify
from farm.pointers import course_subject, folder_of
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.catalog import read_catalog
from manifests.model import Disc, DiscSet
from tests.farm.courses import COURSE, disc, fill, shelve
from tests.farm.recording_store import Killed, MortalStore
from tests.manifests.test_products import validator

SUBJECT = course_subject(COURSE)
FOLDER = folder_of(SUBJECT)


@pytest.fixture
def library(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "library")
    fill(store)
    return store


@pytest.fixture(params=["folder", "s3"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "s3":
        store: Store = request.getfixturevalue("s3_store")
    else:
        store = FolderStore(tmp_path / "library")
    fill(store)
    return store


def made(store: Store, kind: str, words: str = "one", discs: int = 1) -> MadeSet:
    """Discs of a few bytes."""
    shelf = lessons_on_shelf(store, COURSE)
    files = [text_file("main", f"{kind}-{n}", f"{kind} {n} {words}") for n in range(discs)]
    lessons = releases_of(shelf, [one.lesson for one in shelf])
    return MadeSet(
        discs=DiscSet(kind, tuple(Disc(lessons, 1000, (file,)) for file, _ in files)),
        sources={file.object.path: data for file, data in files},
        written=(),
    )


def publish(store: Store, one: MadeSet) -> PublishedDiscs:
    shelf = lessons_on_shelf(store, COURSE)
    done = publish_discs(store, COURSE, shelf, one, published_sets(store, COURSE))
    enter_course(store, done.entry)
    return done


def value(store: Store, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.get(name).data)
    return found


def release_of(store: Store) -> dict[str, Any]:
    return value(store, FOLDER + value(store, f"{FOLDER}course.json")["path"])


def catalog_of(store: Store) -> dict[str, Any]:
    return value(store, f"catalog/{value(store, POINTER)['path']}")


def everything(store: Store) -> dict[str, bytes]:
    return {info.name: store.get(info.name).data for info in store.list("")}


def kinds(store: Store) -> list[tuple[str, int]]:
    return [(one.kind, len(one.discs)) for one in published_sets(store, COURSE)]


def test_a_course_is_published_listed_and_whole(either: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = disc(either, COURSE, "--out", str(out), "--capacity", "3")
    assert f"datadisc: published 已发布 ({SUBJECT}, release 1)" in said
    release, catalog = release_of(either), catalog_of(either)
    validator("course-1").validate(release)
    validator("catalog-2").validate(catalog)
    ((kind, discs),) = ((one["kind"], one["discs"]) for one in release["sets"])
    assert (kind, [(one["number"], one["of"]) for one in discs]) == ("datadisc", [(1, 2), (2, 2)])
    on = [[lesson["lesson"][-1] for lesson in one["lessons"]] for one in discs]
    assert on == [["0"], ["1", "2"]]
    images = [one["files"][0] for one in discs]
    handed = [(out / f"{COURSE} 数据光盘 {n}-2.iso").read_bytes() for n in (1, 2)]
    assert [one["sha256"] for one in images] == [hashlib.sha256(one).hexdigest() for one in handed]
    assert [one["filled_percent"] for one in discs] == [
        round(len(one) / 30_000, 3) for one in handed
    ]
    (listed,) = catalog["discs"]
    assert (f"courses/{listed['id']}", listed["name"]) == (SUBJECT, COURSE)
    assert [one["path"] for one in listed["discs"]] == [one["path"] for one in images]
    assert either.head(FOLDER + listed["discs"][0]["contents"])
    assert verify(either, SUBJECT, deep=True) == ()


def test_the_same_again_writes_nothing(either: Store, tmp_path: Path) -> None:
    disc(either, COURSE, "--out", str(tmp_path / "out"))
    before = everything(either)
    said = disc(either, COURSE, "--out", str(tmp_path / "again"))
    assert "published already" in said
    assert everything(either) == before


def test_kinds_live_side_by_side(library: FolderStore) -> None:
    publish(library, made(library, "svcd"))
    publish(library, made(library, "dvd", discs=3))
    assert kinds(library) == [("dvd", 3), ("svcd", 1)]
    assert not publish(library, made(library, "svcd")).changed
    assert publish(library, made(library, "dvd", "better")).release == 3
    assert kinds(library) == [("dvd", 1), ("svcd", 1)]
    assert [one["kind"] for one in catalog_of(library)["discs"][0]["discs"]] == ["dvd", "svcd"]


def test_what_is_for_files_alone_is_not_published(library: FolderStore, tmp_path: Path) -> None:
    before = everything(library)
    disc(library, COURSE, "--no-publish", "--out", str(tmp_path / "out"))
    disc(library, "songyuan-000000000001", "--out", str(tmp_path / "one"))
    assert everything(library) == before
    assert courses_of(library) == ()


def test_rebuilding_the_catalog_finds_discs_again(library: FolderStore) -> None:
    publish(library, made(library, "dvd"))
    before = catalog_of(library)["discs"]
    library.put(POINTER, b"{", type="application/json")
    rebuild(library)
    assert catalog_of(library)["discs"] == before


def test_a_catalog_of_before_reads_as_one_without_discs(library: FolderStore) -> None:
    rebuild(library)
    data = library.get("catalog/releases/1.json").data
    assert b'"discs"' not in data
    assert read_catalog(data).courses == ()


@pytest.mark.parametrize("done", [False, True])
def test_a_publisher_that_dies_leaves_what_was_and_the_next_converges(
    tmp_path: Path, library: FolderStore, done: bool
) -> None:
    publish(library, made(library, "datadisc"))
    publish(library, made(library, "dvd", "old"))
    shelf = lessons_on_shelf(library, COURSE)
    new = made(library, "dvd", "new", discs=2)

    def act(store: Store) -> None:
        publish_discs(store, COURSE, shelf, new, published_sets(store, COURSE))

    clean = copy_of(library, tmp_path / "clean")
    act(clean)
    for last in count(1):
        store = copy_of(library, tmp_path / f"library-{last}")
        try:
            act(MortalStore(store, last, done=done))
        except Killed:
            assert verify(store, SUBJECT, deep=True) == ()
            assert kinds(store) in ([("dvd", 1), ("datadisc", 1)], [("dvd", 2), ("datadisc", 1)])
            act(store)
            assert lasting(store) == lasting(clean)
        else:
            assert last > 10
            return


def copy_of(store: FolderStore, folder: Path) -> FolderStore:
    shutil.copytree(store.url, folder)
    return FolderStore(folder)


def lasting(store: Store) -> dict[str, bytes]:
    """All that is the same whoever made it, and however often it was tried."""
    own = ("course.json", "lease.json")
    return {name: data for name, data in everything(store).items() if not name.endswith(own)}


def test_discs_of_old_lessons_do_not_replace_those_of_new_ones(library: FolderStore) -> None:
    """But those of another kind, made meanwhile, are no matter."""
    shelf, before = lessons_on_shelf(library, COURSE), published_sets(library, COURSE)
    slow = made(library, "dvd", "slow")
    publish(library, made(library, "datadisc"))
    publish_discs(library, COURSE, shelf, slow, before)
    again = published_sets(library, COURSE)
    fresh = shelf[0].release.products
    shelve(library, shelf[0].lesson, 7, fresh)
    publish(library, made(library, "dvd", "newer"))
    kept = release_of(library)
    with pytest.raises(Stale, match="Run the command again"):
        publish_discs(library, COURSE, shelf, made(library, "dvd", "asleep"), again)
    assert release_of(library) == kept


def test_what_is_not_as_it_was_said_is_not_published(library: FolderStore) -> None:
    one = made(library, "dvd")
    lying = replace(one, sources=dict.fromkeys(one.sources, b"other bytes"))
    with pytest.raises(StoreError, match="was not published"):
        publish(library, lying)
    with pytest.raises(NotFound):
        release_of(library)


def invoke(command: Any, store: Store, *words: str) -> Result:
    return CliRunner().invoke(command, [*words, "--store", store.url])


def test_verify_follows_courses_by_name_and_among_all(library: FolderStore) -> None:
    publish(library, made(library, "dvd"))
    assert f"{COURSE}: whole" in invoke(verify_command, library).output
    (path,) = (info.name for info in library.list(f"{FOLDER}media/"))
    library.put(path, b"cut", type="text/plain")
    done = invoke(verify_command, library, COURSE)
    assert isinstance(done.exception, StoreError)
    assert f"{COURSE}: 1 fault\n  {path} has 3 bytes" in done.output


def test_verify_of_what_was_never_there_is_a_slip(library: FolderStore) -> None:
    done = invoke(verify_command, library, "nosuch")
    assert done.exit_code == 2
    assert "There is no lesson 'nosuch'" in done.output
    assert "damaged" not in done.output


def test_collect_removes_what_no_kept_release_of_a_course_names(library: FolderStore) -> None:
    publish(library, made(library, "datadisc"))
    for words in ("one", "two", "three"):
        publish(library, made(library, "dvd", words))
    assert collect(library, SUBJECT).objects == 0
    gone = collect(library, SUBJECT, grace=-1)
    assert (gone.releases, gone.objects) == ((1, 2), 1)
    assert verify(library, SUBJECT, deep=True) == ()
    assert publish(library, made(library, "dvd", "four")).release == 5


def test_pieces_that_only_served_are_dropped_when_they_are_old(library: FolderStore) -> None:
    for lesson in ("songyuan-000000000001", "songyuan-unfinished"):
        library.put(f"cache/pieces/{lesson}/sound-0123456789ab.m4a", b"x" * 500, type="audio/mp4")
    assert "0 pieces of products dropped" in invoke(collect_command, library).output
    assert drop_pieces(library, "songyuan-000000000001", grace=-1) == (1, 500)
    said = invoke(collect_command, library, COURSE, "--grace", "0").output
    assert f"{COURSE}" in said
    assert [info.size for info in library.list("cache/pieces/")] == [500]
    assert drop_pieces(library, grace=-1) == (1, 500)
