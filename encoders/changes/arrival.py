"""When exactly one picture became another, between two that were looked at."""

from dataclasses import dataclass

from encoders.pictures import Plane, apart


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a picture came, in thinned copies; which slot that makes is worked out when asked for."""

    before: Plane | None
    """What was looked at before; None where this is the first."""
    since: tuple[tuple[int, Plane], ...]
    """What was shown since then, and from which slot on; the last is the picture itself."""

    @property
    def slot(self) -> int:
        """The first of those that are nearer to this picture than to the one before."""
        now = self.since[-1][1]
        if self.before is None:
            return self.since[0][0]
        for slot, between in self.since[:-1]:
            if _distance(between, now) < _distance(between, self.before):
                return slot
        return self.since[-1][0]


def _distance(one: Plane, other: Plane) -> int:
    if one.shape != other.shape:
        return 255 * one.size
    return int(apart(one, other).sum())
