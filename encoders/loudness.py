"""Loudness and true peak after ITU-R BS.1770-4, at any sample rate.

https://www.itu.int/rec/R-REC-BS.1770
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Float samples shaped [channels, samples], full scale at 1.0."""

_HOPS_A_SECOND = 10
_HOPS_A_BLOCK = 4
"""Blocks of 400 ms that overlap by three quarters (annex 1)."""

_ABSOLUTE_GATE = -70.0
"""LKFS."""
_RELATIVE_GATE = -10.0
"""LU under the loudness of the blocks over the absolute gate."""
_OFFSET = -0.691
"""Makes the loudness of a 997 Hz sine its level (annex 1)."""

_SURROUND = frozenset({"SL", "SR", "BL", "BR", "BC"})
_LOW_FREQUENCY = frozenset({"LFE", "LFE2"})
_SURROUND_WEIGHT = 1.41

# Annex 1, tables 1 and 2: the filter at 48 kHz, as (numerator, denominator) of its two stages.
_STAGES = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_STAGES_RATE = 48_000

_MEMORY = 0.1
"""Seconds after which the filter has forgotten a sample (by over 100 dB)."""

# Annex 2: four phases of an interpolating filter; the last two mirror the first two.
_PHASES = np.array(
    [
        [0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000,
         -0.0594482421875, 0.1373291015625, 0.9721679687500, -0.1022949218750,
         0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500],
        [-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250,
         -0.1665039062500, 0.4650878906250, 0.7797851562500, -0.2003173828125,
         0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375],
    ],
    np.float32,
)  # fmt: skip
_INTERPOLATE: Samples = np.ascontiguousarray(np.concatenate([_PHASES, _PHASES[:, ::-1]]).T)
_TAPS = _INTERPOLATE.shape[0]
_GAIN = float(np.abs(_INTERPOLATE).sum(axis=0).max())
"""No interpolated value is over the largest of its samples times this."""
_SPAN = 256
"""Samples that are interpolated or passed over together."""


