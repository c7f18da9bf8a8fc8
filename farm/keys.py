"""Keys: what a piece of work is, as a hash. Equal keys, equal bytes; nothing twice.

A chunk task encodes several renditions from one decode, but each rendition of a span has a key of
its own: when one rung changes, the others are found done. The pictures of a span (thumbnails,
poster, checks) are one more part.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from encoders import wire
from encoders.build import build_id
from encoders.captions.fonts import fonts_id
from encoders.tasks import (
    AudioTask,
    ChunkTask,
    InspectTask,
    RasterRendition,
    SoundTask,
    SubtitleTask,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One separately cached piece of a task's result."""

    key: str
    """64 hex digits."""
    rendition: str | None
    """Of a chunk: which rendition; None for its pictures, and for other tasks."""


def parts_of(task: object, hashes: Sequence[str]) -> tuple[Part, ...]:
    """`hashes`: sha256 of each file the task reads, in the task's order."""
    match task:
        case ChunkTask():
            return _chunk_parts(task, hashes)
        case InspectTask():
            return (Part(_key(replace(task, source=""), hashes), None),)
        case SubtitleTask():
            return (Part(_key(replace(task, path="", folder=""), hashes), None),)
        case AudioTask() | SoundTask():
            return (Part(_key(without_paths(task), hashes), None),)
        case _:
            raise TypeError(f"{type(task).__name__} is no task over recordings")


def product_part(task: Any, tools: Sequence[str]) -> Part:
    """Of a product, which names all it is made from by hash. `tools`: see `farm.tools`."""
    return Part(_key(replace(task, inputs="", folder=""), tools), None)


def _chunk_parts(task: ChunkTask, hashes: Sequence[str]) -> tuple[Part, ...]:
    bare = replace(task, source=replace(task.source, path=""), folder="")
    pictures = replace(bare, renditions=(), rasters=())
    encodes = replace(pictures, thumbnails=None, poster=None, checks=False)

    def raster(one: RasterRendition) -> Part:
        fonts = (fonts_id(),) if one.burn else ()
        return Part(_key(replace(encodes, rasters=(one,)), (*hashes, *fonts)), one.name)

    return (
        *(
            Part(_key(replace(encodes, renditions=(one,)), hashes), one.name)
            for one in task.renditions
        ),
        *map(raster, task.rasters),
        Part(_key(pictures, hashes), None),
    )


def without_paths(task: AudioTask | SoundTask) -> AudioTask | SoundTask:
    sources = tuple(replace(source, path="") for source in task.sources)
    if isinstance(task, AudioTask):
        return replace(task, sources=sources, folder="")
    before, after = (ident and replace(ident, path="") for ident in (task.before, task.after))
    return replace(task, sources=sources, before=before, after=after, folder="")


def narrowed(task: ChunkTask, missing: tuple[Part, ...]) -> ChunkTask:
    """The task with only the parts that are missing left to do."""
    names = {part.rendition for part in missing}
    if None not in names:
        task = replace(task, thumbnails=None, poster=None, checks=False)
    return replace(
        task,
        renditions=tuple(one for one in task.renditions if one.name in names),
        rasters=tuple(one for one in task.rasters if one.name in names),
    )


def _key(task: object, hashes: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for piece in (type(task).__name__, *hashes, build_id()):
        digest.update(piece.encode() + b"\0")
    digest.update(wire.dumps(task))
    return digest.hexdigest()
