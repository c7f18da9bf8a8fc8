"""A look-ahead true-peak limiter.

FFmpeg's `alimiter` knows sample peaks only, so the whole track would have to go through it at four
times the rate; this one looks between samples only where they are loud, hands on untouched what
needs nothing, and so takes about a third of the time on speech.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from encoders.loudness import Samples

_STEPS = 1000  # a second: the gain has one value a millisecond, straight lines between
_AHEAD = 5  # steps in which the gain comes down before a peak
_RELEASE = 0.25  # dB a step by which it comes back: slower takes more loudness, faster roughens

_REACH = 12  # samples on each side that say what lies between two samples
_CANDIDATE = 0.5  # of the limit: between two samples lower than this lies no peak over it


def _interpolation() -> Samples:
    """[2 * _REACH, 3]: weights for a quarter, a half and three quarters (BS.1770-4, annex 2)."""
    at = np.arange(1 - _REACH, _REACH + 1)[:, None] - np.array([0.25, 0.5, 0.75])
    weights: Samples = np.sinc(at) * np.cos(np.pi * at / (2 * _REACH + 1)) ** 2
    return weights.astype(np.float32)


_BETWEEN = _interpolation()
_AROUND = np.arange(1 - _REACH, _REACH + 1)

Curve = npt.NDArray[np.float64]
"""dB to take away, one value a step."""


def limited(blocks: Iterable[Samples], limit: float, rate: int) -> Iterator[Samples]:
    """`limit` in dBTP; gives out as many samples as it takes, none later than it came."""
    limiter: _Limiter | None = None
    owed = 0
    for block in blocks:
        limiter = limiter or _Limiter(limit, rate, block.shape[0])
        owed += block.shape[1]
        out = limiter.push(block)
        owed -= out.shape[1]
        if out.shape[1]:
            yield out
    if limiter and owed:
        yield limiter.flush(owed)


class _Limiter:
    def __init__(self, limit: float, rate: int, channels: int) -> None:
        self.limit = 10 ** (limit / 20)
        self.step = rate // _STEPS
        self._held = np.zeros((channels, self.step), np.float32)
        """One step already given out, then what is not yet."""
        self._before: Curve | None = None
        """The curve of the last steps given out, before it was smoothed; None at the start."""
        self._last = 0.0
        """The smoothed curve at the last step given out."""

    def push(self, block: Samples) -> Samples:
        self._held = np.concatenate([self._held, block], axis=1)
        ready = self._held.shape[1] // self.step - 2 - _AHEAD
        if ready <= 0:
            return block[:, :0]
        known = self._held[:, : (ready + 2 + _AHEAD) * self.step]
        out = self._held[:, self.step : (ready + 1) * self.step]
        self._held = self._held[:, ready * self.step :]
        needed = self._needed(known)
        if self._before is None:  # a peak at the very start finds the gain already down
            self._last = float(needed[:_AHEAD].max())
            self._before = np.full(_AHEAD, self._last)
        if not needed.any() and not self._before.any() and not self._last:
            return out
        return out * self._gains(needed, ready, self._before)

    def flush(self, owed: int) -> Samples:
        silence = np.zeros((len(self._held), (3 + _AHEAD) * self.step), np.float32)
        return self.push(silence)[:, :owed]

    def _needed(self, known: Samples) -> Curve:
        """What each step but the first and the last must lose at least."""
        peaks = np.abs(known).max(axis=0)
        inner = peaks[self.step : -self.step]
        loud = np.flatnonzero(inner > _CANDIDATE * self.limit) + self.step
        for channel in known if loud.size else ():
            # Not `@`: what a BLAS rounds depends on the machine and on its number of threads.
            between = np.einsum("nt,tp->np", channel[loud[:, None] + _AROUND], _BETWEEN)
            peaks[loud] = np.maximum(peaks[loud], np.abs(between).max(axis=1))
        steps = inner.reshape(-1, self.step).max(axis=1).astype(np.float64)
        curve: Curve = 20 * np.log10(np.maximum(steps / self.limit, 1.0))
        return curve

    def _gains(self, needed: Curve, ready: int, before: Curve) -> Samples:
        """Factors for each sample of `ready` steps."""
        windows = np.lib.stride_tricks.sliding_window_view
        ahead = windows(needed, _AHEAD).max(axis=1)  # down in time for a peak to come
        slope = _RELEASE * np.arange(len(ahead) + 1)
        held = np.concatenate([before[-1:], ahead]) + slope
        curve = (np.maximum.accumulate(held) - slope)[1:]  # and up again slowly
        joined = np.concatenate([before[1:], curve])
        smooth = windows(joined, _AHEAD).mean(axis=1)  # never under `needed`, as `ahead` is as wide
        nodes = np.maximum(np.concatenate([[self._last], smooth[:-1]]), smooth)
        self._before = joined[:-1][-_AHEAD:]
        self._last = float(smooth[ready - 1])
        # In whole millionths, for the same reason: processors differ in a power's last digit.
        factors: Curve = np.floor(10 ** (-nodes / 20) * 1e6) / 1e6
        rise = np.arange(self.step) / self.step
        lines = factors[:-1, None] + np.diff(factors)[:, None] * rise
        return lines.reshape(-1).astype(np.float32)
