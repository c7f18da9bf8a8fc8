"""A course on data discs: what lies where, and on which disc. Decided here, made by `encoders`."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import PurePosixPath

from encoders.datadisc import DataDiscTask, DiscFile, DiscText
from encoders.datadisc.make import LARGEST
from encoders.product import Chapter
from encoders.tasks import Artifact, Caption
from farm.disc.names import Names, safe_name
from farm.errors import Refused
from manifests.discpage import (
    DiscPage,
    PageCaptions,
    PageChapter,
    PageCue,
    PageFile,
    PageLesson,
    disc_texts,
)

CD = 700 << 20
"""Bytes of a CD-R of 80 minutes, somewhat rounded down."""
DVD = 4_707_319_808
"""Bytes of a DVD-R."""

_SECTOR = 2048
_FIXED = 500
"""Sectors of an image without a file: descriptors of three file systems, padding."""
_A_FOLDER = 8
"""Sectors of a folder without its names, in the three file systems, at most."""
_STEM = 48
"""Characters of a file's name before its endings."""


@dataclass(frozen=True, slots=True)
class Media:
    """One file that plays."""

    file: Artifact
    label: str
    """As people know it, e.g. `MP4 · 1280×720`."""
    start: Fraction = Fraction(0)
    """Lesson clock, seconds: where the file begins."""


@dataclass(frozen=True, slots=True)
class Captions:
    language: str
    """BCP 47."""
    label: str
    file: Artifact
    """WebVTT, the whole lesson."""
    cues: tuple[Caption, ...]


@dataclass(frozen=True, slots=True)
class DiscLesson:
    """What a data disc has of one lesson; at least one file that plays."""

    title: str
    base: str
    speaker: str
    description: str
    category: str
    duration: Fraction
    """Seconds."""
    videos: tuple[Media, ...]
    audios: tuple[Media, ...]
    captions: tuple[Captions, ...]
    chapters: tuple[Chapter, ...]
    poster: Artifact | None


@dataclass(frozen=True, slots=True)
class _Laid:
    """One lesson with its places on the disc."""

    page: PageLesson
    files: tuple[DiscFile, ...]
    sectors: int
    """It takes of an image, its share of the page included, at most."""


def data_disc_tasks(
    course: str,
    lessons: Sequence[DiscLesson],
    *,
    name: str,
    label: str,
    capacity: int,
    inputs: str,
    folder: str,
) -> tuple[DataDiscTask, ...]:
    """As few discs as hold the lessons, in their order. `capacity` in bytes.

    `name` and `label` get the disc's number where there is more than one. Raises Refused for a
    lesson that no disc of that capacity holds.
    """
    laid = [_laid(number, lesson, len(lessons)) for number, lesson in enumerate(lessons, 1)]
    discs = list(_filled(laid, capacity))
    return tuple(
        _task(
            course,
            disc,
            number,
            len(discs),
            DataDiscTask(
                name=_numbered(name, "-", number, len(discs)),
                label=_numbered(label, "_", number, len(discs)),
                title=course,
                disc=number,
                discs=len(discs),
                files=(),
                texts=(),
                capacity=capacity,
                inputs=inputs,
                folder=folder,
            ),
        )
        for number, disc in enumerate(discs, 1)
    )


def data_disc_spans(lessons: Sequence[DiscLesson], capacity: int) -> tuple[tuple[int, int], ...]:
    """Of each of these discs, the half-open span of lessons on it. Raises as `data_disc_tasks`."""
    laid = [_laid(number, lesson, len(lessons)) for number, lesson in enumerate(lessons, 1)]
    ends = accumulate((len(disc) for disc in _filled(laid, capacity)), initial=0)
    return tuple(pairwise(ends))


def data_disc_sizes(lessons: Sequence[DiscLesson], capacity: int) -> tuple[int, ...]:
    """Bytes of each of these discs, at most. Raises as `data_disc_tasks`."""
    laid = [_laid(number, lesson, len(lessons)) for number, lesson in enumerate(lessons, 1)]
    discs = _filled(laid, capacity)
    return tuple((_FIXED + sum(one.sectors for one in disc)) * _SECTOR for disc in discs)


def _numbered(text: str, joint: str, number: int, count: int) -> str:
    return f"{text}{joint}{number}" if count > 1 else text


