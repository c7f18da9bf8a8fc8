"""What the office decides and releases, and its numbers."""

from datetime import datetime, timedelta, timezone

import pytest

from farm.errors import LedgerConflict
from farm.ledger import (
    Ledger,
    courses,
    decisions,
    jobs,
    keys,
    lessons,
    numbers,
    prints,
    releases,
)
from farm.ledger.model import CatalogRelease, Course, LessonRow
from farm.ledger.states import JobKind, JobState, Role, Verdict
from tests.farm.ledger.conftest import a_job


def at(day: str, hour: int = 12) -> float:
    """A moment by the clock of China."""
    china = timezone(timedelta(hours=8))
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=china).timestamp()


def a_lesson(id: str, base: str = "nj", updated: float = 1.0, **fields: object) -> LessonRow:
    values = {"title": "番茄", "category": "agriculture", "duration": 1800.0, **fields}
    return LessonRow(id=id, base=base, updated=updated, **values)  # type: ignore[arg-type]


def test_a_lesson_is_put_whole(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, a_lesson("a", waiting=2, course="滴灌", number=3))
        lessons.put(tx, a_lesson("b"), a_lesson("a", title="茄子", approved=1))
        lessons.put(tx)
        assert lessons.get(tx, "a") == a_lesson("a", title="茄子", approved=1)
        assert lessons.change(tx, "a", waiting=5)
        assert not lessons.change(tx, "none", waiting=5)
        assert [one.id for one in lessons.every(tx)] == ["a", "b"]
        assert lessons.get(tx, "none") is None


def test_lessons_that_wait_and_that_are_a_bases(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, a_lesson("a", waiting=1, updated=5.0), a_lesson("b", updated=9.0))
        lessons.put(tx, a_lesson("c", base="xa", waiting=4, updated=2.0))
        assert [one.id for one in lessons.waiting(tx)] == ["c", "a"]
        assert [one.id for one in lessons.of_base(tx, "nj")] == ["b", "a"]


def test_the_next_catalog_and_the_current_one(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, a_lesson("a", approved=2), a_lesson("b", approved=2, published=1))
        lessons.put(tx, a_lesson("c", approved=1, withdrawn=True, published=1), a_lesson("d"))
        snapshot = lessons.approved(tx)
        assert snapshot == {"a": 2, "b": 2}
        lessons.published(tx, snapshot)
        now = {one.id: one.published for one in lessons.every(tx)}
        assert now == {"a": 2, "b": 2, "c": None, "d": None}
        lessons.published(tx, {"b": 1, "c": 1})
        now = {one.id: one.published for one in lessons.every(tx)}
        assert now == {"a": None, "b": 1, "c": 1, "d": None}


def test_a_catalog_of_thousands(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, *(a_lesson(f"l{one:04}", approved=1 + one % 3) for one in range(1000)))
        lessons.published(tx, lessons.approved(tx))
        assert {one.published for one in lessons.every(tx)} == {1, 2, 3}
        lessons.published(tx, {"l0001": 2})
        held = [one.id for one in lessons.every(tx) if one.published is not None]
        assert held == ["l0001"]


def test_decisions_the_latest_first(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, a_lesson("a"), a_lesson("b"))
        key, _ = keys.issue(tx, Role.OFFICE, None, "李", None, 1.0)
        first = decisions.add(tx, "a", 1, Verdict.REJECTED, at=1.0, reason="无声", key=key.id)
        second = decisions.add(tx, "a", 2, Verdict.APPROVED, at=2.0)
        third = decisions.add(tx, "b", 1, Verdict.WITHDRAWN, at=3.0)
        assert [one.id for one in decisions.of_lesson(tx, "a")] == [second, first]
        assert [one.id for one in decisions.recent(tx, limit=2)] == [third, second]
        told = decisions.of_lesson(tx, "a")[-1]
        assert (told.verdict, told.reason, told.key) == (Verdict.REJECTED, "无声", key.id)
    with pytest.raises(LedgerConflict), ledger.begin() as tx:
        decisions.add(tx, "none", 1, Verdict.APPROVED, at=1.0)


def test_a_course_and_its_order(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, *(a_lesson(one) for one in "abc"))
        courses.add(tx, Course("c1", "滴灌", created=1.0))
        courses.set_lessons(tx, "c1", ["b", "a"])
        assert courses.lessons(tx, "c1") == ("b", "a")
        courses.set_lessons(tx, "c1", ["a", "c", "b"])
        assert courses.lessons(tx, "c1") == ("a", "c", "b")
        courses.set_lessons(tx, "c1", [])
        assert courses.lessons(tx, "c1") == ()
        courses.set_lessons(tx, "c1", ["a"])
        assert courses.rename(tx, "c1", "温室")
        assert courses.named(tx, "温室") == courses.get(tx, "c1") == courses.every(tx)[0]
        assert courses.drop(tx, "c1")
        assert not courses.drop(tx, "c1")
        assert courses.lessons(tx, "c1") == ()
        assert lessons.get(tx, "a") is not None


@pytest.mark.parametrize("order", [["a", "a"], ["a", "none"]])
def test_an_order_that_cannot_be_leaves_the_old_one(ledger: Ledger, order: list[str]) -> None:
    with ledger.begin() as tx:
        lessons.put(tx, a_lesson("a"), a_lesson("b"))
        courses.add(tx, Course("c1", "滴灌", created=1.0))
        courses.set_lessons(tx, "c1", ["b", "a"])
    with pytest.raises(LedgerConflict), ledger.begin() as tx:
        courses.set_lessons(tx, "c1", order)
    with ledger.read() as tx:
        assert courses.lessons(tx, "c1") == ("b", "a")


