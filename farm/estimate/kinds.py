"""What a piece of work is called where speeds are learned: like work, like name.

A kind's first word is its family. That of pictures tells each way out with its largest size and how
many are made: `chunk hls 1280x720 5 dvd 720x576 3`.
"""

import re
from collections.abc import Iterator, Sequence

from encoders.tasks import (
    AudioTask,
    ChunkTask,
    RasterRendition,
    SoundTask,
    SubtitleTask,
    VideoRendition,
)
from farm.errand import Errand
from farm.products.order import ProductErrand

STREAM = "hls"
"""The way out whose renditions are named by their rung, not by their profile."""
SIZES = re.compile(r"(\d+)x(\d+) (\d+)")


def kind_of(errand: Errand | ProductErrand) -> str:
    """The kind of an errand's work, e.g. `chunk hls 1280x720 5`, `sound mp3`, `product dvd`."""
    if isinstance(errand, ProductErrand):
        return f"product {type(errand.task).__name__.removesuffix('Task').lower()}"
    match errand.task:
        case ChunkTask():
            return " ".join(("chunk", *_ways(errand.task)))
        case AudioTask():
            return "audio"
        case SoundTask(rendition=rendition):
            return f"sound {rendition.codec}"
        case SubtitleTask():
            return "text"


def family(kind: str) -> str:
    return kind.partition(" ")[0]


def pixels(kind: str) -> int:
    """Pixels made of one picture of the source, roughly, as a ladder's rungs shrink: the largest
    of each way out, and a third of it for each further one. 0 of what has no pictures."""
    return sum(
        int(width) * int(height) * (int(made) + 2) // 3
        for width, height, made in SIZES.findall(kind)
    )


def _ways(task: ChunkTask) -> Iterator[str]:
    if task.renditions:
        yield _way(STREAM, task.renditions)
    names = dict.fromkeys(one.name.partition("-")[0] for one in task.rasters)
    for name in sorted(names):
        yield _way(name, [one for one in task.rasters if one.name.partition("-")[0] == name])
    if not (task.renditions or task.rasters):
        yield "pictures"


def _way(name: str, made: Sequence[VideoRendition | RasterRendition]) -> str:
    largest = max(made, key=lambda one: one.width * one.height)
    return f"{name} {largest.width}x{largest.height} {len(made)}"
