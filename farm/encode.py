"""Do what a plan asks for and the store does not have yet; hand back all the pieces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from encoders import wire
from encoders.profiles import Dvd
from encoders.tasks import (
    AudioResult,
    AudioTask,
    ChunkTask,
    Elementary,
    Encoded,
    SoundResult,
    SoundTask,
    SubtitleResult,
    SubtitleTask,
)
from farm.at_once import at_once
from farm.errand import Errand, MediaTask, Outcome, perform
from farm.keys import Part, narrowed, parts_of
from farm.notes import MediaPiece, Pictures, files_of, kept, read_note
from farm.package import Pieces
from farm.places import media, pieces, place_of
from farm.plan.model import Material, Plan
from farm.store import Store
from workers.model import Call

LOOKUPS = 16
"""Notes read at once."""
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """One task of a plan."""

    name: str
    task: MediaTask
    materials: tuple[Material, ...]
    """Every file the task reads, in its order."""
    kept: frozenset[str]
    """Names of renditions whose pieces a release names, not only what is made of them."""
    weight: float


@dataclass(frozen=True, slots=True)
class Item:
    """Work with its parts, and those found finished."""

    work: Work
    parts: tuple[Part, ...]
    found: Mapping[str, MediaPiece]
    """Pieces by part key."""

    @property
    def missing(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.key not in self.found)


def survey(
    store: Store, lesson: str, plan: Plan, needed: frozenset[str] = NOTHING
) -> tuple[Item, ...]:
    """Every task of the plan, each with the pieces the store already has.

    Pieces that only serve to make products are taken at their notes' word, but for those among
    `needed`, names of objects: where the products are finished nobody needs them.
    """
    sizes = {
        info.name: info.size
        for folder in (media(lesson), pieces(lesson))
        for info in store.list(folder)
    }
    with at_once(LOOKUPS) as lookups:
        return tuple(
            lookups.map(lambda work: _item(store, lesson, sizes, work, needed), works(plan))
        )


def works(plan: Plan) -> Iterator[Work]:
    """The plan's tasks in its order."""
    kept = _kept(plan)
    for chunk in plan.chunks:
        name = f"chunk {chunk.index + 1}"
        yield Work(name, chunk.task, (chunk.material,), kept, chunk.weight)
    for track in plan.audio:
        yield Work(track.name, track.task, track.material, kept, track.weight)
    for sound in plan.sounds:
        yield Work(sound.name, sound.task, sound.material, kept, sound.weight)
    for text in plan.subtitles:
        yield Work(text.name, text.task, (text.material,), kept, text.weight)


def _kept(plan: Plan) -> frozenset[str]:
    """Discs of a course are made of the pieces of its lessons, whenever that may be."""
    discs = [one for one in plan.profiles if isinstance(one.profile, Dvd)]
    return frozenset(name for one in discs for name in (*one.renditions, *one.sounds))


def _item(
    store: Store, lesson: str, sizes: Mapping[str, int], work: Work, needed: frozenset[str]
) -> Item:
    parts = parts_of(work.task, [material.sha256 for material in work.materials])
    found: dict[str, MediaPiece] = {}
    for part in parts:
        piece = read_note(store, part, _kind(work.task, part))
        if piece is None:
            continue
        place = place_of(piece, lesson, kept=(part.rendition or work.name) in work.kept)
        objects = {place + file.name for file in files_of(piece)}
        promised = place != media(lesson) and needed.isdisjoint(objects)
        here = {name.removeprefix(place): size for name, size in sizes.items()}
        if promised or kept(piece, here):
            found[part.key] = piece
    return Item(work=work, parts=parts, found=found)


def _kind(task: MediaTask, part: Part) -> type[MediaPiece]:
    match task:
        case ChunkTask():
            if part.rendition is None:
                return Pictures
            rasters = {one.name for one in task.rasters}
            return Elementary if part.rendition in rasters else Encoded
        case AudioTask():
            return AudioResult
        case SoundTask():
            return SoundResult
        case SubtitleTask():
            return SubtitleResult


def calls_of(items: Sequence[Item], store: Store, lesson: str, work: str) -> tuple[Call, ...]:
    """The work that items still need, ready for a pool."""
    return tuple(
        Call(
            key=item.work.name,
            function=perform,
            argument=Errand(
                name=item.work.name,
                store=store.url,
                lesson=lesson,
                materials=item.work.materials,
                task=_narrowed(item.work.task, parts),
                parts=parts,
                kept=item.work.kept,
                work=work,
            ),
            weight=item.work.weight,
        )
        for item in items
        if (parts := item.missing)
    )


def _narrowed(task: MediaTask, parts: tuple[Part, ...]) -> MediaTask:
    return narrowed(task, parts) if isinstance(task, ChunkTask) else task


def gather(items: Sequence[Item], outcomes: Mapping[str, Outcome]) -> Pieces:
    """All pieces in the plan's order: those found and those just made (by the work's name)."""
    gathered = Pieces({}, {}, [], {}, {}, {})
    for item in items:
        name = item.work.name
        made = dict(outcomes[name].pieces) if name in outcomes else {}
        for part in item.parts:
            piece = item.found.get(part.key)
            if piece is None:
                piece = wire.loads(made[part.key], _kind(item.work.task, part))
            gathered.add(name, piece)
    return gathered