def _task(
    course: str, laid: Sequence[_Laid], disc: int, discs: int, empty: DataDiscTask
) -> DataDiscTask:
    page = DiscPage(course, disc, discs, tuple(one.page for one in laid))
    return replace(
        empty,
        files=tuple(file for one in laid for file in one.files),
        texts=tuple(DiscText(text.path, text.text) for text in disc_texts(page)),
    )


def _filled(laid: Sequence[_Laid], capacity: int) -> Iterator[list[_Laid]]:
    room = capacity // _SECTOR - _FIXED
    disc: list[_Laid] = []
    used = 0
    for one in laid:
        if one.sectors > room:
            size = one.sectors * _SECTOR / 1e6
            raise Refused(
                f"{one.page.title} needs {size:.0f} MB, and a disc has {capacity / 1e6:.0f} MB; "
                "give a larger --capacity."
            )
        if disc and used + one.sectors > room:
            yield disc
            disc, used = [], 0
        disc.append(one)
        used += one.sectors
    if disc:
        yield disc


def _laid(number: int, lesson: DiscLesson, count: int) -> _Laid:
    digits = max(2, len(str(count)))
    title = safe_name(lesson.title, _STEM)
    folder = f"lessons/{safe_name(f'{number:0{digits}} {title}')}"
    place = _Folder(folder, title)
    videos = tuple(place.media(one) for one in lesson.videos)
    audios = tuple(place.media(one) for one in lesson.audios)
    captions = tuple(place.captions(one) for one in lesson.captions)
    chapters = tuple(place.chapter(n, one) for n, one in enumerate(lesson.chapters, 1))
    poster = place.put(lesson.poster, "poster") if lesson.poster else None
    page = PageLesson(
        number=number,
        title=lesson.title,
        base=lesson.base,
        speaker=lesson.speaker,
        description=lesson.description,
        category=lesson.category,
        duration=lesson.duration,
        folder=folder,
        videos=videos,
        audios=audios,
        captions=captions,
        chapters=chapters,
        poster=poster,
    )
    return _Laid(page, tuple(place.files), _sectors(page, place.files))


class _Folder:
    """Gives the files of one lesson their paths."""

    def __init__(self, folder: str, title: str) -> None:
        self._folder, self._title = folder, title
        self._names = Names()
        self.files: list[DiscFile] = []

    def put(self, file: Artifact, stem: str, mark: str = "", under: str = "") -> str:
        """Its path on the disc. Raises Refused where it is larger than a disc's files may be."""
        ending = mark + (PurePosixPath(file.name).suffix or ".bin")
        path = f"{self._folder}/{self._names.new(under + stem, ending)}"
        if file.size > LARGEST:
            raise Refused(
                f"{path} has {file.size / 1e9:.1f} GB, and a file on a data disc at most 4.2 GB; "
                "run the recording again with a smaller rung in the download profile."
            )
        self.files.append(DiscFile(path, file))
        return path

    def media(self, media: Media) -> PageFile:
        path = self.put(media.file, self._title)
        return PageFile(path, media.file.size, media.file.type, media.label, media.start)

    def captions(self, captions: Captions) -> PageCaptions:
        language = re.sub("[^A-Za-z0-9-]", "", captions.language)[:35] or "und"
        path = self.put(captions.file, self._title, f".{language}")
        cues = tuple(PageCue(one.start, one.stop, one.text) for one in captions.cues)
        return PageCaptions(language, captions.label, path, cues)

    def chapter(self, number: int, chapter: Chapter) -> PageChapter:
        picture = chapter.picture
        path = self.put(picture, f"{number:02}", under="chapters/") if picture else None
        return PageChapter(chapter.start, chapter.title, path)


def _sectors(page: PageLesson, files: Sequence[DiscFile]) -> int:
    """A page of this lesson alone is larger than its share of a page of many."""
    alone = disc_texts(DiscPage(page.title, 1, 1, (page,)))
    texts = sum(len(text.text.encode()) for text in alone)
    sums = sum(66 + len(one.path.encode()) + 1 for one in files)
    folders = {str(PurePosixPath(one.path).parent) for one in files}
    names = sum(map(_name_bytes, files))
    own = sum(math.ceil(one.file.size / _SECTOR) + 1 for one in files)  # and a UDF file entry
    return own + math.ceil((texts + sums + names) / _SECTOR) + _A_FOLDER * len(folders)


def _name_bytes(file: DiscFile) -> int:
    """What the folders of the three file systems have of it, at most: Rock Ridge in UTF-8, Joliet
    and UDF in UTF-16."""
    return 320 + 7 * len(PurePosixPath(file.path).name)
