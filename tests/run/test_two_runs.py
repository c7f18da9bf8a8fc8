"""Two runs of one lesson at once, for different profiles."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from encoders.profiles import load
from farm.batch import Means, produce_all
from farm.events import Event, Planned, Published
from farm.inspection import inspect
from farm.metadata import published_profiles
from farm.model import Metadata
from farm.recording import identify
from farm.request import Asked, request_of
from farm.store import open_store
from tests.farm_run import SMALL_PROFILE
from tests.media import lecture


def test_neither_takes_away_what_the_other_added_and_was_told(tmp_path: Path) -> None:
    """The later one plans before the earlier one has published, and publishes after it."""
    path = lecture(tmp_path / "lecture.mp4", seconds=2, size=(320, 180))
    store, work = open_store(str(tmp_path / "library")), tmp_path / "work"
    recording = identify(path, Metadata(title=None, base="local"))
    inspect(store, recording, work, lambda _: None)
    means = Means(store, load([SMALL_PROFILE]), 1, None, work)
    first_planned, second_planned, first_done = (threading.Event() for _ in range(3))

    def first(event: Event) -> None:
        if isinstance(event, Planned):
            first_planned.set()
            assert second_planned.wait(60)
        if isinstance(event, Published):
            first_done.set()

    def second(event: Event) -> None:
        if isinstance(event, Planned):
            second_planned.set()
            assert first_done.wait(60)

    with ThreadPoolExecutor(2) as threads:
        titled = Asked({"title": "滴灌"}, profiles=("take",))
        one = threads.submit(produce_all, means, [request_of(path, "one", titled)], first)
        assert first_planned.wait(60)
        asked = request_of(path, "two", Asked({}, profiles=("small",)))
        two = threads.submit(produce_all, means, [asked], second)
        assert (one.result(), two.result()) == (0, 0)
    assert set(published_profiles(store, recording.lesson)) == {"take", "small"}
