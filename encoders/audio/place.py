"""Sound on the lesson clock: every sample where its timestamp says, nothing missing between."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from encoders.loudness import Samples

GAP = Fraction(40, 1000)
"""Seconds a timestamp may be off before sound is cut or silence put in: about one picture."""

_DRIFT = 0.004  # seconds the timestamps may lead or lag on average before the sound is stretched
_MEMORY = 1.0  # seconds over which that average is taken; jitter of single packets averages out
_STRETCH = 200  # one sample in so many is added or left out: 0.5 %, which nobody hears


class Placer:
    """Blocks with timestamps in, contiguous samples out, counted from lesson zero.

    Silence stands where nothing was recorded, overlaps are cut, sound before lesson zero is cut.
    Timestamps that jitter within `GAP` are ignored; where they drift away from the count of
    samples (a recorder whose two clocks differ) the sound is stretched imperceptibly to follow.
    """

    def __init__(self, rate: int, start: int = 0) -> None:
        """`rate` in Hz; `start` in samples at that rate: where the first sample given out lies."""
        self.rate = rate
        self.cursor = start
        self._drift = 0.0
        self._owed = 0
        self._exact = True

    def lost(self) -> None:
        """Something did not decode: put the next block exactly where it belongs."""
        self._exact = True

    def place(self, block: Samples, time: Fraction | None) -> Iterator[Samples]:
        """`time` in seconds on the lesson clock; None where the container does not say."""
        if time is None:
            yield self._emit(block)
            return
        offset = round(time * self.rate) - self.cursor
        if abs(offset) > (0 if self._exact else GAP * self.rate):
            self._drift, self._owed = 0.0, 0
            if offset < 0:
                block = block[:, -offset:]
            self._exact = not block.shape[1]  # cut whole: the next one is placed exactly, too
            for silence in self._silence(offset, len(block)):
                yield self._emit(silence)
        else:
            self._exact = False
            block = self._stretch(block, offset)
        if block.shape[1]:
            yield self._emit(block)

    def _emit(self, block: Samples) -> Samples:
        self.cursor += block.shape[1]
        return block

    def _silence(self, samples: int, channels: int) -> Iterator[Samples]:
        while samples > 0:
            piece = min(samples, self.rate)
            yield np.zeros((channels, piece), np.float32)
            samples -= piece

    def _stretch(self, block: Samples, offset: int) -> Samples:
        samples = block.shape[1]
        weight = min(1.0, samples / (_MEMORY * self.rate))
        self._drift += (offset - self._drift) * weight
        if not self._owed and abs(self._drift) > _DRIFT * self.rate:
            self._owed = round(self._drift)
        most = samples // _STRETCH
        step = max(-most, min(most, self._owed))
        if not step:
            return block
        self._owed -= step
        self._drift -= step
        was = np.arange(samples)
        now = np.linspace(0, samples - 1, samples + step)
        return np.stack([np.interp(now, was, channel) for channel in block]).astype(np.float32)
