"""How far a chunk is."""

from collections.abc import Callable
from fractions import Fraction

from encoders.tasks import ChunkTask


class Progress:
    """Tells how much of the chunk is done; as a sign of life also while nothing is."""

    def __init__(self, task: ChunkTask, report: Callable[[float], None]) -> None:
        self._start = task.first / task.rate
        self._seconds = task.last / task.rate - self._start
        self._report = report
        self._done = 0.0

    def at(self, time: Fraction) -> None:
        """One of the lesson's clocks has come to `time`."""
        self._done = max(self._done, float((time - self._start) / self._seconds))
        self.alive()

    def alive(self) -> None:
        self._report(self._done)
