"""The recordings of a lesson one after the other: an intro, the recording, an outro."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from encoders.audio.level import Gain, louder
from encoders.audio.source import Reader
from encoders.audio.stream import source_sound
from encoders.loudness import Samples
from encoders.tasks import SoundSource


@dataclass(frozen=True, slots=True)
class Programme:
    sources: tuple[SoundSource, ...]
    channels: int
    rate: int
    """Hz."""
    bounds: tuple[int, ...]
    """Samples: source i is heard from `bounds[i]` to `bounds[i + 1]`."""

    @property
    def length(self) -> int:
        """Samples."""
        return self.bounds[-1]


def programme_of(
    sources: tuple[SoundSource, ...], channels: int, rate: int, length: int | None = None
) -> Programme:
    """Each source lasts its duration: where one begins is rounded to a sample, never summed up.

    Where `length` samples are asked for, the last source is cut there or lasts until then. Raises
    ValueError where there is no source.
    """
    if not sources:
        raise ValueError("there is no sound without a source")
    times = accumulate((source.duration for source in sources), initial=Fraction(0))
    edges = [round(time * rate) for time in times]
    if length is not None:
        edges = [*(min(edge, length) for edge in edges[:-1]), length]
    return Programme(sources, channels, rate, tuple(edges))


class Take:
    """One reading of a programme; `errors` counts packets and reads that failed so far."""

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self._readers = tuple(Reader(source) for source in programme.sources)

    @property
    def errors(self) -> int:
        return sum(reader.errors for reader in self._readers)

    def source(self, index: int) -> Iterator[Samples]:
        """One source by itself, as it was recorded."""
        programme = self._programme
        length = programme.bounds[index + 1] - programme.bounds[index]
        return source_sound(self._readers[index], programme.channels, programme.rate, length)

    def blocks(self, gains: Sequence[Gain]) -> Iterator[Samples]:
        """All sources, each with its gain."""
        for index, gain in enumerate(gains):
            yield from louder(self.source(index), gain)
