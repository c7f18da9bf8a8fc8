"""Who reads a station while it syncs, or after it died at any step, meets whole lessons only."""

import os
import shutil
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

from farm.station import Options, sync
from tests.farm.station.libraries import NOW, Library, titles, whole

STRIDE = 17
"""Every so many steps on the station's disk one is the last."""
FIRST, SECOND = "changsha-000000000001", "changsha-000000000009"


def change(office: Library) -> None:
    """A lesson changed, one withdrawn, one new."""
    office.publish(1, "第 1 课，改")
    office.withdraw(0)
    office.publish(9, "新课")
    office.release()


def test_a_reader_at_any_time_is_never_sent_to_what_is_not_there(
    office: Library, folder: Path
) -> None:
    options = office.options(folder)
    sync(options, now=lambda: NOW)
    stop = threading.Event()
    seen: list[dict[str, str]] = []
    torn: list[AssertionError] = []

    def read() -> None:
        while not stop.is_set() and not torn:
            try:
                seen.append(titles(folder))
            except AssertionError as error:
                torn.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for one in readers:
        one.start()
    try:
        for turn in range(4):
            office.publish(1, f"第 1 课，{turn}")
            (office.publish if turn % 2 else withdraw_of(office))(0, "又来了")
            office.publish(20 + turn, "新课")
            office.release()
            sync(options, now=lambda: NOW)
    finally:
        stop.set()
        for one in readers:
            one.join()
    assert torn == []
    assert len({tuple(sorted(one.items())) for one in seen}) > 4
    assert set(titles(folder)) == whole(folder) == set(office.lessons)


def withdraw_of(office: Library) -> Callable[[int, str], str]:
    return lambda number, _: office.withdraw(number)


def test_a_station_that_died_at_any_step_is_whole_and_goes_on(
    office: Library, folder: Path, tmp_path: Path
) -> None:
    sync(office.options(tmp_path / "before", connections=1), now=lambda: NOW)
    change(office)
    deaths = 0
    for last in count(1, STRIDE):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "before", folder)
        options = office.options(folder, connections=1)
        if not died(options, last):
            break
        deaths += 1
        shown = titles(folder)
        assert shown[FIRST] in ("第 1 课", "第 1 课，改")
        sync(options, now=lambda: NOW)
        assert titles(folder)[FIRST] == "第 1 课，改"
        assert set(titles(folder)) == whole(folder) == set(office.lessons)
    assert deaths > 10


def died(options: Options, last: int) -> bool:
    """Sync in a process that is gone at its `last`th change to the disk."""
    child = os.fork()
    if child == 0:
        steps = count(1)

        def watch(event: str, given: tuple[object, ...]) -> None:
            writes = event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir") or (
                event == "open" and isinstance(given[1], str) and given[1][0] in "wxa"
            )
            if writes and next(steps) >= last:
                os._exit(9)

        sys.addaudithook(watch)
        try:
            sync(options, now=lambda: NOW)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9)
    return status == 9
