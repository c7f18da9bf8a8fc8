"""A course's Video CDs: a lesson is a disc, or several; made with the lesson, handed out here."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from farm.disc.computer import Progress
from farm.disc.handout import hand_out_cd, write_out
from farm.disc.shelf import Shelved, require
from farm.errors import StoreError
from farm.pointers import folder_of
from farm.store import Store
from manifests.model import Object, Product
from manifests.plain import plain
from workers.workspace import workspace


def hand_out_vcds(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    *,
    kind: str,
    out: Path,
    progress: Progress,
) -> tuple[Path, ...]:
    """`kind`: `vcd` or `svcd`. Returns what was written into `out`: cue sheets, images, and a list
    of what is on which.

    Raises Unready where a lesson has none, StoreError where one is not as its release says.
    """
    require(shelf, course, kind, lambda product: product.kind == kind)
    discs = [
        (number, one, pair)
        for number, one in enumerate(shelf, 1)
        for product in one.release.products
        if product.kind == kind
        for pair in _pairs(product)
    ]
    total = sum(image.size for _, _, (_, image) in discs) or 1
    digits = max(2, len(str(len(discs))))
    written: list[Path] = []
    contents: list[str] = []
    done = 0
    with workspace(out / ".work", kind) as work:
        for disc, (number, one, pair) in enumerate(discs, 1):
            sheet, image = (_fetched(store, one.lesson, file, work) for file in pair)
            name = f"{kind}-{disc:0{digits}}"
            written += hand_out_cd(sheet, image, out / f"{name}.cue")
            contents.append(f"{name}  {number}. {plain(one.release.entry.title)}")
            done += pair[1].size
            progress("fetch 读取", done / total)
    text = "\r\n".join((f"{plain(course)}  {kind.upper()}", "", *contents, ""))
    written.append(write_out(out / f"{kind} 目录 contents.txt", "\ufeff" + text))
    return tuple(written)


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
