"""What a chunk's one decode gives besides renditions."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from encoders.artifact import publish, set_aside
from encoders.changes import ChangeFinder
from encoders.lane import BLOCK
from encoders.pictures import SheetMaker, Watch, Watched, image_of, jpeg, thinned
from encoders.shape import color_of
from encoders.slots import Run
from encoders.tasks import Artifact, Change, Changes, ChunkTask, Sheet, Span
from encoders.verify import Faulty, check_jpeg


@dataclass(frozen=True, slots=True)
class MadePictures:
    """See `ChunkResult`."""

    changes: Changes | None
    sheet: Sheet | None
    poster: Artifact | None
    black: tuple[Span, ...]
    still: tuple[Span, ...]


class PictureLane:
    """Thumbnails, poster and checks, as far as the task asks for them."""

    def __init__(self, task: ChunkTask) -> None:
        self._task, self._color = task, color_of(task.shape)
        self._sheet = SheetMaker(task.thumbnails, self._color) if task.thumbnails else None
        self._poster: bytes | None = None
        self._watch = Watch(task.rate, task.first, task.last) if task.checks else None
        self._changes: ChangeFinder | None = None
        if task.checks:
            self._changes = ChangeFinder(task.rate, task.first, task.last, self._color)
        self._waiting: list[tuple[Run, VideoFrame]] = []

    @property
    def wanted(self) -> bool:
        task = self._task
        return task.checks or task.thumbnails is not None or task.poster is not None

    def add(self, run: Run, base: VideoFrame) -> None:
        self._waiting.append((run, base))
        if len(self._waiting) == BLOCK:
            self._look()

    def _look(self) -> None:
        for run, base in self._waiting:
            self._look_at(run, base)
        self._waiting.clear()

    def _look_at(self, run: Run, base: VideoFrame) -> None:
        if self._sheet is not None:
            self._sheet.add(run, base)
        poster = self._task.poster
        if poster is not None and run.first <= poster.frame < run.last:
            self._poster = jpeg(image_of(base, poster.width, poster.height, self._color))
        if self._watch is not None and self._changes is not None:
            luma = thinned(base)
            self._watch.add(run, luma)
            self._changes.add(run, base, luma)

    def finish(self) -> MadePictures:
        self._look()
        watched = self._watch.result() if self._watch is not None else Watched((), ())
        return MadePictures(
            changes=self._made_changes(),
            sheet=self._made_sheet(),
            poster=self._made_poster(),
            black=watched.black,
            still=watched.still,
        )

    def _made_changes(self) -> Changes | None:
        if self._changes is None:
            return None
        sought = self._changes.result()
        opening = sought.opening
        return Changes(
            found=tuple(
                Change(one.time, one.score, self._finish(one.name, one.picture, one.size))
                for one in sought.found
            ),
            head=sought.head,
            tail=sought.tail,
            opening=self._finish(opening.name, opening.picture, opening.size) if opening else None,
        )

    def _made_sheet(self) -> Sheet | None:
        wanted = self._task.thumbnails
        if wanted is None or self._sheet is None:
            return None
        rows = -(-len(wanted.frames) // wanted.columns)
        size = wanted.columns * wanted.width, rows * wanted.height
        return Sheet(
            file=self._finish(f"{wanted.name}-{self._task.first:07d}", self._sheet.jpeg(), size),
            width=wanted.width,
            height=wanted.height,
            columns=wanted.columns,
            times=tuple(Fraction(slot) / self._task.rate for slot in wanted.frames),
        )

    def _made_poster(self) -> Artifact | None:
        wanted = self._task.poster
        if wanted is None:
            return None
        if self._poster is None:
            raise Faulty(f"slot {wanted.frame} of the poster is outside of the chunk")
        return self._finish(wanted.name, self._poster, (wanted.width, wanted.height))

    def _finish(self, name: str, data: bytes, size: tuple[int, int]) -> Artifact:
        folder = Path(self._task.folder)
        part = set_aside(folder, name, data)
        check_jpeg(part, *size)
        return publish(part, folder, name, "jpg", "image/jpeg")
