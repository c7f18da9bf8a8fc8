"""What a station has after a sync: the library's lessons, whole, and nothing else."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from farm.catalog import rebuild
from farm.errors import Distrusted, Doubt, Unkeyed
from farm.housekeeping import verify
from farm.publish import publish, take_fence
from farm.signing import Signer, SigningKey, fingerprint
from farm.station import Choice, Event, Options, Synced, sync
from farm.station.model import Busy, Skipped, Warned
from farm.station.state import locked
from farm.store.folder import FolderStore
from tests.farm.station.libraries import (
    HLS,
    NOW,
    Library,
    entries,
    lesson_of,
    play,
    titles,
    tree,
    whole,
)
from tests.farm.station.server import serving


def synced(options: Options, moment: datetime = NOW) -> Synced:
    return sync(options, now=lambda: moment)


def ids(*numbers: int) -> set[str]:
    return {f"changsha-{number:012x}" for number in numbers}


def test_the_first_sync_brings_whole_lessons(office: Library, folder: Path) -> None:
    done = synced(office.options(folder))
    assert (done.changed, done.lessons, done.brought) == (True, 3, 3)
    assert titles(folder) == {one: f"第 {int(one[-1])} 课" for one in ids(0, 1, 2)}
    assert whole(folder) == ids(0, 1, 2)
    for page in ("index.html", "watch.html", "feed.xml"):
        assert (folder / "catalog" / page).is_file()


def test_the_farms_own_check_finds_every_reference_whole(office: Library, folder: Path) -> None:
    synced(office.options(folder, choice=HLS))
    store = FolderStore(folder)
    assert [verify(store, one, deep=True) for one in sorted(ids(0, 1, 2))] == [(), (), ()]


def test_nothing_new_is_one_small_request(office: Library, folder: Path) -> None:
    with serving(Path(office.store.url)) as (url, server):
        options = office.options(folder, url)
        synced(options)
        before = tree(folder)
        server.asked.clear()
        server.sent = 0
        done = synced(options)
    assert (done.changed, done.requests) == (False, 1)
    assert (server.asked, server.sent) == (["catalog/catalog.json"], 0)
    assert tree(folder) == before


def test_a_server_without_tags_is_asked_for_the_pointer_alone(
    office: Library, folder: Path
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.tags = False
        options = office.options(folder, url)
        synced(options)
        server.asked.clear()
        assert not synced(options).changed
    assert server.asked == ["catalog/catalog.json"]


def test_only_what_is_new_is_fetched_and_what_is_withdrawn_goes(
    office: Library, folder: Path
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        options = office.options(folder, url)
        synced(options)
        office.publish(1, "第 1 课，改")
        office.publish(9, "新课")
        office.withdraw(0)
        office.release()
        server.asked.clear()
        done = synced(options)
    assert (done.brought, done.removed) == (2, 1)
    shown = titles(folder)
    assert set(shown) == ids(1, 2, 9)
    assert shown["changsha-000000000001"] == "第 1 课，改"
    assert whole(folder) == ids(1, 2, 9)
    assert "catalog/deltas/1-2.json" in server.asked
    assert "catalog/releases/2.json" not in server.asked
    assert not [one for one in server.asked if "000000000002" in one]


def test_a_lesson_that_got_another_title_alone_fetches_no_media(
    office: Library, folder: Path
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        synced(office.options(folder, url))
        lesson = "changsha-000000000002"
        made = lesson_of(office.store, lesson, "第 2 课", 2000, 2, disc=True)
        draft = replace(made.draft, entry=replace(made.draft.entry, title="别名"))
        fence = take_fence(office.store, lesson)
        retitled = replace(made, draft=draft)
        office.lessons[lesson] = publish(office.store, lesson, retitled, fence, held=True).release
        office.release()
        server.asked.clear()
        synced(office.options(folder, url))
    assert titles(folder)[lesson] == "别名"
    media = [one for one in server.asked if "/media/" in one]
    assert [one for one in media if "/details-" not in one] == []


def test_a_step_back_of_the_office_is_followed(office: Library, folder: Path) -> None:
    options = office.options(folder)
    before = dict(office.lessons)
    synced(options)
    first = titles(folder)
    office.publish(1, "错的")
    office.release()
    synced(options)
    office.lessons = before
    office.release()
    done = synced(options)
    assert titles(folder) == first
    assert (done.number, whole(folder)) == (3, ids(0, 1, 2))


def test_a_station_too_old_for_any_delta_takes_the_whole(office: Library, folder: Path) -> None:
    with serving(Path(office.store.url)) as (url, server):
        synced(office.options(folder, url))
        for number in range(20, 31):
            office.publish(number, "x", size=100, disc=False)
            office.release()
        server.asked.clear()
        synced(office.options(folder, url))
    assert "catalog/releases/12.json" in server.asked
    assert len(titles(folder)) == 14


# --- what it wants -------------------------------------------------------------------------------


def names(folder: Path) -> set[str]:
    """How the names of the second lesson's objects begin."""
    media = folder / "lessons" / "changsha-000000000002" / "media"
    return {one.name.split("-")[0] for one in media.iterdir()}


def test_discs_come_only_where_they_are_named(office: Library, folder: Path) -> None:
    synced(office.options(folder))
    assert "dvd" not in names(folder)
    synced(office.options(folder, choice=Choice(profiles=("dvd", "audio"))))
    assert {"dvd", "audio", "poster", "details"} == names(folder)
    assert whole(folder) == ids(0, 1, 2)
    assert titles(folder)
    assert [one for one in entries(folder) if "master" in one or one.get("sizes")] == []
    assert not [*folder.glob("lessons/*/master*.m3u8")]


