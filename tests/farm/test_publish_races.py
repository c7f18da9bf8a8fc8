"""Many publishers of one lesson at once, and a reader who never sees anything half-done."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path

import pytest

from farm.errors import Stale, StoreError
from farm.housekeeping import collect, verify
from farm.pointers import folder_of, read_current
from farm.publish import publish, take_fence
from farm.store import Store, open_store
from tests.farm.lessons import LESSON, read_whole, upload

PUBLISHERS = 16


@contextmanager
def reader(store: Store) -> Iterator[list[str | None]]:
    """Reads all the while; what it saw, in order. Its first complaint is raised at the end."""
    seen: list[str | None] = []
    complaints: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(read_whole(store))
            except BaseException as error:  # of a thread: kept for the test
                complaints.append(error)
                return

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
    if complaints:
        raise complaints[0]


def one_run(store: Store, version: str) -> int | None:
    """The fence of a run that published; None for one that came too late."""
    fence = take_fence(store, LESSON)
    try:
        publish(store, LESSON, upload(store, version), fence)
    except Stale:
        return None
    return fence


def agree(store: Store, fences: list[int | None]) -> None:
    """The highest fence cannot be refused, and nothing lower can follow it."""
    published = [fence for fence in fences if fence is not None]
    assert len(set(published)) == len(published)
    current = read_current(store, LESSON)
    assert current is not None
    assert current.pointer.fence == max(published) >= PUBLISHERS
    assert verify(store, LESSON, deep=True) == ()


def test_threads_racing_for_one_lesson(store: Store) -> None:
    with reader(store) as seen, ThreadPoolExecutor(PUBLISHERS) as pool:
        fences = list(pool.map(lambda n: one_run(store, f"version {n}"), range(PUBLISHERS)))
    agree(store, fences)
    assert len(set(seen)) > 1


def _in_a_process(arguments: tuple[str, int]) -> int | None:
    url, n = arguments
    return one_run(open_store(url), f"version {n}")


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_processes_racing_for_one_lesson(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "s3":
        url = request.getfixturevalue("s3_store").url
    else:
        url = str(request.getfixturevalue("tmp_path") / "library")
    store = open_store(url)
    context = get_context("spawn")
    with reader(store), ProcessPoolExecutor(4, mp_context=context) as pool:
        fences = list(pool.map(_in_a_process, [(url, n) for n in range(PUBLISHERS)]))
    agree(store, fences)


def test_equal_lessons_racing_make_one_release(store: Store) -> None:
    made = upload(store, "same")
    fences = [take_fence(store, LESSON) for _ in range(PUBLISHERS)]
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        done = list(pool.map(lambda fence: publish(store, LESSON, made, fence), fences))
    assert {one.release for one in done} == {1}
    names = [info.name for info in store.list(folder_of(LESSON) + "releases/")]
    assert names == [folder_of(LESSON) + "releases/1.json"]
    assert verify(store, LESSON, deep=False) == ()


def test_fences_are_each_given_once(store: Store) -> None:
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        fences = list(pool.map(lambda _: take_fence(store, LESSON), range(PUBLISHERS)))
    assert len(set(fences)) == PUBLISHERS


def test_collecting_while_others_publish(tmp_path: Path) -> None:
    """No grace at all: what a run had put and not yet named may go, but nothing that is named."""
    store = open_store(str(tmp_path))
    one_run(store, "version")
    stop = threading.Event()

    removed = 0

    def tidy() -> None:
        nonlocal removed
        pauses = random.Random(3)
        while not stop.wait(pauses.random() / 4):
            removed += collect(store, LESSON, keep=1, grace=-1).objects

    published = 0
    with ThreadPoolExecutor(1) as pool:
        tidying = pool.submit(tidy)
        while (published < 12 or not removed) and not tidying.done():
            with suppress(StoreError):
                published += one_run(store, f"version {published % 5}") is not None
            assert verify(store, LESSON, deep=False) == ()
        stop.set()
    tidying.result()
    assert removed
