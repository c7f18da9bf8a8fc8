"""One task, done where a worker is: run the child, put what it made into the store, note it.

What is noted in `cache/<key>/result.json` is found by any machine later; it is written after the
objects it names, so a note never promises what is not there.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from encoders import wire
from encoders.tasks import (
    Artifact,
    AudioResult,
    AudioTask,
    ChunkResult,
    ChunkTask,
    Elementary,
    Encoded,
    Ident,
    SoundResult,
    SoundTask,
    SubtitleResult,
    SubtitleTask,
)
from farm.child import run_task
from farm.keys import Part
from farm.notes import MediaPiece, Pictures, files_of, write_note
from farm.places import place_of
from farm.plan.model import Material
from farm.sources import local_source, this_machine
from farm.store import Store, open_store
from workers.workspace import workspace

UPLOADS = 8
"""At once from one worker: a store answers in milliseconds, most of it waiting."""

MediaTask = ChunkTask | AudioTask | SoundTask | SubtitleTask
MediaResult = ChunkResult | AudioResult | SoundResult | SubtitleResult
RESULTS: Mapping[type[MediaTask], type[MediaResult]] = {
    ChunkTask: ChunkResult,
    AudioTask: AudioResult,
    SoundTask: SoundResult,
    SubtitleTask: SubtitleResult,
}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a worker needs to know."""

    name: str
    """Of the work, as the plan calls it."""
    store: str
    """URL."""
    lesson: str
    materials: tuple[Material, ...]
    """Every file the task reads, by its path on the submitting machine."""
    task: MediaTask
    parts: tuple[Part, ...]
    """To be made: the task is narrowed to these."""
    kept: frozenset[str]
    """Names of renditions whose pieces a release will name, not only what is made of them."""
    work: str
    """Folder for workspaces on the worker's machine."""
    machine: str = field(default_factory=this_machine)
    """The submitting one: elsewhere a path may lead to another file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an errand."""

    pieces: tuple[tuple[str, bytes], ...]
    """Part key and the finished piece as JSON (`encoders.wire`)."""
    decoded: int
    """Pictures decoded; 0 for sound and text."""
    errors: int
    """Packets that did not decode."""
    cpu: dict[str, float]
    """CPU seconds by stage."""


def perform(errand: Errand, report: Callable[[float], None]) -> Outcome:
    """Do one errand."""
    store = open_store(errand.store)
    work = Path(errand.work)
    with workspace(work, errand.parts[0].key) as folder, ExitStack() as sources:
        local = {
            one.path: sources.enter_context(
                local_source(store, one.path, one.sha256, one.size, work, errand.machine)
            )
            for one in dict.fromkeys(errand.materials)
        }
        task = placed(errand.task, local, folder)
        result: MediaResult = run_task(
            task, RESULTS[type(task)], tuple(local.values()), folder, report
        )
        pieces = [(part, piece_of(result, part)) for part in errand.parts]
        for part, piece in pieces:
            kept = (part.rendition or errand.name) in errand.kept
            place = place_of(piece, errand.lesson, kept=kept)
            upload(store, place, folder, files_of(piece))
        for part, piece in pieces:
            write_note(store, part, piece)
    return Outcome(
        pieces=tuple((part.key, wire.dumps(piece)) for part, piece in pieces),
        decoded=result.decoded if isinstance(result, ChunkResult) else 0,
        errors=0 if isinstance(result, SubtitleResult) else result.errors,
        cpu={} if isinstance(result, SubtitleResult) else result.cpu,
    )


def upload(store: Store, place: str, folder: Path, files: Sequence[Artifact]) -> None:
    """Put files of `folder` into the store, under their names in `place`."""

    def put(file: Artifact) -> None:
        store.put(place + file.name, folder / file.name, type=file.type)

    with ThreadPoolExecutor(UPLOADS) as uploads:
        list(uploads.map(put, files))


def placed(task: MediaTask, local: Mapping[str, Path], folder: Path) -> MediaTask:
    """The task with the paths that files have on this machine."""
    match task:
        case ChunkTask():
            source = replace(task.source, path=str(local[task.source.path]))
            return replace(task, source=source, folder=str(folder))
        case SubtitleTask():
            return replace(task, path=str(local[task.path]), folder=str(folder))
        case AudioTask():
            sources = tuple(replace(one, path=str(local[one.path])) for one in task.sources)
            return replace(task, sources=sources, folder=str(folder))
        case SoundTask():
            return replace(
                task,
                sources=tuple(replace(one, path=str(local[one.path])) for one in task.sources),
                before=_placed_ident(task.before, local),
                after=_placed_ident(task.after, local),
                folder=str(folder),
            )


def _placed_ident(ident: Ident | None, local: Mapping[str, Path]) -> Ident | None:
    return ident and replace(ident, path=str(local[ident.path]))


def piece_of(result: MediaResult, part: Part) -> MediaPiece:
    """The piece of a result that belongs to one part, without what it cost: that is another one
    every time, and products' keys, discs' names and releases are made of pieces."""
    if isinstance(result, SubtitleResult):
        return result
    if not isinstance(result, ChunkResult):
        return replace(result, cpu={})
    if part.rendition is None:
        return Pictures(
            changes=result.changes,
            sheet=result.sheet,
            poster=result.poster,
            black=result.black,
            still=result.still,
        )
    made: tuple[Encoded | Elementary, ...] = (*result.encoded, *result.rasters)
    return next(one for one in made if one.rendition == part.rendition)