def test_everything_is_the_offices_own_release(office: Library, folder: Path) -> None:
    synced(office.options(folder, choice=Choice(profiles=("hls", "audio", "dvd"))))
    for lesson in ids(0, 1, 2):
        name = f"lessons/{lesson}/releases/1.json"
        assert (folder / name).read_bytes() == office.store.get(name).data


def test_pictures_are_limited(office: Library, folder: Path) -> None:
    synced(office.options(folder, choice=Choice(max_height=400)))
    assert not {"720p"} & names(folder)
    assert {"180p", "360p", "audio"} <= names(folder)
    for home in (folder / "lessons").iterdir():
        assert play(home, "master.m3u8")
    titles(folder)
    synced(office.options(folder))
    assert "720p" in names(folder)
    assert whole(folder) == ids(0, 1, 2)


def test_categories_and_courses_choose_lessons(office: Library, folder: Path) -> None:
    synced(office.options(folder, choice=Choice(categories=("feature",))))
    assert set(titles(folder)) == ids(0)
    synced(office.options(folder, choice=Choice(courses=("第 0 门课",))))
    assert set(titles(folder)) == whole(folder) == ids(0, 2)


def test_a_lesson_without_what_is_chosen_is_passed_over(office: Library, folder: Path) -> None:
    office.publish(5, "没有光盘", disc=False)
    office.release()
    told: list[Event] = []
    sync(office.options(folder, choice=Choice(profiles=("dvd",))), told.append, lambda: NOW)
    skipped = [one for one in told if isinstance(one, Skipped)]
    assert [(one.lesson[-1], one.reason) for one in skipped] == [("5", "products")]
    assert set(titles(folder)) == ids(0, 1, 2)


# --- whom it believes ----------------------------------------------------------------------------


def test_without_a_key_nothing_is_believed(office: Library, folder: Path) -> None:
    with pytest.raises(Unkeyed, match=r"公钥.*--key"):
        synced(office.options(folder, keys=()))
    assert tree(folder) == {}


def test_the_first_key_may_be_believed_and_is_pinned(office: Library, folder: Path) -> None:
    told: list[Event] = []
    sync(office.options(folder, keys=(), trust_first=True), told.append, lambda: NOW)
    warning = next(one.warning for one in told if isinstance(one, Warned))
    assert fingerprint(office.key.public) in warning
    office.key = SigningKey(Ed25519PrivateKey.generate())
    office.release()
    with pytest.raises(Distrusted) as refused:
        synced(office.options(folder, keys=(), trust_first=True))
    assert refused.value.doubt is Doubt.KEY


def test_a_key_handed_over_is_followed_and_the_old_one_is_not(
    office: Library, folder: Path
) -> None:
    options = office.options(folder)
    synced(options)
    new, old = SigningKey(Ed25519PrivateKey.generate()), office.key
    office.release(signer=Signer((new,), retiring=(old,)))
    synced(options)
    office.key = new
    office.release()
    synced(options)
    office.key = old
    office.release()
    with pytest.raises(Distrusted) as refused:
        synced(options)
    assert refused.value.doubt is Doubt.KEY


def test_a_renewal_changes_nothing_but_how_long_it_holds(office: Library, folder: Path) -> None:
    options = office.options(folder)
    synced(options)
    later = NOW + timedelta(days=29)
    office.renew(later)
    done = synced(options, later)
    assert (done.changed, done.version) == (False, 2)
    assert not synced(options, later + timedelta(days=29)).changed


def test_a_library_nobody_signs_is_taken_only_where_that_is_said(
    tmp_path: Path, folder: Path
) -> None:
    store = FolderStore(tmp_path / "library")
    lesson = "changsha-000000000001"
    made = lesson_of(store, lesson, "无签名", 500, 1, disc=False)
    publish(store, lesson, made, take_fence(store, lesson))
    rebuild(store)
    options = Options(store.url, folder)
    with pytest.raises(Distrusted) as refused:
        synced(options)
    assert refused.value.doubt is Doubt.UNSIGNED
    told: list[Event] = []
    sync(replace(options, unsigned=True), told.append, lambda: NOW)
    assert titles(folder) == {lesson: "无签名"}
    assert [one for one in told if isinstance(one, Warned)]


def test_a_signed_library_cannot_become_unsigned(office: Library, folder: Path) -> None:
    options = office.options(folder, unsigned=True)
    synced(options)
    pointer = json.loads(office.store.get("catalog/catalog.json").data)
    del pointer["signed"]
    data = json.dumps(pointer).encode()
    office.store.put("catalog/catalog.json", data, type="application/json")
    with pytest.raises(Distrusted) as refused:
        synced(options)
    assert refused.value.doubt is Doubt.UNSIGNED


# --- its folder ----------------------------------------------------------------------------------


def test_two_syncs_of_one_folder_are_told(office: Library, folder: Path) -> None:
    options = office.options(folder)
    with locked(folder), pytest.raises(Busy, match=r"另一个同步.*Another sync"):
        synced(options)
    assert synced(options).brought == 3


def test_what_rotted_is_found_and_mended(office: Library, folder: Path) -> None:
    options = office.options(folder)
    synced(options)
    before = tree(folder / "lessons")
    media = sorted((folder / "lessons" / "changsha-000000000001" / "media").iterdir())
    media[0].unlink()
    media[1].write_bytes(b"rot" + media[1].read_bytes()[3:])
    assert not synced(options).changed
    assert synced(replace(options, check=True)).brought == 1
    assert tree(folder / "lessons") == before
