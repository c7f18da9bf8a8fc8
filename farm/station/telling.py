"""Events one at a time, from whichever thread; progress a few times a second."""

import threading
import time

from farm.station.model import Emit, Event, Progressed

OFTEN = 0.2
"""Seconds between two events of progress."""


class Telling:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._current: tuple[str, str, int] | None = None
        self._done = 0
        self._fetched = 0
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._emit(event)

    def begin(self, lesson: str, title: str, size: int) -> None:
        """What comes from now on is of this lesson."""
        with self._lock:
            self._current = (lesson, title, size)
            self._done = 0

    def arrived(self, count: int) -> None:
        with self._lock:
            self._fetched += count
            self._done += count
            now = time.monotonic()
            if self._current is None or now - self._last < OFTEN:
                return
            self._last = now
            lesson, title, size = self._current
            self._emit(Progressed(lesson, title, min(self._done, size), size, self._fetched))

    def end(self) -> None:
        with self._lock:
            self._current = None