def test_two_courses_do_not_share_a_name(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        courses.add(tx, Course("c1", "滴灌", created=1.0))
    with pytest.raises(LedgerConflict), ledger.begin() as tx:
        courses.add(tx, Course("c2", "滴灌", created=1.0))


def test_prints(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        first = prints.add(tx, "c1", "dvd", 200, "李", at=1.0, note="春播前")
        second = prints.add(tx, "c2", "vcd", 5, "李", at=2.0)
        assert [one.id for one in prints.every(tx)] == [second, first]
        assert [one.id for one in prints.every(tx, course="c1")] == [first]
        order = prints.get(tx, first)
        assert order
        assert (order.copies, order.note) == (200, "春播前")
    with pytest.raises(LedgerConflict, match="copies"), ledger.begin() as tx:
        prints.add(tx, "c1", "dvd", 0, "李", at=1.0)


def a_release(number: int, version: int, back_to: int | None = None) -> CatalogRelease:
    return CatalogRelease(
        number=number,
        sha256=f"{number:064x}",
        version=version,
        at=float(number),
        by="李",
        lessons=10,
        added=3,
        changed=2,
        removed=1,
        bytes=5 << 40,
        back_to=back_to,
    )


def test_catalog_releases(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert releases.latest(tx) is None
        releases.add(tx, a_release(1, version=1))
        releases.add(tx, a_release(2, version=4))
        back = releases.add(tx, a_release(3, version=5, back_to=1))
        assert releases.latest(tx) == releases.get(tx, 3) == back
        assert [one.number for one in releases.every(tx, limit=2)] == [3, 2]
        assert [one.number for one in releases.every(tx, before=2)] == [1]
    for taken in (a_release(3, version=6), a_release(4, version=5), a_release(4, 6, back_to=9)):
        with pytest.raises(LedgerConflict), ledger.begin() as tx:
            releases.add(tx, taken)


# --- numbers -------------------------------------------------------------------------------------


def test_published_hours_count_in_the_month_of_the_first_approval(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        lessons.put(
            tx,
            a_lesson("a", published=2, updated=at("2024-05-02")),
            a_lesson("b", published=1, duration=5400.0, updated=at("2024-05-02")),
            a_lesson("c", published=1, category="audio", updated=at("2024-05-01", hour=1)),
            a_lesson("d", published=1, base="xa", updated=at("2024-04-30", hour=23)),
            a_lesson("e", approved=1, updated=at("2024-05-02")),
        )
        for release, day in ((1, "2024-03-31"), (2, "2024-05-02")):
            decisions.add(tx, "a", release, Verdict.APPROVED, at=at(day, hour=23))
        decisions.add(tx, "b", 1, Verdict.REJECTED, at=at("2024-02-01"))
        found = [
            (one.base, one.category, one.month, one.lessons, one.hours)
            for one in numbers.published(tx)
        ]
    assert found == [
        ("nj", "agriculture", "2024-03", 1, 0.5),
        ("nj", "agriculture", "2024-05", 1, 1.5),
        ("nj", "audio", "2024-05", 1, 0.5),
        ("xa", "agriculture", "2024-04", 1, 0.5),
    ]


def test_delivered_hours_count_a_lesson_once(ledger: Ledger) -> None:
    done = {"state": JobState.DONE, "lesson": "a", "duration": 3600.0}
    with ledger.begin() as tx:
        lessons.put(tx, a_lesson("a"))
        jobs.add(tx, a_job("1", ended=at("2024-05-01", hour=1), **done))
        jobs.add(tx, a_job("2", ended=at("2024-06-01"), **done))
        jobs.add(tx, a_job("3", ended=at("2024-06-01"), **{**done, "kind": JobKind.MEND}))
        jobs.add(tx, a_job("4", ended=at("2024-06-01"), **{**done, "state": JobState.FAILED}))
        jobs.add(tx, a_job("5", ended=at("2024-06-01"), **{**done, "lesson": "unknown"}))
        found = [
            (one.base, one.category, one.month, one.lessons, one.hours)
            for one in numbers.delivered(tx)
        ]
    assert found == [
        ("nj", "", "2024-06", 1, 1.0),
        ("nj", "agriculture", "2024-05", 1, 1.0),
    ]


def test_backlog_of_every_base(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        jobs.add(tx, a_job("1", state=JobState.QUEUED, queued=7.0, work=50.0))
        jobs.add(tx, a_job("2", state=JobState.QUEUED, queued=5.0, work=30.0))
        jobs.add(tx, a_job("3", state=JobState.RUNNING, queued=1.0, work=80.0, done=30.0))
        jobs.add(tx, a_job("4", state=JobState.ASKING))
        jobs.add(tx, a_job("5", state=JobState.DONE, work=99.0))
        found = numbers.backlog(tx)
    assert found == (
        numbers.Backlog("nj", jobs=4, asking=1, running=1, work=130.0, oldest=5.0),
        numbers.Backlog("xa", jobs=0, asking=0, running=0, work=0.0, oldest=None),
    )
