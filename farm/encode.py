"""Do what a plan asks for and the store does not have yet; hand back all the pieces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from encoders import wire
from encoders.tasks import AudioResult, AudioTask, ChunkTask, Encoded, SubtitleResult, SubtitleTask
from farm.at_once import at_once
from farm.errand import Errand, MediaTask, Outcome, perform
from farm.keys import Part, narrowed, parts_of
from farm.model import Recording
from farm.notes import MediaPiece, Pictures, kept, read_note
from farm.package import Pieces
from farm.plan.model import Plan
from farm.store import Store
from workers.model import Call

LOOKUPS = 16
"""Notes read at once."""


@dataclass(frozen=True, slots=True)
class Item:
    """One task of a plan with its parts, and those found finished."""

    name: str
    task: MediaTask
    parts: tuple[Part, ...]
    weight: float
    found: Mapping[str, MediaPiece]
    """Pieces by part key."""

    @property
    def missing(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.key not in self.found)


def survey(store: Store, recording: Recording, plan: Plan) -> tuple[Item, ...]:
    """Every task of the plan, each with the pieces the store already has."""
    folder = f"lessons/{recording.lesson}/media/"
    sizes = {info.name.removeprefix(folder): info.size for info in store.list(folder)}
    with at_once(LOOKUPS) as lookups:
        return tuple(
            lookups.map(lambda named: _item(store, recording, sizes, *named), _named_tasks(plan))
        )


def _named_tasks(plan: Plan) -> Iterator[tuple[str, MediaTask, float]]:
    for chunk in plan.chunks:
        yield f"chunk {chunk.index + 1}", chunk.task, chunk.weight
    for sound in plan.audio:
        yield sound.name, sound.task, sound.weight
    for text in plan.subtitles:
        yield text.name, text.task, text.weight


def _item(
    store: Store,
    recording: Recording,
    sizes: Mapping[str, int],
    name: str,
    task: MediaTask,
    weight: float,
) -> Item:
    parts = parts_of(task, recording.sha256)
    found: dict[str, MediaPiece] = {}
    for part in parts:
        piece = read_note(store, part, _kind(task, part))
        if piece is not None and kept(piece, sizes):
            found[part.key] = piece
    return Item(name=name, task=task, parts=parts, weight=weight, found=found)


def _kind(task: MediaTask, part: Part) -> type[MediaPiece]:
    match task:
        case ChunkTask():
            return Pictures if part.rendition is None else Encoded
        case AudioTask():
            return AudioResult
        case SubtitleTask():
            return SubtitleResult


def call_of(item: Item, store: Store, recording: Recording, work: str) -> Call:
    """The work an item still needs, ready for a pool."""
    missing = item.missing
    task = narrowed(item.task, missing) if isinstance(item.task, ChunkTask) else item.task
    return Call(
        key=item.name,
        function=perform,
        argument=Errand(
            store=store.url,
            lesson=recording.lesson,
            recording=str(recording.path),
            sha256=recording.sha256,
            size=recording.size,
            task=task,
            parts=missing,
            work=work,
        ),
        weight=item.weight,
    )


def gather(items: Sequence[Item], outcomes: Mapping[str, Outcome]) -> Pieces:
    """All pieces in the plan's order: those found and those just made (by item name)."""
    chunks: list[tuple[Encoded, ...]] = []
    pictures: list[Pictures] = []
    audio: list[AudioResult] = []
    subtitles: list[SubtitleResult] = []
    for item in items:
        pieces = tuple(_pieces(item, outcomes.get(item.name)))
        match item.task:
            case ChunkTask():
                chunks.append(tuple(one for one in pieces if isinstance(one, Encoded)))
                pictures.extend(one for one in pieces if isinstance(one, Pictures))
            case AudioTask():
                audio.extend(one for one in pieces if isinstance(one, AudioResult))
            case SubtitleTask():
                subtitles.extend(one for one in pieces if isinstance(one, SubtitleResult))
    return Pieces(
        chunks=tuple(chunks),
        pictures=tuple(pictures),
        audio=tuple(audio),
        subtitles=tuple(subtitles),
    )


def _pieces(item: Item, outcome: Outcome | None) -> Iterator[MediaPiece]:
    made = dict(outcome.pieces) if outcome else {}
    for part in item.parts:
        found = item.found.get(part.key)
        yield found if found is not None else wire.loads(made[part.key], _kind(item.task, part))
