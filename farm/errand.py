"""One task, done where a worker is: run the child, put what it made into the store, note it.

What is noted in `cache/<key>/result.json` is found by any machine later; it is written after the
objects it names, so a note never promises what is not there.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from encoders import wire
from encoders.tasks import (
    Artifact,
    AudioResult,
    AudioTask,
    ChunkResult,
    ChunkTask,
    SubtitleResult,
    SubtitleTask,
)
from farm.child import run_task
from farm.keys import Part
from farm.notes import MediaPiece, Pictures, files_of, write_note
from farm.sources import local_source, this_machine
from farm.store import Store, open_store
from workers.workspace import workspace

UPLOADS = 8
"""At once from one worker: a store answers in milliseconds, most of it waiting."""

MediaTask = ChunkTask | AudioTask | SubtitleTask
MediaResult = ChunkResult | AudioResult | SubtitleResult


@dataclass(frozen=True, slots=True)
class Errand:
    """What a worker needs to know."""

    store: str
    """URL."""
    lesson: str
    recording: str
    """Path on the submitting machine."""
    sha256: str
    size: int
    task: MediaTask
    parts: tuple[Part, ...]
    """To be made: the task is narrowed to these."""
    work: str
    """Folder for workspaces on the worker's machine."""
    machine: str = field(default_factory=this_machine)
    """The submitting one: elsewhere `recording` may be another file."""


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
    with (
        workspace(work, errand.parts[0].key) as folder,
        local_source(
            store, errand.recording, errand.sha256, errand.size, work, errand.machine
        ) as source,
    ):
        result = _run(_placed(errand.task, source, folder), source, folder, report)
        pieces = [(part, piece_of(result, part)) for part in errand.parts]
        files = [file for _, piece in pieces for file in files_of(piece)]
        with ThreadPoolExecutor(UPLOADS) as uploads:
            list(uploads.map(lambda file: _put(store, errand.lesson, folder, file), files))
        for part, piece in pieces:
            write_note(store, part, piece)
    return Outcome(
        pieces=tuple((part.key, wire.dumps(piece)) for part, piece in pieces),
        decoded=result.decoded if isinstance(result, ChunkResult) else 0,
        errors=0 if isinstance(result, SubtitleResult) else result.errors,
        cpu={} if isinstance(result, SubtitleResult) else result.cpu,
    )


def _run(
    task: MediaTask, source: Path, folder: Path, report: Callable[[float], None]
) -> MediaResult:
    match task:
        case ChunkTask():
            return run_task(task, ChunkResult, source, folder, report)
        case AudioTask():
            return run_task(task, AudioResult, source, folder, report)
        case SubtitleTask():
            return run_task(task, SubtitleResult, source, folder, report)


def _put(store: Store, lesson: str, folder: Path, file: Artifact) -> None:
    store.put(f"lessons/{lesson}/media/{file.name}", folder / file.name, type=file.type)


def _placed(task: MediaTask, source: Path, folder: Path) -> MediaTask:
    if isinstance(task, ChunkTask):
        return replace(task, source=replace(task.source, path=str(source)), folder=str(folder))
    return replace(task, path=str(source), folder=str(folder))


def piece_of(result: MediaResult, part: Part) -> MediaPiece:
    """The piece of a result that belongs to one part."""
    if not isinstance(result, ChunkResult):
        return result
    if part.rendition is None:
        return Pictures(
            sheet=result.sheet, poster=result.poster, black=result.black, still=result.still
        )
    return next(one for one in result.encoded if one.rendition == part.rendition)
