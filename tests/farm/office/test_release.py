"""The office releases catalogs: what stations believe, and what people's links lead to."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from farm.catalog import POINTER, enter
from farm.errors import Distrusted, Overtaken, StoreError
from farm.office.draft import plan_release, weighed
from farm.office.head import read_head, read_snapshot
from farm.office.release import Signing, release_catalog, renew
from farm.office.settle import settle
from farm.office.shelf import check_whole, entered, reader
from farm.pointers import folder_of, read_current
from farm.publish import publish, take_fence
from farm.settings import make_office
from farm.signing import Signer, SigningKey, Trust, verify
from farm.store import Store
from farm.store.folder import FolderStore
from farm.store.names import cache_of
from manifests.feed import course_slug
from manifests.statement import read_signed_pointer
from tests.farm.lessons import LESSON, upload
from tests.farm.office.library import (
    DAY,
    NOW,
    a_key,
    draft_back,
    draft_of,
    hold,
    lesson_id,
    links,
    office_store,
    release,
    seen_by_station,
    signing,
    titles,
)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return a_key(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Three lessons wait."""
    made = office_store(tmp_path / "library")
    for n in range(3):
        hold(made, n, "first")
    return made


def back(store: Store, number: int, how: Signing) -> None:
    draft = draft_back(store, number)
    check_whole(store, draft)
    release_catalog(store, draft, how)
    settle(store)


def page(store: Store, n: int) -> str:
    return store.get(f"{folder_of(lesson_id(n))}index.html").data.decode()


def feed(store: Store, course: str) -> str | None:
    name = f"catalog/feeds/{course_slug(course)}.xml"
    return store.get(name).data.decode() if store.head(name) else None


# --- release -------------------------------------------------------------------------------------


def test_what_is_approved_is_shown_and_nothing_else(store: FolderStore, key: SigningKey) -> None:
    assert seen_by_station(store, key) is None
    made = release(store, {0: 1, 2: 1}, signing(key))
    assert (made.number, made.version, made.deltas) == (1, 1, ())
    assert titles(seen_by_station(store, key)) == {lesson_id(n): "first" for n in (0, 2)}
    assert links(store, 3) == {}
    settle(store)
    assert links(store, 3) == {lesson_id(n): 1 for n in (0, 2)}
    assert "first" in page(store, 0)
    assert store.head(f"{folder_of(lesson_id(1))}master.m3u8") is None
    assert lesson_id(0) in store.get("catalog/feed.xml").data.decode()
    assert lesson_id(1) not in store.get("catalog/feed.xml").data.decode()


def test_a_new_release_of_a_lesson_is_shown_with_the_next_catalog(
    store: FolderStore, key: SigningKey
) -> None:
    release(store, {0: 1, 1: 1}, signing(key))
    settle(store)
    assert hold(store, 0, "second") == 2
    assert links(store, 3) == {lesson_id(0): 1, lesson_id(1): 1}
    made = release(store, {0: 2, 2: 1}, signing(key))
    settle(store)
    assert (made.number, made.version) == (2, 2)
    assert [one.base for one in made.deltas] == [1]
    assert titles(seen_by_station(store, key)) == {lesson_id(0): "second", lesson_id(2): "first"}
    assert links(store, 3) == {lesson_id(0): 2, lesson_id(2): 1}
    assert "second" in page(store, 0)
    assert "撤" in page(store, 1)
    assert feed(store, "课程 second") is not None


def test_a_course_nobody_is_in_any_more_has_no_feed(store: FolderStore, key: SigningKey) -> None:
    release(store, {0: 1}, signing(key))
    settle(store)
    assert feed(store, "课程 first") is not None
    hold(store, 0, "second")
    release(store, {0: 2}, signing(key))
    settle(store)
    assert feed(store, "课程 first") is None
    assert lesson_id(0) in (feed(store, "课程 second") or "")


def test_deltas_lead_from_each_of_the_last_ten(store: FolderStore, key: SigningKey) -> None:
    for n in range(13):
        made = release(store, {0: 1, 1 + n % 2: 1}, signing(key))
    assert [one.base for one in made.deltas] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    assert len(titles(seen_by_station(store, key))) == 2


def test_an_entry_names_the_playlist_of_its_own_release(
    store: FolderStore, key: SigningKey
) -> None:
    """So that a catalog plays what it was made of, whatever is approved next."""
    release(store, {0: 1}, signing(key))
    before = seen_by_station(store, key)
    hold(store, 0, "second")
    release(store, {0: 2}, signing(key))
    after = seen_by_station(store, key)
    assert before is not None
    assert after is not None
    assert before.lessons[0].master != after.lessons[0].master
    for catalog in (before, after):
        master = catalog.lessons[0].master
        assert master is not None
        assert catalog.lessons[0].title in _playlist(store, master)


def _playlist(store: Store, master: str) -> str:
    text = store.get(master).data.decode()
    (line,) = [one for one in text.splitlines() if not one.startswith("#")]
    return store.get(f"{master.rpartition('/')[0]}/{line}").data.decode()


