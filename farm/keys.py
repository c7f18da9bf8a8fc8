"""Chunk keys: what a piece of work is, as a hash. Equal keys, equal bytes; nothing twice.

A chunk task encodes several renditions from one decode, but each rendition of a span has a key of
its own: when one rung changes, the others are found done. The pictures of a span (thumbnails,
poster, checks) are one more part.
"""

import hashlib
from dataclasses import dataclass, replace

from encoders import wire
from encoders.build import build_id
from encoders.tasks import AudioTask, ChunkTask, InspectTask, SubtitleTask, Task


@dataclass(frozen=True, slots=True)
class Part:
    """One separately cached piece of a task's result."""

    key: str
    """64 hex digits."""
    rendition: str | None
    """Of a chunk: which rendition; None for its pictures, and for other tasks."""


def parts_of(task: Task, recording_sha256: str) -> tuple[Part, ...]:
    match task:
        case ChunkTask():
            bare = replace(task, source=replace(task.source, path=""), folder="")
            pictures = replace(bare, renditions=())
            encodes = replace(bare, thumbnails=None, poster=None, checks=False)
            return (
                *(
                    Part(
                        _key(replace(encodes, renditions=(rendition,)), recording_sha256),
                        rendition.name,
                    )
                    for rendition in task.renditions
                ),
                Part(_key(pictures, recording_sha256), None),
            )
        case InspectTask():
            return (Part(_key(replace(task, source=""), recording_sha256), None),)
        case AudioTask() | SubtitleTask():
            return (Part(_key(replace(task, path="", folder=""), recording_sha256), None),)


def narrowed(task: ChunkTask, missing: tuple[Part, ...]) -> ChunkTask:
    """The task with only the parts that are missing left to do."""
    names = {part.rendition for part in missing}
    if None not in names:
        task = replace(task, thumbnails=None, poster=None, checks=False)
    return replace(task, renditions=tuple(r for r in task.renditions if r.name in names))


def _key(task: Task, recording_sha256: str) -> str:
    digest = hashlib.sha256()
    for piece in (type(task).__name__, recording_sha256, build_id()):
        digest.update(piece.encode() + b"\0")
    digest.update(wire.dumps(task))
    return digest.hexdigest()
