"""A course's data discs, from what is published of its lessons."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from encoders.captions.whole import captions_of
from encoders.datadisc import DataDiscTask
from encoders.product import Chapter
from encoders.tasks import Artifact
from encoders.verify import Faulty
from farm.child import run_product
from farm.disc.datadisc import (
    Captions,
    DiscLesson,
    Media,
    data_disc_spans,
    data_disc_tasks,
)
from farm.disc.handout import (
    MadeSet,
    Progress,
    disc_file,
    hand_out,
    text_file,
    total_size,
    work_beside,
    write_out,
)
from farm.disc.names import safe_name
from farm.disc.shelf import Shelved, releases_of, require
from farm.errors import StoreError
from farm.pointers import folder_of
from farm.store import Store
from manifests.discpage import NOTE
from manifests.model import Disc, DiscSet, Object, Product, ProductFile, Release
from manifests.products import start_of

_LABELS = {
    "video/mp4": "MP4",
    "audio/mpeg": "MP3",
    "audio/mp4": "M4A",
    "audio/ogg": "Opus",
    "audio/opus": "Opus",
}
_ORDER = ("audio/mpeg", "audio/mp4")
"""Of sound: what every browser plays comes first."""


def make_data_discs(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    *,
    out: Path,
    capacity: int,
    progress: Progress,
) -> MadeSet:
    """Written into `out`: each image with its sum, and its contents sheet.

    Raises Unready where a lesson has neither a download nor sound, Refused where one is too large.
    """
    require(shelf, course, "download", is_for_computers)
    with work_beside(out, "datadisc") as work:
        inputs, folder = work / "inputs", work / "made"
        inputs.mkdir()
        folder.mkdir()
        lessons = [_lesson(store, one, inputs) for one in shelf]
        tasks = data_disc_tasks(
            course,
            lessons,
            name="datadisc",
            label=label_of(course),
            capacity=capacity,
            inputs=str(inputs),
            folder=str(folder),
        )
        places = {name: place for one in shelf for name, place in _places(one).items()}
        made = [_made(store, task, places, out, progress) for task in tasks]
    spans = data_disc_spans(lessons, capacity)
    ids = [one.lesson for one in shelf]
    discs = tuple(
        Disc(releases_of(shelf, ids[first:last]), capacity, (one.image, one.contents))
        for one, (first, last) in zip(made, spans, strict=True)
    )
    sources: dict[str, Path | bytes] = {}
    for one in made:
        sources[one.image.object.path] = one.written[0]
        sources[one.contents.object.path] = one.text
    written = tuple(path for one in made for path in one.written)
    return MadeSet(DiscSet("datadisc", discs), sources, written)


def is_for_computers(product: Product) -> bool:
    """Whether a computer plays it from a disc."""
    return product.kind in ("download", "audio")


def label_of(course: str) -> str:
    """A volume's name: in Latin letters, with room for a number, and other for other courses."""
    if course.isascii():
        return course[:24]
    return f"COURSE_{hashlib.sha256(course.encode()).hexdigest()[:6]}"


@dataclass(frozen=True, slots=True)
class _Made:
    image: ProductFile
    contents: ProductFile
    text: bytes
    """Of the contents."""
    written: tuple[Path, Path]
    """Image and contents."""


def _made(
    store: Store, task: DataDiscTask, places: Mapping[str, str], out: Path, progress: Progress
) -> _Made:
    """One disc; what it is made of is fetched for it alone, and removed again."""
    inputs, folder = Path(task.inputs), Path(task.folder)
    files = {one.file.name: one.file for one in task.files}
    said = f"data disc 数据光盘 {task.disc}/{task.discs}"
    _fetch(
        store,
        list(files.values()),
        places,
        inputs,
        lambda done: progress(f"{said} fetch 读取", done),
    )
    product = run_product(task, inputs, folder, lambda done: progress(f"{said} write 制作", done))
    for name in files:
        (inputs / name).unlink()
    which = f" {task.disc}-{task.discs}" if task.discs > 1 else ""
    stem = out / f"{safe_name(task.title, 40)} 数据光盘{which}"
    image = product.files[0].file
    note = next(one.text for one in task.texts if one.path == NOTE)
    contents, text = text_file("contents", f"{task.name}-contents", note)
    return _Made(
        image=disc_file("main", image),
        contents=contents,
        text=text,
        written=(
            hand_out(folder / image.name, stem.with_name(f"{stem.name}.iso")),
            write_out(stem.with_name(f"{stem.name}.txt"), note),
        ),
    )


def _fetch(
    store: Store,
    files: Sequence[Artifact],
    places: Mapping[str, str],
    inputs: Path,
    report: Callable[[float], None],
) -> None:
    total, done = total_size(files) or 1, 0
    for one in files:
        store.fetch(places[one.name], inputs / one.name)
        done += one.size
        report(done / total)


def _places(one: Shelved) -> dict[str, str]:
    """Names in the store, by the name of the file."""
    folder = folder_of(one.lesson)
    return {PurePosixPath(made.path).name: folder + made.path for made in one.release.objects}


def _artifact(made: Object) -> Artifact:
    return Artifact(PurePosixPath(made.path).name, made.size, made.sha256, made.type)


def _lesson(store: Store, one: Shelved, inputs: Path) -> DiscLesson:
    return lesson_for_computers(one, tuple(_captions(store, one, inputs)))


def lesson_for_computers(one: Shelved, captions: tuple[Captions, ...] = ()) -> DiscLesson:
    """What a data disc has of it. `captions` are read by the caller: a page shows them."""
    release = one.release
    entry, about = release.entry, release.about
    sounds = sorted(_media(release, "audio"), key=_sound_order)
    return DiscLesson(
        title=entry.title,
        base=about.base if about else entry.base,
        speaker=entry.speaker or "",
        description=(about.description if about else None) or "",
        category=entry.category,
        duration=entry.duration,
        videos=tuple(_media(release, "download")),
        audios=tuple(sounds),
        captions=captions,
        chapters=tuple(
            Chapter(c.start, c.title, _artifact(c.picture) if c.picture else None)
            for c in release.chapters
        ),
        poster=_poster(release),
    )


def _media(release: Release, kind: str) -> Iterator[Media]:
    for product in release.products:
        if product.kind == kind:
            for file in product.files:
                if file.object.type in _LABELS:
                    start = start_of(product, file)
                    yield Media(_artifact(file.object), _LABELS[file.object.type], start)


def _sound_order(media: Media) -> int:
    return _ORDER.index(media.file.type) if media.file.type in _ORDER else len(_ORDER)


def _poster(release: Release) -> Artifact | None:
    wanted = release.entry.poster
    found = (one for one in release.objects if wanted and wanted.endswith(f"/{one.path}"))
    return next((_artifact(one) for one in found), None)


def _captions(store: Store, one: Shelved, inputs: Path) -> Iterator[Captions]:
    """Read now: the page shows them. Raises StoreError where a track does not read."""
    for track in one.release.captions:
        file = _artifact(track.object)
        path = inputs / file.name
        store.fetch(folder_of(one.lesson) + track.object.path, path)
        try:
            cues = captions_of(path)
        except Faulty as error:
            raise StoreError(
                f"The captions of {one.lesson} do not read ({error}); run its recording again."
            ) from error
        yield Captions(track.language, track.label, file, cues)