def test_a_library_of_before_the_office_is_taken_over(tmp_path: Path, key: SigningKey) -> None:
    """Its lessons are published, its catalog unsigned: what is not approved goes."""
    store = FolderStore(tmp_path / "old")
    enter(store, publish(store, LESSON, upload(store, "first"), take_fence(store, LESSON)).entry)
    make_office(store)
    hold(store, 1, "new")
    made = release(store, {1: 1}, signing(key))
    settle(store)
    assert made.number == 2
    assert titles(seen_by_station(store, key)) == {lesson_id(1): "new"}
    current = read_current(store, LESSON)
    assert current is not None
    assert current.pointer.void


def test_on_a_bucket_it_is_the_same(s3_store: Store, key: SigningKey) -> None:
    make_office(s3_store)
    for n in range(2):
        hold(s3_store, n, "first")
    release(s3_store, {0: 1}, signing(key))
    settle(s3_store)
    hold(s3_store, 0, "second")
    draft = draft_of(s3_store, {0: 2, 1: 1})
    check_whole(s3_store, draft)
    made = release_catalog(s3_store, draft, signing(key))
    settle(s3_store)
    assert titles(seen_by_station(s3_store, key)) == {lesson_id(0): "second", lesson_id(1): "first"}
    back(s3_store, 1, signing(key))
    assert links(s3_store, 2) == {lesson_id(0): 1}
    assert renew(s3_store, signing(key)).version == made.version + 2


def test_what_was_signed_may_be_cached_for_ever_and_the_pointer_not(
    store: FolderStore, key: SigningKey
) -> None:
    release(store, {0: 1}, signing(key))
    (link,) = release(store, {1: 1}, signing(key)).deltas
    for name in (link.path, "releases/2.json"):
        assert "immutable" in cache_of(f"catalog/{name}")
    assert cache_of(POINTER) == cache_of("catalog/settled.json") == "no-cache"


# --- what would be broken ------------------------------------------------------------------------


def test_a_release_that_is_not_whole_is_not_shown(store: FolderStore, key: SigningKey) -> None:
    release(store, {0: 1}, signing(key))
    gone = next(one.name for one in store.list(folder_of(lesson_id(1))) if ".m4s" in one.name)
    store.delete(gone)
    with pytest.raises(StoreError, match="is missing"):
        check_whole(store, draft_of(store, {0: 1, 1: 1}))
    store.put(gone, b"short", type="video/iso.segment")
    with pytest.raises(StoreError, match="should have"):
        check_whole(store, draft_of(store, {0: 1, 1: 1}))
    check_whole(store, draft_of(store, {0: 1, 2: 1}))


def test_an_office_signs_nothing_others_have_put_there(
    store: FolderStore, key: SigningKey, tmp_path: Path
) -> None:
    release(store, {0: 1}, signing(key))
    stranger = a_key(tmp_path, "stranger.pem")
    draft = replace(draft_of(store, {0: 1, 1: 1}))
    with pytest.raises(Distrusted, match="--key-lost"):
        release_catalog(store, draft, signing(stranger))
    with pytest.raises(Distrusted):
        renew(store, signing(stranger))
    lost = replace(signing(stranger), key_lost=True)
    assert release_catalog(store, draft, lost).version == 2
    assert len(titles(seen_by_station(store, stranger))) == 2


def test_a_snapshot_that_was_changed_is_not_built_upon(store: FolderStore, key: SigningKey) -> None:
    release(store, {0: 1}, signing(key))
    name = "catalog/releases/1.json"
    forged = store.get(name).data.replace(b"first", b"worse")
    store.put(name, forged, type="application/json")
    with pytest.raises(StoreError, match="another one"):
        draft_of(store, {0: 1, 1: 1})


def test_who_looked_at_an_older_catalog_is_told(store: FolderStore, key: SigningKey) -> None:
    draft = draft_of(store, {0: 1})
    release(store, {1: 1}, signing(key))
    with pytest.raises(Overtaken, match="look at the difference"):
        release_catalog(store, draft, signing(key))
    assert list(titles(seen_by_station(store, key))) == [lesson_id(1)]


# --- back, and again -----------------------------------------------------------------------------


def test_a_step_back_is_a_new_number_with_the_old_content(
    store: FolderStore, key: SigningKey
) -> None:
    release(store, {0: 1, 1: 1}, signing(key))
    settle(store)
    first = json.loads(store.get("catalog/releases/1.json").data)
    hold(store, 0, "second")
    release(store, {0: 2, 2: 1}, signing(key))
    settle(store)
    back(store, 1, signing(key))
    now = json.loads(store.get("catalog/releases/3.json").data)
    assert {**now, "number": 1, "previous": None} == first
    assert titles(seen_by_station(store, key)) == {lesson_id(0): "first", lesson_id(1): "first"}
    assert links(store, 3) == {lesson_id(0): 1, lesson_id(1): 1}
    assert "first" in page(store, 0)
    back(store, 2, signing(key))
    assert links(store, 3) == {lesson_id(0): 2, lesson_id(2): 1}


