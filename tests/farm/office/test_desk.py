"""What the ledger says is approved becomes the catalog, and the ledger knows of it, always."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from farm.errors import NotFound, Overtaken, StoreError
from farm.ledger import Ledger, bases, open_ledger
from farm.ledger import lessons as lesson_rows
from farm.ledger import releases as release_rows
from farm.ledger.model import Base, LessonRow
from farm.office.desk import Desk
from farm.office.head import read_head
from farm.signing import Signer
from farm.store.folder import FolderStore
from tests.farm.office.library import (
    a_key,
    hold,
    lesson_id,
    links,
    office_store,
    seen_by_station,
    titles,
)
from tests.farm.recording_store import Killed, MortalStore

AT = 1_800_000_000.0
NOW = datetime.fromtimestamp(AT, UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Three lessons wait; none is approved."""
    store = office_store(tmp_path / "library")
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    with ledger.begin() as tx:
        bases.add(tx, Base("changsha", "Changsha", "长沙", AT))
        for n in range(3):
            hold(store, n, "first")
            row = LessonRow(lesson_id(n), "changsha", "first", "agriculture", 12.0, AT, waiting=1)
            lesson_rows.put(tx, row)
    yield Desk(ledger, store, Signer((a_key(tmp_path),)))
    ledger.close()


def approve(ledger: Ledger, n: int, release: int | None, *, withdrawn: bool = False) -> None:
    with ledger.begin() as tx:
        lesson_rows.change(tx, lesson_id(n), approved=release, waiting=None, withdrawn=withdrawn)


def published(desk: Desk) -> dict[str, int]:
    with desk.ledger.read() as tx:
        return {one.id: one.published for one in lesson_rows.every(tx) if one.published}


def shown(desk: Desk) -> dict[str, str]:
    return titles(seen_by_station(desk.store, desk.signer.keys[0], NOW))


def test_what_is_approved_is_released_and_noted(desk: Desk) -> None:
    approve(desk.ledger, 0, 1)
    approve(desk.ledger, 1, 1)
    draft = desk.draft()
    assert draft.difference.total > 0
    row = desk.release(draft, AT, by="office 1", note="the first")
    assert (row.number, row.version, row.lessons, row.added, row.by) == (1, 1, 2, 2, "office 1")
    assert row.bytes == draft.difference.total
    assert shown(desk) == {lesson_id(0): "first", lesson_id(1): "first"}
    assert links(desk.store, 3) == published(desk) == {lesson_id(0): 1, lesson_id(1): 1}
    approve(desk.ledger, 1, 1, withdrawn=True)
    assert hold(desk.store, 0, "second") == 2
    approve(desk.ledger, 0, 2)
    row = desk.release(desk.draft(weigh=False), AT + 60)
    assert (row.number, row.added, row.changed, row.removed) == (2, 0, 1, 1)
    assert row.bytes > 0
    assert links(desk.store, 3) == published(desk) == {lesson_id(0): 2}
    with desk.ledger.read() as tx:
        assert [one.number for one in release_rows.every(tx)] == [2, 1]


def test_a_step_back_is_noted_with_where_to(desk: Desk) -> None:
    approve(desk.ledger, 0, 1)
    desk.release(desk.draft(), AT)
    approve(desk.ledger, 1, 1)
    desk.release(desk.draft(), AT)
    row = desk.release(desk.draft_back(1), AT, by="office 1")
    assert (row.number, row.back_to, row.removed) == (3, 1, 1)
    assert published(desk) == {lesson_id(0): 1}
    with pytest.raises(NotFound, match="no release 9"):
        desk.draft_back(9)


def test_only_what_was_looked_at_is_released(desk: Desk) -> None:
    approve(desk.ledger, 0, 1)
    mark = desk.draft().mark
    assert desk.seen(mark).mark == mark
    approve(desk.ledger, 1, 1)
    with pytest.raises(Overtaken, match="look"):
        desk.seen(mark)


def test_renewals_count_and_are_remembered_beside_the_store(desk: Desk, tmp_path: Path) -> None:
    approve(desk.ledger, 0, 1)
    desk.release(desk.draft(), AT)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "library", copy)
    for day in range(3):
        made = desk.renew(AT + 86400 * day)
    approve(desk.ledger, 1, 1)
    desk.release(desk.draft(), AT)
    assert made.version == 4
    restored = replace(desk, store=FolderStore(copy))
    row = restored.release(restored.draft(), AT)
    assert (row.number, row.version) == (3, 6)


def test_nothing_is_released_that_is_not_whole(desk: Desk) -> None:
    approve(desk.ledger, 0, 1)
    draft = desk.draft()
    for info in list(desk.store.list(f"lessons/{lesson_id(0)}/media/")):
        desk.store.delete(info.name)
    with pytest.raises(StoreError, match="not whole"):
        desk.release(draft, AT)
    assert shown(desk) == {}
    assert published(desk) == {}


def test_the_ledger_catches_up_wherever_a_release_was_killed(tmp_path: Path, desk: Desk) -> None:
    approve(desk.ledger, 0, 1)
    desk.release(desk.draft(), AT)
    approve(desk.ledger, 0, None)
    approve(desk.ledger, 1, 1)
    made = 0
    for last in range(1, 40):
        killed = replace(desk, store=MortalStore(desk.store, last, done=True))
        number = read_head(desk.store, None).number
        try:
            killed.release(desk.draft(), AT)
        except Killed:
            pass
        else:
            break
        made += read_head(desk.store, None).number - number
        desk.catch_up()
        assert published(desk) == links(desk.store, 3)
        assert set(published(desk)) == set(shown(desk))
        with desk.ledger.read() as tx:
            latest = release_rows.latest(tx)
        assert latest is not None
        assert latest.number == read_head(desk.store, None).number
    assert made > 0
    assert desk.catch_up() == 0


def test_a_desk_with_nothing_to_catch_up_with_does_nothing(desk: Desk) -> None:
    assert desk.catch_up() == 0
    assert shown(desk) == {}


def test_a_signing_is_renewed_when_it_is_a_day_old_whoever_was_restarted(desk: Desk) -> None:
    assert desk.keep_signed(AT) is None
    approve(desk.ledger, 0, 1)
    desk.release(desk.draft(), AT)
    day = 86400
    assert desk.keep_signed(AT + day - 1) is None
    made = desk.keep_signed(AT + day)
    assert made is not None
    assert (made.number, made.version) == (1, 2)
    assert desk.keep_signed(AT + day + 1) is None