class Meter:
    """Measures one programme, fed piece by piece; memory grows by 80 bytes a second.

    `names` are FFmpeg's channel names (`FL`, `LFE`, `SL` ...) where known: surround channels weigh
    more and low-frequency ones nothing.
    """

    def __init__(self, sample_rate: int, channels: int, names: Sequence[str] = ()) -> None:
        self._weights = _weights(channels, names)
        self._weighting = _KWeighting(sample_rate)
        self._peaks = _PeakMeter(channels)
        self._hops: list[npt.NDArray[np.float64]] = []
        self._before = np.zeros((channels, self._weighting.memory), np.float32)
        self._pending: list[Samples] = []
        self._held = 0

    def add(self, samples: Samples) -> None:
        """Finite samples [channels, n], any n."""
        self._pending.append(samples)
        self._held += samples.shape[1]
        if self._held < self._weighting.step:
            return
        held = np.concatenate(self._pending, axis=1)
        whole = held.shape[1] // self._weighting.step * self._weighting.step
        for start in range(0, whole, self._weighting.step):
            self._take(held[:, start : start + self._weighting.step])
        self._pending = [held[:, whole:]]
        self._held = held.shape[1] - whole

    def integrated(self, first: int = 0, last: int | None = None) -> float | None:
        """LKFS of all, or of the whole tenths of a second within the half-open span of samples.

        None where no 400 ms block is over the gate.
        """
        powers = np.concatenate([*self._hops, self._rest()])
        hop = self._weighting.hop
        powers = powers[-(-first // hop) : None if last is None else last // hop]
        if len(powers) < _HOPS_A_BLOCK:
            return None
        sums = np.concatenate([[0.0], np.cumsum(powers)])
        blocks = (sums[_HOPS_A_BLOCK:] - sums[:-_HOPS_A_BLOCK]) / _HOPS_A_BLOCK
        heard = blocks[blocks > _power(_ABSOLUTE_GATE)]
        if not len(heard):
            return None
        gate = _loudness(float(heard.mean())) + _RELATIVE_GATE
        return _loudness(float(heard[heard > _power(gate)].mean()))

    def true_peak(self) -> float | None:
        """dBTP over all channels; None for digital silence."""
        nothing = np.zeros((len(self._weights), 0), np.float32)
        peak = self._peaks.after(np.concatenate([nothing, *self._pending], axis=1))
        return 20 * float(np.log10(peak)) if peak > 0 else None

    def _take(self, samples: Samples) -> None:
        self._hops.append(self._powers(samples))
        self._peaks.add(samples)
        joined = np.concatenate([self._before, samples], axis=1)
        self._before = joined[:, -self._weighting.memory :]

    def _powers(self, samples: Samples) -> npt.NDArray[np.float64]:
        """Weighted power of each hop of `step` samples."""
        filtered = self._weighting.apply(self._before, samples)
        hops = filtered.reshape(len(filtered), -1, self._weighting.hop)
        powers = np.einsum("chn,chn->ch", hops, hops).astype(np.float64) / self._weighting.hop
        weighted: npt.NDArray[np.float64] = self._weights @ powers
        return weighted

    def _rest(self) -> npt.NDArray[np.float64]:
        """Powers of the whole hops among the samples not yet taken."""
        step = self._weighting.step
        held = np.concatenate(
            [*self._pending, np.zeros((len(self._weights), step - self._held), np.float32)], axis=1
        )
        return self._powers(held)[: self._held // self._weighting.hop]


class _KWeighting:
    """The filter as a product of spectra (overlap-save), which numpy does fast at any rate.

    The recommendation asks for the 48 kHz filter's frequency response at other rates, so that
    response is what is applied.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self.hop = max(1, round(sample_rate / _HOPS_A_SECOND))
        """Samples of a tenth of a second."""
        self.memory = max(1, round(sample_rate * _MEMORY))
        """Samples before a piece that its first outputs depend on."""
        self._size = 1 << (8 * max(self.memory, self.hop) - 1).bit_length()
        self.step = (self._size - self.memory) // self.hop * self.hop
        """Samples filtered at a time: whole hops."""

    @cached_property
    def _response(self) -> npt.NDArray[np.complex64]:
        frequencies = np.fft.rfftfreq(self._size, 1 / self._rate)
        turns = np.minimum(frequencies, _STAGES_RATE / 2) / _STAGES_RATE
        delay = np.exp(-2j * np.pi * turns)
        response = np.ones_like(delay)
        for numerator, denominator in _STAGES:
            response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)
        single: npt.NDArray[np.complex64] = response.astype(np.complex64)
        return single

    def apply(self, before: Samples, samples: Samples) -> Samples:
        """`samples` [channels, step] filtered, given the `memory` samples before them."""
        joined = np.concatenate([before, samples], axis=1)
        spectrum = np.fft.rfft(joined, self._size, axis=1)
        filtered = np.fft.irfft(spectrum * self._response, self._size, axis=1)
        return filtered[:, self.memory : self.memory + samples.shape[1]].astype(np.float32)


class _PeakMeter:
    """Four-fold interpolation, but only where it could find a new highest peak."""

    def __init__(self, channels: int) -> None:
        self._peak = 0.0
        self._before = np.zeros((channels, _TAPS - 1), np.float32)

    def add(self, samples: Samples) -> None:
        joined = np.concatenate([self._before, samples], axis=1)
        whole = (joined.shape[1] - _TAPS + 1) // _SPAN * _SPAN
        self._peak = self._highest(joined[:, : whole + _TAPS - 1])
        self._before = joined[:, whole:]

    def after(self, samples: Samples) -> float:
        """The highest peak (linear) if `samples` and then silence came next."""
        joined = np.concatenate([self._before, samples], axis=1)
        return self._highest(np.pad(joined, ((0, 0), (0, _SPAN + _TAPS))))

    def _highest(self, samples: Samples) -> float:
        """Of all so far and `samples`; what is left of a span at their end is not looked at."""
        width = _SPAN + _TAPS - 1
        if samples.shape[1] < width:
            return self._peak
        spans = np.lib.stride_tricks.sliding_window_view(samples, width, axis=1)[:, ::_SPAN]
        spans = spans.reshape(-1, width)
        highest = np.abs(spans).max(axis=1)
        peak = max(self._peak, float(highest.max()))
        # The span with the highest sample first: after it few others can matter.
        peak = max(peak, _interpolated(spans[highest.argmax()][None]))
        left = spans[highest * _GAIN > peak]
        return max(peak, _interpolated(left)) if len(left) else peak


def _interpolated(spans: Samples) -> float:
    windows = np.lib.stride_tricks.sliding_window_view(spans, _TAPS, axis=1)
    return float(np.abs(windows @ _INTERPOLATE[::-1]).max())


def _weights(channels: int, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Annex 1, table 3."""
    if len(names) != channels:
        names = ("FL", "FR", "FC", "LFE", "SL", "SR") if channels == 6 else ("FL",) * channels
    return np.array(
        [
            0.0 if name in _LOW_FREQUENCY else _SURROUND_WEIGHT if name in _SURROUND else 1.0
            for name in names
        ]
    )


def _loudness(power: float) -> float:
    return _OFFSET + 10 * float(np.log10(power))


def _power(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))
