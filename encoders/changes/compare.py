"""Whether two pictures show the same, block by block, and how far one has moved."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoders.changes.look import (
    BLOCK,
    BLOCKS,
    COLUMNS,
    HEIGHT,
    ROWS,
    WIDTH,
    Look,
    Mask,
    count,
    look_of,
    means,
)

ALIKE = 0.72
"""Correlation of its edges from which a block's structure is the same, at whatever contrast: text
that dims, a picture that fades to black."""
FLOOR = 60.0
"""Mean square a difference may have for nothing: noise, and what a coder makes of it."""
TONE, TINT = 28.0, 12.0
"""Luma and chroma steps from which a block's tone is another."""
FLAT = 0.5
"""What a block without structure counts, where its tone changed."""

DIFFERS = 0.42
"""Share of what there was to recognise that has gone, from which the picture is another."""
LEAST = 0.03
"""Share of all blocks that must have gone."""

FOUND = 0.45
"""Share of the structure that must be found again where a picture is said to have moved."""

_FARTHEST = (HEIGHT // 3, WIDTH // 3)
"""Samples a picture may have moved, down and across."""


@dataclass(frozen=True, slots=True)
class Compared:
    share: float
    """Of what there was to recognise in the earlier picture, what has gone; 0 to 1."""
    gone: float
    """Blocks that have gone."""
    shift: tuple[int, int] = (0, 0)
    """Samples down and across by which one was moved over the other to find them alike."""

    @property
    def moved(self) -> bool:
        return self.shift != (0, 0)

    @property
    def differs(self) -> bool:
        return self.share >= DIFFERS and self.gone >= LEAST * BLOCKS


@dataclass(frozen=True, slots=True)
class Difference:
    """How two pictures differ, sample by sample at the same place."""

    other: Mask
    """Blocks whose edges are other ones."""
    toned: Mask
    """Blocks whose tone is another one."""
    distance: float
    """How far apart the tones are; steps of luma, whatever the light."""

    def unlike(self, before: Look, after: Look) -> Mask:
        return (self.other & (before.textured | after.textured)) | self.toned

    def lost(self, before: Look) -> Mask:
        return self.toned | (before.textured & self.other)


_NOWHERE = np.zeros((ROWS, COLUMNS), np.bool_)
NO_DIFFERENCE = Difference(_NOWHERE, _NOWHERE, 0.0)


def difference(before: Look, after: Look) -> Difference:
    if before is after:
        return NO_DIFFERENCE
    common = means(before.edges * after.edges)
    apart = before.energy + after.energy - 2 * common  # the mean square of their difference
    other: Mask = (apart > FLOOR) & (
        common < ALIKE * np.sqrt(np.maximum(before.energy, 1) * np.maximum(after.energy, 1))
    )
    change = (after.tones - before.tones).reshape(3, BLOCKS)
    middle = np.sort(change, axis=1)[:, BLOCKS // 2]
    steps = np.abs(change - middle[:, None]).reshape(3, ROWS, COLUMNS)
    toned: Mask = (steps[0] > TONE) | (steps[1] > TINT) | (steps[2] > TINT)
    total = steps[0] + 2 * (steps[1] + steps[2])
    return Difference(other, toned, float(np.minimum(total, 64).mean()))


def compare(before: Look, after: Look, ignored: Mask, known: Difference | None = None) -> Compared:
    """What is new in `after` is no loss: a point added to a slide leaves the others there.

    `known` is their difference, where it was worked out before.
    """
    if before is after:
        return Compared(0, 0)
    lost = (known or difference(before, after)).lost(before)
    there = Compared(*_share(before, lost, ~ignored))
    if not there.differs:
        return there
    shift = displacement(before, after)
    return there if shift == (0, 0) else _elsewhere(before, after, ignored, lost, shift) or there


def _elsewhere(
    before: Look, after: Look, ignored: Mask, lost: Mask, shift: tuple[int, int]
) -> Compared | None:
    """How they compare where one is moved by `shift`; None where that does not explain it."""
    shifted, inside = moved(before, shift)
    stayed = before.textured & ~lost
    lost_moved = difference(shifted, after).lost(shifted) & ~stayed
    counted = ~ignored & inside
    found = (stayed | (shifted.textured & ~lost_moved)) & counted
    if count(found) < FOUND * count(before.textured & ~ignored):
        return None
    compared = Compared(*_share(shifted, lost_moved, counted), shift)
    return compared if compared.share < DIFFERS else None


def _share(before: Look, lost: Mask, counted: Mask) -> tuple[float, float]:
    """Of what there was, what has gone, and how many blocks that is."""
    there = before.textured & counted
    both = there & lost
    gone = count(both) + FLAT * (count(counted & lost) - count(both))
    kept = count(there) - count(both)
    return gone / (gone + kept + 1), gone


def displacement(before: Look, after: Look) -> tuple[int, int]:
    """Samples down and across `after` is moved by, by phase correlation; (0, 0) where unclear."""
    product = _spectrum(after) * _spectrum(before).conj()
    product /= np.abs(product) + 1e-3
    peaks = np.fft.irfft2(product, s=(HEIGHT, WIDTH))
    down, across = _FARTHEST
    peaks[down:-down] = 0
    peaks[:, across:-across] = 0
    row, column = np.unravel_index(int(peaks.argmax()), peaks.shape)
    y, x = int(row), int(column)
    return (y - HEIGHT if y >= HEIGHT // 2 else y, x - WIDTH if x >= WIDTH // 2 else x)


@lru_cache(maxsize=8)
def _spectrum(look: Look) -> NDArray[np.complexfloating[Any, Any]]:
    """A picture is compared with several, one after the other."""
    return np.fft.rfft2(look.edges)


def moved(look: Look, shift: tuple[int, int]) -> tuple[Look, Mask]:
    """`look` moved down and across, and which blocks of it lie within the picture."""
    y, x = shift
    luma = np.roll(look.planes[:HEIGHT], (y, x), axis=(0, 1))
    half = WIDTH // 2
    chroma = [
        np.roll(plane, (y // 2, x // 2), axis=(0, 1))
        for plane in (look.planes[HEIGHT:, :half], look.planes[HEIGHT:, half:])
    ]
    inside = np.zeros((HEIGHT, WIDTH), np.bool_)
    inside[max(0, y) : HEIGHT + min(0, y), max(0, x) : WIDTH + min(0, x)] = True
    whole: Mask = np.all(inside.reshape(-1, BLOCK, WIDTH // BLOCK, BLOCK), axis=(1, 3))
    return look_of(np.concatenate([luma, np.concatenate(chroma, axis=1)])), whole
