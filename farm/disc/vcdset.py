"""A course's Video CDs: a lesson is a disc, or several; made with the lesson, handed out here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from encoders.vcd.volumes import MINUTES_80
from farm.disc.handout import (
    MadeSet,
    Progress,
    hand_out_cd,
    text_file,
    work_beside,
    write_out,
)
from farm.disc.shelf import Shelved, releases_of, require
from farm.errors import StoreError
from farm.pointers import folder_of
from farm.store import Store
from manifests.model import Disc, DiscSet, Object, Product, ProductFile
from manifests.plain import plain

CAPACITY = MINUTES_80 * 2352
"""Bytes of an image for a CD-R of 80 minutes."""


@dataclass(frozen=True, slots=True)
class _Pressed:
    """One disc as its lesson's release has it."""

    name: str
    """Of its files, but for their endings."""
    number: int
    """The lesson's in the course, from 1."""
    one: Shelved
    sheet: Object
    image: Object

    @property
    def files(self) -> tuple[ProductFile, ProductFile]:
        return ProductFile("main", self.image), ProductFile("cue", self.sheet)


def hand_out_vcds(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    *,
    kind: str,
    out: Path,
    progress: Progress,
) -> MadeSet:
    """`kind`: `vcd` or `svcd`. Written into `out`: cue sheets, images, and a list of what is on
    which.

    Raises Unready where a lesson has none, StoreError where one is not as its release says.
    """
    require(shelf, course, kind, lambda product: product.kind == kind)
    discs = _pressed(shelf, kind)
    total, done = sum(disc.image.size for disc in discs) or 1, 0
    sources: dict[str, Path | bytes] = {}
    written: list[Path] = []
    with work_beside(out, kind) as work:
        for disc in discs:
            sheet, image = (
                _fetched(store, disc.one.lesson, file, work) for file in (disc.sheet, disc.image)
            )
            sources[disc.sheet.path] = sheet.read_bytes()
            written += hand_out_cd(sheet, image, out / f"{disc.name}.cue")
            sources[disc.image.path] = written[-1]
            done += disc.image.size
            progress(f"{kind.upper()} fetch 读取", done / total)
    listed = [f"{one.name}  {one.number}. {plain(one.one.release.entry.title)}" for one in discs]
    text = "\ufeff" + "\r\n".join((f"{plain(course)}  {kind.upper()}", "", *listed, ""))
    written.append(write_out(out / f"{kind} 目录 contents.txt", text))
    contents, sources[contents.object.path] = text_file("contents", f"{kind}-contents", text)
    made = tuple(
        Disc(releases_of(shelf, (one.one.lesson,)), CAPACITY, (*one.files, contents))
        for one in discs
    )
    return MadeSet(DiscSet(kind, made), sources, tuple(written))


def _pressed(shelf: Sequence[Shelved], kind: str) -> list[_Pressed]:
    found = [
        (number, one, pair)
        for number, one in enumerate(shelf, 1)
        for product in one.release.products
        if product.kind == kind
        for pair in _pairs(product)
    ]
    digits = max(2, len(str(len(found))))
    return [
        _Pressed(f"{kind}-{disc:0{digits}}", number, one, *pair)
        for disc, (number, one, pair) in enumerate(found, 1)
    ]


def _pairs(product: Product) -> list[tuple[Object, Object]]:
    """Cue sheet and image of each disc, in order."""
    sheets = [one.object for one in product.files if one.object.path.endswith(".cue")]
    images = [one.object for one in product.files if one.object.path.endswith(".bin")]
    return list(zip(sheets, images, strict=True))


def _fetched(store: Store, lesson: str, file: Object, work: Path) -> Path:
    path = work / PurePosixPath(file.path).name
    store.fetch(folder_of(lesson) + file.path, path)
    if path.stat().st_size != file.size:
        raise StoreError(
            f"{file.path} of {lesson} has {path.stat().st_size} bytes, expected {file.size}; "
            "run its recording again."
        )
    return path
