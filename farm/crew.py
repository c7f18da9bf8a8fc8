"""The workers of a run: whom it asks for them, and those it starts itself.

A run's own are started beside the inspection, and only when they are worth their start.
"""

import os
from typing import Protocol

from workers.bridge import BridgedPool
from workers.local_pool import LocalPool
from workers.model import Pool
from workers.ray_pool import RayPool

LIGHT = 20.0
"""Work (see `Call.weight`, about a second of media each) that is done before Ray would be up."""


class Crew(Protocol):
    """Where a run takes its workers from."""

    @property
    def remote(self) -> bool:
        """Whether workers may be on other machines."""
        ...

    def expect(self) -> None:
        """Real work is coming; returns at once."""
        ...

    def pool(self, weight: float) -> Pool:
        """The workers for that much work (see `Call.weight`)."""
        ...

    def close(self) -> None:
        """Stops every call and its children; whoever asks next gets new workers."""
        ...


class OwnCrew:
    """Starts each kind of pool at most once, when first needed; closes them at the end."""

    def __init__(self, slots: int | None, address: str | None) -> None:
        self._slots = slots
        self._address = address
        self._ray: Pool | None = None
        self._local: Pool | None = None

    @property
    def remote(self) -> bool:
        """Whether workers may be on other machines."""
        return self._address is not None

    def expect(self) -> None:
        """Real work is coming: Ray begins to start; returns at once."""
        self._with_ray()

    def pool(self, weight: float) -> Pool:
        """The workers for that much work: Ray, or, where it would come too late, this machine."""
        if self._ray is None and not self.remote and weight < LIGHT:
            if self._local is None:
                self._local = LocalPool(self._count())
            return self._local
        return self._with_ray()

    def close(self) -> None:
        """Stops every call and its children; whoever asks next gets new workers."""
        for pool in (self._local, self._ray):
            if pool is not None:
                pool.close()
        self._local = self._ray = None

    def _with_ray(self) -> Pool:
        if self._ray is None and self._address is not None:
            self._ray = RayPool(self._slots, address=self._address)
        elif self._ray is None:
            slots = self._count()
            self._ray = BridgedPool(lambda: RayPool(slots), slots)
        return self._ray

    def _count(self) -> int:
        return self._slots or os.cpu_count() or 1
