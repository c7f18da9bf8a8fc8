"""A course on DVDs: fitted, fetched, made, measured, and fitted again where it was not full.

What the menus take cannot be known before they are drawn. So a disc is made of a careful estimate
first; where that leaves more room than it should, it is made once more of what was measured.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from encoders.dvd.chapters import chapters_of
from encoders.dvd.limits import DVD_R, SECTOR
from encoders.dvd.menus import CHAPTERS_A_PAGE, LESSONS_A_PAGE
from encoders.dvd.task import DvdParts, DvdTask, DvdTitle, runs
from encoders.product import Product
from encoders.tasks import Artifact
from farm.child import run_product
from farm.disc.course import DvdLesson
from farm.disc.fit import AIM, FULL, WELL_FILLED, Disc, FitLesson, fit, spread
from farm.errors import EncodeFailed, StoreError
from farm.store import Store

Progress = Callable[[str, float], None]
"""What is being done, and how much of it, 0 to 1."""

ATTEMPTS = 4

IMAGE = 1_100_000
"""Bytes of an image's own tables, of IFO files for the whole disc, and padding."""
_MENU = 150_000
"""Bytes of a menu's page."""
_TITLE = 100_000
"""Bytes of a title set's IFO and BUP, and where its VOBs begin."""
_GOP = 3 * SECTOR // 2 + 128
"""Bytes a GOP takes besides its pictures: navigation, on average half a pack, and in the tables."""
_SOUND = (2048, 2000)
"""Bytes of a pack over those of sound in it."""
_CAPTIONS = 100
"""Bytes of subpictures a byte of captions becomes, at most."""


@dataclass(frozen=True, slots=True)
class MadeDisc:
    number: int
    discs: int
    product: Product
    folder: Path
    """Where its files lie."""
    lessons: tuple[str, ...]
    """Ids, in order."""
    ceiling: bool
    """Whether everything on it is of the finest quality."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is said of the discs."""

    title: str
    label: str
    """In Latin letters: the name of the volumes, before their number."""


def make_discs(
    store: Store,
    course: Course,
    lessons: Sequence[DvdLesson],
    *,
    work: Path,
    progress: Progress,
    capacity: int | None = None,
) -> Iterator[MadeDisc]:
    """One disc after the other; each one's files may be moved away before the next is asked for.

    `work` is a folder that is there, with room for three discs. Raises Refused where a lesson is
    too large, StoreError where a piece is not there, and what `run_product` raises.
    """
    room = capacity or DVD_R
    models = [model(one.parts) for one in lessons]
    discs = fit(models, room, IMAGE)
    for number, disc in enumerate(discs, 1):
        maker = _Maker(store, course, number, len(discs), lessons[disc.first : disc.last], room)
        yield maker.make(models[disc.first : disc.last], disc, work, progress)


def make_lesson_disc(
    store: Store, lesson: DvdLesson, *, work: Path, progress: Progress, capacity: int | None = None
) -> MadeDisc:
    """A disc of one lesson. Raises as `make_discs` does."""
    course = Course(lesson.parts.title, lesson.lesson)
    made = make_discs(store, course, [lesson], work=work, progress=progress, capacity=capacity)
    return next(iter(made))