def test_no_step_back_to_what_is_not_whole_any_more(store: FolderStore, key: SigningKey) -> None:
    release(store, {0: 1, 1: 1}, signing(key))
    release(store, {0: 1}, signing(key))
    for info in list(store.list(f"{folder_of(lesson_id(1))}media/")):
        store.delete(info.name)
    with pytest.raises(StoreError, match="not whole"):
        back(store, 1, signing(key))
    assert list(titles(seen_by_station(store, key))) == [lesson_id(0)]


def test_a_station_that_saw_the_newer_one_takes_the_step_back(
    store: FolderStore, key: SigningKey
) -> None:
    trust = Trust((key.public,))
    for step in range(3):
        if step < 2:
            release(store, {step: 1}, signing(key))
        else:
            back(store, 1, signing(key))
        found = verify(read_signed_pointer(store.get(POINTER).data), trust, NOW)
        trust = trust.after(found)
    assert trust.accepted is not None
    assert (trust.accepted.number, trust.accepted.version) == (3, 3)


def test_a_renewal_changes_version_and_times_alone(store: FolderStore, key: SigningKey) -> None:
    made = release(store, {0: 1}, signing(key))
    again = renew(store, signing(key, now=NOW + 5 * DAY))
    assert again == replace(made, version=2, issued=NOW + 5 * DAY, expires=NOW + 35 * DAY)
    assert read_head(store, (key.public,)).statement == again
    late = NOW + 34 * DAY
    assert titles(seen_by_station(store, key, late)) == {lesson_id(0): "first"}
    assert release(store, {1: 1}, signing(key)).version == 3


def test_nothing_is_renewed_that_was_never_signed(store: FolderStore, key: SigningKey) -> None:
    with pytest.raises(StoreError, match="never signed"):
        renew(store, signing(key))


def test_numbers_go_on_after_a_store_was_put_back_from_a_copy(
    store: FolderStore, key: SigningKey
) -> None:
    how = replace(signing(key), version=41, number=12)
    made = release_catalog(store, draft_of(store, {0: 1}), how)
    assert (made.number, made.version) == (13, 42)
    assert renew(store, replace(how, version=50)).version == 51


def test_a_new_key_takes_over_in_two_steps(
    store: FolderStore, key: SigningKey, tmp_path: Path
) -> None:
    new = a_key(tmp_path, "new.pem")
    release(store, {0: 1}, signing(key))
    renew(store, Signing(Signer((new,), retiring=(key,)), NOW))
    for one in (key, new):
        assert len(titles(seen_by_station(store, one))) == 1
    release(store, {1: 1}, signing(new))
    assert list(titles(seen_by_station(store, new))) == [lesson_id(1)]
    with pytest.raises(Distrusted):
        seen_by_station(store, key)


# --- the difference ------------------------------------------------------------------------------


def test_the_office_sees_what_changes_and_what_stations_will_fetch(
    store: FolderStore, key: SigningKey
) -> None:
    release(store, {0: 1, 1: 1}, signing(key))
    hold(store, 0, "second!")
    found = weighed(draft_of(store, {0: 2, 2: 1}), reader(store)).difference
    (added,), (changed,), (withdrawn,) = found.added, found.changed, found.withdrawn
    assert (added.lesson, changed.lesson, withdrawn.lesson) == tuple(map(lesson_id, (2, 0, 1)))
    assert changed.fields == ("title", "course")
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before.title, changed.after.title) == ("first", "second!")
    assert withdrawn.after is None
    sound = len(b"the same in all")
    assert added.download is not None
    assert added.download["sound"] == sound
    assert changed.download is not None
    assert "sound" not in changed.download
    # Two media objects, of 150 times the title, and the two playlists.
    assert changed.total > 150 * len("second!")
    assert added.total == sum(added.download.values()) > sound
    assert found.total == added.total + changed.total


def test_a_draft_is_told_from_any_other(store: FolderStore, key: SigningKey) -> None:
    one, two = draft_of(store, {0: 1}), draft_of(store, {0: 1, 1: 1})
    assert one.mark == draft_of(store, {0: 1}).mark != two.mark
    release_catalog(store, one, signing(key))
    assert draft_of(store, {0: 1, 1: 1}).mark not in (one.mark, two.mark)
    assert draft_of(store, {0: 1}).difference.empty


def test_only_what_is_new_is_read_of_lessons(store: FolderStore, key: SigningKey) -> None:
    release(store, {0: 1, 1: 1}, signing(key))
    asked: list[tuple[str, int]] = []

    def enter(lesson: str, number: int):  # type: ignore[no-untyped-def]
        asked.append((lesson, number))
        return entered(store, lesson, number)

    before = read_snapshot(store, read_head(store, (key.public,)))
    plan_release(before, {lesson_id(n): 1 for n in (0, 1, 2)}, enter)
    assert asked == [(lesson_id(2), 1)]


def test_times_are_of_whole_seconds_whatever_the_clock_says(
    store: FolderStore, key: SigningKey
) -> None:
    odd = NOW + timedelta(microseconds=123_456)
    assert release(store, {0: 1}, signing(key, now=odd)).issued == NOW
