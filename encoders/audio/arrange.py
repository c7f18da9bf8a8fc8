"""What of a programme is heard when: trimmed, with clips before and after it, and so long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from encoders.audio.clip import Clip, crossfaded
from encoders.audio.programme import Programme
from encoders.audio.stream import exactly
from encoders.loudness import Samples

_FADE = Fraction(20, 1000)
"""Seconds of fade where dead air was cut, so that its noise does not start with a click."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    programme: Programme
    start: int
    stop: int
    """The half-open span of the programme's samples that is heard."""
    before: Clip | None
    after: Clip | None
    length: int
    """Samples in all, up to the codec's whole frame."""

    @property
    def offset(self) -> int:
        """The sample at which the programme's `start` is heard."""
        return 0 if self.before is None else self.before.length - self.before.crossfade

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where each source is heard by itself, half-open, samples."""
        first = self.start + (0 if self.before is None else self.before.crossfade)
        last = self.stop - (0 if self.after is None else self.after.crossfade)
        shift = self.offset - self.start
        edges = [max(first, min(last, edge)) + shift for edge in self.programme.bounds]
        return tuple(pairwise(edges))

    def blocks(self, programme: Iterable[Samples]) -> Iterator[Samples]:
        """`length` samples of the programme's own, levelled already."""
        sound = self._faded(_window(programme, self.start, self.stop))
        if self.before is not None:
            sound = _after_clip(self.before, sound, self.programme.rate)
        if self.after is not None:
            kept = self.offset + self.stop - self.start
            sound = _before_clip(
                sound, kept - self.after.crossfade, self.after, self.programme.rate
            )
        some = (block for block in sound if block.shape[1])
        return exactly(some, self.programme.channels, self.length, self.programme.rate)

    def _faded(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """In where the start was trimmed, out where the end was."""
        fade = round(_FADE * self.programme.rate)
        length = self.stop - self.start
        opening = self.start > 0 and self.before is None
        closing = self.stop < self.programme.length and self.after is None
        at = 0
        for block in blocks:
            index = np.arange(at, at + block.shape[1])
            at += block.shape[1]
            if opening and index[0] < fade:
                block = block * np.clip(index / fade, 0, 1).astype(np.float32)
            if closing and index[-1] >= length - fade:
                block = block * np.clip((length - 1 - index) / fade, 0, 1).astype(np.float32)
            yield block


def whole(programme: Programme) -> Arrangement:
    return Arrangement(programme, 0, programme.length, None, None, programme.length)


def _window(blocks: Iterable[Samples], start: int, stop: int) -> Iterator[Samples]:
    at = 0
    for block in blocks:
        first, at = at, at + block.shape[1]
        kept = block[:, max(0, start - first) : max(0, stop - first)]
        if kept.shape[1]:
            yield kept
        if at >= stop:
            return


def _after_clip(clip: Clip, blocks: Iterator[Samples], rate: int) -> Iterator[Samples]:
    """The clip, the crossfade, and the rest of `blocks`."""
    cut = clip.length - clip.crossfade
    yield clip.samples[:, :cut]
    if clip.crossfade:
        head, rest = _taken(blocks, clip.crossfade)
        yield crossfaded(clip.samples[:, cut:], head, rate)
        yield rest
    yield from blocks


def _before_clip(blocks: Iterator[Samples], alone: int, clip: Clip, rate: int) -> Iterator[Samples]:
    """`alone` samples of `blocks`, then the crossfade of what is left of them, and the clip."""
    tail: list[Samples] = []
    for block in blocks:
        if alone > 0:
            yield block[:, :alone]
        tail.append(block[:, max(0, alone) :])
        alone -= block.shape[1]
    if clip.crossfade:
        left = np.concatenate(tail, axis=1)
        yield crossfaded(left, clip.samples[:, : clip.crossfade], rate)
    yield clip.samples[:, clip.crossfade :]


def _taken(blocks: Iterator[Samples], count: int) -> tuple[Samples, Samples]:
    """The first `count` samples, of which there are so many, and the rest of the last block."""
    held = [next(blocks)]
    while sum(block.shape[1] for block in held) < count:
        held.append(next(blocks))
    joined = np.concatenate(held, axis=1)
    return joined[:, :count], joined[:, count:]