def model(parts: DvdParts) -> FitLesson:
    """What a lesson takes on a disc, a little more rather than less."""
    gops = sum(len(piece.gops) for piece in parts.qualities[0])
    sound = sum(one.sound.file.size for one in parts.sounds)
    captions = sum(one.file.size for one in parts.captions)
    chapters = len(chapters_of(parts))
    pages = -(-chapters // CHAPTERS_A_PAGE) if chapters > 1 else 0
    return FitLesson(
        name=parts.title,
        qualities=tuple(
            tuple(gop.bytes for piece in pieces for gop in piece.gops) for pieces in parts.qualities
        ),
        fixed=_TITLE
        + gops * _GOP
        + sound * _SOUND[0] // _SOUND[1]
        + captions * _CAPTIONS
        + pages * _MENU
        + _MENU // LESSONS_A_PAGE
        + 1,
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    store: Store
    course: Course
    number: int
    discs: int
    lessons: Sequence[DvdLesson]
    capacity: int

    def make(
        self, models: Sequence[FitLesson], disc: Disc, work: Path, progress: Progress
    ) -> MadeDisc:
        inputs, folder = work / f"inputs-{self.number}", work / f"disc-{self.number}"
        inputs.mkdir()
        for attempt in range(1, ATTEMPTS + 1):
            folder.mkdir()
            self._fetch(disc, inputs, progress)
            product = run_product(
                self._task(disc, inputs, folder),
                inputs,
                folder,
                lambda done: progress(f"{self._name()} write 制作", done),
            )
            size = product.files[0].file.size
            again = self._again(models, disc, size)
            if self._fills(disc, size) or again.choice == disc.choice:
                break
            if attempt == ATTEMPTS:
                raise EncodeFailed(
                    f"Disc {self.number} of {self.course.title} takes {size:,} bytes of "
                    f"{self.capacity:,}, whatever is tried; please report the course."
                )
            _remove(folder)
            disc = again
        _remove(inputs)
        return MadeDisc(
            number=self.number,
            discs=self.discs,
            product=product,
            folder=folder,
            lessons=tuple(one.lesson for one in self.lessons),
            ceiling=disc.ceiling,
        )

    def _fills(self, disc: Disc, size: int) -> bool:
        if disc.ceiling:
            return size <= self.capacity
        return self.capacity * WELL_FILLED <= size <= self.capacity * FULL

    def _again(self, models: Sequence[FitLesson], disc: Disc, size: int) -> Disc:
        """With what the disc takes besides its pictures measured, not estimated. The same again:
        no GOP is small enough for the room that is left, on a disc of a few GOPs."""
        more = size - disc.size
        room = int(self.capacity * (AIM + FULL) / 2) - IMAGE - more
        return spread(models, room, IMAGE + more, first=disc.first)

    def _name(self) -> str:
        return f"DVD {self.number}/{self.discs}"

    def _task(self, disc: Disc, inputs: Path, folder: Path) -> DvdTask:
        which = f"-{self.number}" if self.discs > 1 else ""
        bases = dict.fromkeys(one.base for one in self.lessons)
        titles = tuple(
            DvdTitle(disc.first + n, one.parts, runs(choice))
            for n, (one, choice) in enumerate(zip(self.lessons, disc.choice, strict=True), 1)
        )
        return DvdTask(
            name=f"dvd{which}",
            label=f"{self.course.label}{which}",
            course=self.course.title,
            base=" · ".join(bases),
            date=max(one.date for one in self.lessons),
            number=self.number,
            discs=self.discs,
            titles=titles,
            capacity=self.capacity,
            inputs=str(inputs),
            folder=str(folder),
        )

    def _fetch(self, disc: Disc, inputs: Path, progress: Progress) -> None:
        wanted = [
            (one, file)
            for one, choice in zip(self.lessons, disc.choice, strict=True)
            for file in files_of(one.parts, choice)
        ]
        total, done = sum(file.size for _, file in wanted) or 1, 0
        for one, file in wanted:
            path = inputs / file.name
            if not path.exists():
                fetch(self.store, one, file, path)
            done += file.size
            progress(f"{self._name()} fetch 读取", done / total)


def files_of(parts: DvdParts, choice: Sequence[int]) -> Iterator[Artifact]:
    """What a title is made of: of each chunk the finest quality chosen, and all coarser ones."""
    at = 0
    for pieces in zip(*parts.qualities, strict=True):
        count = len(pieces[0].gops)
        for piece in pieces[min(choice[at : at + count]) :]:
            yield piece.file
        at += count
    yield from (one.sound.file for one in parts.sounds)
    yield from (one.file for one in parts.captions)
    pictures = [parts.poster, *(chapter.picture for chapter in chapters_of(parts))]
    yield from dict.fromkeys(file for file in pictures if file is not None)


def fetch(store: Store, lesson: DvdLesson, file: Artifact, path: Path) -> None:
    """Raises StoreError where the file is not there, or not whole."""
    if file.name not in lesson.places:
        raise StoreError(
            f"{file.name} of {lesson.lesson} is not in its release; run its recording again."
        )
    store.fetch(lesson.places[file.name], path)
    if path.stat().st_size != file.size:
        raise StoreError(
            f"{file.name} of {lesson.lesson} has {path.stat().st_size} bytes, expected "
            f"{file.size}; run its recording again."
        )


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
