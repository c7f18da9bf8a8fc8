"""A quota: the newest lessons that fit, whole ones, at any time."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from farm.station import Event, Synced, sync
from farm.station.model import Removed, Skipped
from farm.station.plan import Verdict, moment_of, verdict, victims
from farm.station.state import Held
from tests.farm.station.libraries import NOW, Library, titles, whole

LESSON = 15_400
"""Bytes of one, about."""


def held(**sizes: int) -> dict[str, Held]:
    """Lessons by name, the oldest first."""
    return {
        name: Held(name, 1, "", size, float(moment), "")
        for moment, (name, size) in enumerate(sizes.items())
    }


@pytest.mark.parametrize(
    ("size", "used", "quota", "said"),
    [
        (10, 0, None, Verdict.TAKE),
        (10, 90, 100, Verdict.TAKE),
        (11, 90, 100, Verdict.FULL),
        (100, 0, 100, Verdict.TAKE),
        (101, 0, 100, Verdict.TOO_LARGE),
        (101, 100, 100, Verdict.TOO_LARGE),
    ],
)
def test_what_fits(size: int, used: int, quota: int | None, said: Verdict) -> None:
    assert verdict(size, used, quota) is said


def test_the_oldest_give_way_first_and_no_more_than_needed() -> None:
    have = held(a=40, b=30, c=20)
    assert victims(have, (), 10, 100) == ()
    assert victims(have, (), 11, 100) == ("a",)
    assert victims(have, (), 51, 100) == ("a", "b")
    assert victims(have, {"a"}, 11, 100) == ("b",)
    assert victims(have, (), 10**9, None) == ()


def test_days_are_told_from_moments() -> None:
    assert moment_of("2024-05-20") < moment_of("2024-05-20T08:00:00+08:00") + 1
    assert moment_of("2024-05-20T08:00:00+08:00") == moment_of("2024-05-20T00:00:00Z")
    assert moment_of("nonsense") == 0


def synced(office: Library, folder: Path, quota: int | None) -> tuple[Synced, list[Event]]:
    told: list[Event] = []
    return sync(office.options(folder, quota=quota), told.append, lambda: NOW), told


def numbers(folder: Path) -> str:
    return "".join(sorted(lesson[-1] for lesson in titles(folder)))


def test_the_newest_are_kept_and_the_oldest_give_way(office: Library, folder: Path) -> None:
    done, _ = synced(office, folder, 2 * LESSON)
    assert (numbers(folder), done.left_out) == ("12", 1)
    office.publish(5, "更新的")
    office.release()
    done, told = synced(office, folder, 2 * LESSON)
    assert numbers(folder) == "25"
    assert [one.reason for one in told if isinstance(one, Removed)] == ["evicted"]
    assert done.held_bytes <= 2 * LESSON
    assert len(whole(folder)) == 2


def test_more_room_brings_back_what_gave_way(office: Library, folder: Path) -> None:
    synced(office, folder, LESSON)
    assert numbers(folder) == "2"
    synced(office, folder, None)
    assert numbers(folder) == "012"
    synced(office, folder, LESSON)
    assert numbers(folder) == "2"


def test_a_lesson_larger_than_the_quota_is_told_and_passed_over(
    office: Library, folder: Path
) -> None:
    office.publish(7, "很大", size=20_000)
    office.release()
    done, told = synced(office, folder, 3 * LESSON)
    (skipped,) = [one for one in told if isinstance(one, Skipped)]
    assert (skipped.lesson[-1], skipped.reason, skipped.size > 3 * LESSON) == ("7", "quota", True)
    assert (numbers(folder), done.left_out) == ("012", 0)


def test_a_changed_lesson_gives_up_its_old_state_where_there_is_no_room_for_both(
    office: Library, folder: Path
) -> None:
    synced(office, folder, 3 * LESSON)
    office.publish(2, "第 2 课，改")
    office.release()
    synced(office, folder, 3 * LESSON)
    assert numbers(folder) == "012"
    assert titles(folder)["changsha-000000000002"] == "第 2 课，改"
    assert len(whole(folder)) == 3


def test_the_quota_is_kept_at_any_time(office: Library, folder: Path) -> None:
    quota = 2 * LESSON
    synced(office, folder, quota)
    for number in range(10, 13):
        office.publish(number, "新课")
    office.release()
    most = 0
    stop = threading.Event()

    def watch() -> None:
        nonlocal most
        while not stop.is_set():
            most = max(most, media_bytes(folder))
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        options = replace(office.options(folder, quota=quota), connections=1)
        sync(options, now=lambda: NOW)
    finally:
        stop.set()
        watcher.join()
    # What is looked at to choose a lesson, its playlists, comes before there is room for it.
    assert most <= quota + 5000
    assert len(whole(folder)) == 2


def media_bytes(folder: Path) -> int:
    total = 0
    for path in (folder / "lessons").glob("*/media/*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total
