"""How far a stage is, how fast it goes, and how long it will take."""

import time
from collections.abc import Callable

from farm.events import Emit, Progressed, Stage

LEAST_SECONDS = 0.1
"""Between two events of a stage."""
FORESEEN = 0.01
"""Part that is done before the time left is told."""


class StageProgress:
    """Tells `emit` of one stage of one recording, at most ten times a second."""

    def __init__(
        self,
        emit: Emit,
        recording: str,
        stage: Stage,
        media_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emit = emit
        self._recording = recording
        self._stage = stage
        self._media_seconds = media_seconds
        self._clock = clock
        self._began = clock()
        self._told = float("-inf")
        self._done = 0.0

    def update(self, done: float) -> None:
        """`done`: 0 to 1; never goes back."""
        if self._done == 1:
            return
        self._done = max(self._done, min(1.0, done))
        now = self._clock()
        if now - self._told < LEAST_SECONDS and self._done < 1:
            return
        self._told = now
        spent = now - self._began
        known = self._done > 0 and spent > 0
        media = self._media_seconds
        self._emit(
            Progressed(
                recording=self._recording,
                stage=self._stage,
                done=self._done,
                speed=media * self._done / spent if known and media is not None else None,
                left=spent * (1 - self._done) / self._done if self._done >= FORESEEN else None,
            )
        )
