"""What a job that is not planned yet will come to, from what jobs like it came to.

Until its recording is planned nobody knows its chunks, only how long it is, how large its picture,
and what is to be made of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median

from farm.estimate.ahead import Rest
from farm.estimate.speeds import Sample, Speeds

CHUNK = 30.0
"""Seconds of media that one piece is of, before any job was seen."""
TAIL = 3.0
"""Seconds after the last piece, likewise."""
MOST = 16
"""Pieces an outline has at most: a queue of hundreds of jobs is played through in no time, and
their order does not hang on finer ones."""


@dataclass(frozen=True, slots=True)
class Past:
    """A job that was done, whole: nothing of it was kept from before."""

    like: str
    """See `like`."""
    duration: float
    """Seconds of media."""
    pieces: int
    work: float
    """Seconds of all pieces together."""
    rest: float
    """Seconds of all that followed them on slots: products."""
    tail: float
    """Seconds after the last of it."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Work that is expected, not planned."""

    pieces: tuple[float, ...]
    """Seconds of each, for one slot."""
    rest: Rest


def like(profiles: Sequence[str], width: int, height: int) -> str:
    """Jobs of one name come to about the same for a second of media. Sizes are the recording's,
    0 where it has no picture."""
    names = sorted(set(profiles))
    if not width * height:
        return " ".join(("talk", *names))
    return " ".join(("lesson", *(f"{name} {width}x{height} 1" for name in names)))


@dataclass(frozen=True, slots=True)
class Outlines:
    """What is known of jobs as wholes; without past ones, what is guessed."""

    works: Speeds = field(default_factory=Speeds)
    rests: Speeds = field(default_factory=Speeds)
    chunk: float = CHUNK
    tail: float = TAIL

    @classmethod
    def learned(cls, jobs: Iterable[Past]) -> "Outlines":
        """From recent jobs, a few hundred at most."""
        known = [one for one in jobs if one.duration > 0 and one.pieces > 0]
        if not known:
            return cls()
        return cls(
            works=Speeds.learned(Sample(one.like, one.duration, one.work) for one in known),
            rests=Speeds.learned(
                Sample(_rest(one.like), one.duration, max(one.rest, 1e-3)) for one in known
            ),
            chunk=median(one.duration / one.pieces for one in known),
            tail=median(one.tail for one in known),
        )

    def of(self, like: str, duration: float) -> Outline:
        """`duration`: seconds of media."""
        count = max(1, min(MOST, ceil(duration / self.chunk)))
        work = self.works.seconds(like, duration)
        rest = self.rests.seconds(_rest(like), duration)
        return Outline((work / count,) * count, Rest((rest,), self.tail))


def _rest(like: str) -> str:
    """What follows does not grow with the picture's size, but with what is made."""
    return " ".join(("rest", *(word for word in like.split()[1:] if not word[0].isdigit())))
