"""A share of a line: so many bytes a second, however many fetch at once."""

import threading
import time


class Rate:
    def __init__(self, rate: float | None) -> None:
        """`rate`: bytes a second; None: no limit."""
        self._rate = rate
        self._lock = threading.Lock()
        self._free = time.monotonic()

    def take(self, count: int, stop: threading.Event) -> None:
        """Waits until `count` bytes, which have come, are paid for, or `stop` is set."""
        if self._rate is None:
            return
        with self._lock:
            self._free = max(self._free, time.monotonic()) + count / self._rate
            wait = self._free - time.monotonic()
        if wait > 0:
            stop.wait(wait)
