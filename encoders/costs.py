"""Where a task's CPU seconds go."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Costs:
    """CPU seconds of this thread by stage; within a stage another may claim its part."""

    def __init__(self) -> None:
        self._stage = "other"
        self._since = time.thread_time()
        self._spent = dict.fromkeys(("decode", "scale", "encode", "pictures", "other"), 0.0)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        around = self._enter(stage)
        try:
            yield
        finally:
            self._enter(around)

    def each(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """`items`, with the time each takes to come booked to `stage`."""
        iterator = iter(items)
        while True:
            with self.of(stage):
                item = next(iterator, None)
            if item is None:
                return
            yield item

    def total(self) -> dict[str, float]:
        self._enter(self._stage)
        return dict(self._spent)

    def _enter(self, stage: str) -> str:
        now, left = time.thread_time(), self._stage
        self._spent[left] += now - self._since
        self._since, self._stage = now, stage
        return left
