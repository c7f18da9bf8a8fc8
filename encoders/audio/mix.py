"""From the channels a recording has to the one or two a lesson has."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from encoders.loudness import Samples

_HALF_POWER = 0.5**0.5

# ITU-R BS.775-3, table 2: what each loudspeaker gives to left and right. The low-frequency channel
# is left out, as the recommendation has it.
_STEREO = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "LFE": (0.0, 0.0),
    "LFE2": (0.0, 0.0),
    "BL": (_HALF_POWER, 0.0),
    "BR": (0.0, _HALF_POWER),
    "SL": (_HALF_POWER, 0.0),
    "SR": (0.0, _HALF_POWER),
    "BC": (0.5, 0.5),
    "FLC": (1.0, 0.0),
    "FRC": (0.0, 1.0),
    "DL": (1.0, 0.0),
    "DR": (0.0, 1.0),
}
_ELSEWHERE = (0.5, 0.5)
_UNNAMED = {2: ("FL", "FR"), 6: ("FL", "FR", "FC", "LFE", "BL", "BR")}


def matrix(names: Sequence[str], live: Sequence[int], channels: int) -> Samples:
    """Weights [channels, len(names)].

    `names` are FFmpeg's channel names in stream order, `live` the channels to keep (all, where
    there are none to keep). A single live channel is the lesson's sound in full, whatever its
    place in the room was.
    """
    kept = live or range(len(names))
    weights = np.zeros((channels, len(names)), np.float32)
    if len(kept) == 1:
        weights[:, kept[0]] = 1.0
        return weights
    if not any(name in _STEREO for name in names):
        names = _UNNAMED.get(len(names), names)
    for index in kept:
        left, right = _STEREO.get(names[index], _ELSEWHERE)
        weights[:, index] = (left, right) if channels == 2 else (left + right) / 2
    return weights


def mixed(blocks: Iterable[Samples], weights: Samples) -> Iterator[Samples]:
    """Blocks [len(names), n] as [channels, n]."""
    if np.array_equal(weights, np.eye(len(weights))):
        return iter(blocks)
    # Not `@`: what a BLAS rounds depends on the machine and on its number of threads.
    return (np.einsum("oi,in->on", weights, block) for block in blocks)
