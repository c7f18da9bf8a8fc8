"""What there is to hear in a track: loudness, peaks, silence, clipping, each channel's share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from encoders.loudness import Meter, Samples

_WINDOWS_A_SECOND = 10
_SILENT = 1e-6
"""Mean square of a tenth of a second, every channel: -60 dBFS."""
_LONGEST_SPANS = 50
_FULL = 0.9999
"""Of full scale: 16-bit samples reach 0.99997."""
_RUN = 3
"""Samples at full scale in a row that are a cut-off peak and not a tall one."""
_DEAD = 1e-4
"""Power of a channel against the loudest: 40 dB."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds from the track's first sample."""

    start: Fraction
    stop: Fraction


@dataclass(slots=True)
class Level:
    rate: int
    names: Sequence[str]
    """FFmpeg's channel names."""
    clipped: int = 0
    """Samples in runs of three or more at full scale."""
    silences: list[Silence] = field(default_factory=list)
    """The longest ones, at least `least_silence` seconds."""
    least_silence: Fraction = Fraction(20)
    meter: Meter = field(init=False)
    _powers: npt.NDArray[np.float64] = field(init=False)
    _across: float = 0.0
    _windows: int = 0
    _paused: Fraction = Fraction(0)
    _silent_since: Fraction | None = None
    _rest: Samples = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.rate, len(self.names), self.names)
        self._powers = np.zeros(len(self.names))
        self._rest = np.zeros((len(self.names), 0), np.float32)

    def add(self, samples: Samples) -> None:
        """Finite samples [channels, n]."""
        self.meter.add(samples)
        self._powers += np.einsum("cn,cn->c", samples, samples, dtype=np.float64)
        if len(samples) == 2:
            self._across += float(np.dot(samples[0], samples[1]))
        self._count_clipped(samples)
        self._watch_silence(samples)

    def pause(self, seconds: Fraction) -> None:
        """Sound is missing for a while: that is no silence of the microphone's."""
        self._end_silence()
        self._paused += seconds

    def finish(self) -> None:
        self._end_silence()

    @property
    def dead_channels(self) -> tuple[int, ...]:
        """Those 40 dB below the loudest, all along; none where all is digital silence."""
        loudest = self._powers.max(initial=0.0)
        return tuple(int(i) for i in np.flatnonzero(self._powers < loudest * _DEAD))

    @property
    def correlation(self) -> float | None:
        """Of left and right, -1 to 1; None where there are not two channels that sound."""
        if len(self._powers) != 2 or not self._powers.all():
            return None
        return self._across / float(np.sqrt(self._powers.prod()))

    @property
    def _now(self) -> Fraction:
        return self._paused + Fraction(self._windows * self._window, self.rate)

    @property
    def _window(self) -> int:
        return max(1, self.rate // _WINDOWS_A_SECOND)

    def _count_clipped(self, samples: Samples) -> None:
        full = np.abs(samples) >= _FULL
        if not full.any():
            return
        for channel in full:
            edges = np.flatnonzero(np.diff(np.concatenate([[0], channel.view(np.int8), [0]])))
            runs = edges[1::2] - edges[::2]
            self.clipped += int(runs[runs >= _RUN].sum())

    def _watch_silence(self, samples: Samples) -> None:
        window = self._window
        held = np.concatenate([self._rest, samples], axis=1)
        count = held.shape[1] // window
        self._rest = held[:, count * window :]
        windows = held[:, : count * window].reshape(len(held), count, window)
        powers = np.einsum("cwn,cwn->cw", windows, windows).max(axis=0, initial=0.0) / window
        for silent in powers < _SILENT:
            if silent and self._silent_since is None:
                self._silent_since = self._now
            elif not silent:
                self._end_silence()
            self._windows += 1

    def _end_silence(self) -> None:
        since, self._silent_since = self._silent_since, None
        if since is None or self._now - since < self.least_silence:
            return
        self.silences.append(Silence(since, self._now))
        if len(self.silences) > _LONGEST_SPANS:
            self.silences.remove(min(self.silences, key=lambda span: span.stop - span.start))
