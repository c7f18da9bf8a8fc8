"""One data disc: laid out, put into an image, read back through every file system, then named."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

from encoders.artifact import publish
from encoders.datadisc.image import build
from encoders.datadisc.reading import VIEWS, Place, Unreadable, read_views
from encoders.datadisc.task import SUMS, DataDiscTask
from encoders.datadisc.timeless import make_timeless
from encoders.product import Product, ProductFile
from encoders.verify import Faulty

LARGEST = 4_294_967_295
"""Bytes of a file: what ISO 9660 and Joliet, as genisoimage writes them, and FAT can hold."""

_BLOCK = 1 << 20
_BUILT = 0.5
"""The share of the whole that is done by then, for the progress report."""


def make_data_disc(task: DataDiscTask, report: Callable[[float], None]) -> Product:
    """The ISO image. `report`: how much is done, 0 to 1.

    Raises ValueError where a file is too large for the disc's file systems, Faulty where a tool
    refuses or what is read back is not what was put in.
    """
    _check_sizes(task)
    folder = Path(task.folder)
    content, part = folder / f"{task.name}-content", folder / f"{task.name}.iso.part"
    sums = _laid_out(task, content)
    build(content, task.label, part)
    shutil.rmtree(content)
    make_timeless(part, hashlib.sha256(sums).hexdigest()[:16])
    report(_BUILT)
    _check(task, part, sums, report)
    size = part.stat().st_size
    if size > task.capacity:
        raise Faulty(f"{task.name} has {size} bytes, more than the {task.capacity} of its disc")
    image = publish(part, folder, task.name, "iso", "application/x-iso9660-image")
    report(1.0)
    return Product(
        files=(ProductFile("main", image),),
        duration=Fraction(0),
        codecs=(),
        measured={"files": len(_hashes(task)) + 1, "filled_percent": 100 * size / task.capacity},
    )


def _check_sizes(task: DataDiscTask) -> None:
    for one in task.files:
        if one.file.size > LARGEST:
            raise ValueError(
                f"{one.path} has {one.file.size} bytes, and a file on a data disc at most "
                f"{LARGEST}; use a smaller rung of the download profile"
            )


def _laid_out(task: DataDiscTask, content: Path) -> bytes:
    """Links to the inputs under their names on the disc, and the texts; returns the sums."""
    for one in task.files:
        link = content / one.path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((Path(task.inputs) / one.file.name).resolve())
    sums = "".join(f"{sha256}  {path}\n" for path, (sha256, _) in sorted(_hashes(task).items()))
    for path, text in (*((one.path, one.text) for one in task.texts), (SUMS, sums)):
        target = content / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return sums.encode()


def _hashes(task: DataDiscTask) -> Mapping[str, tuple[str, int]]:
    """By path: sha256 and size of all but the sums. Raises ValueError where two share a path."""
    found = {one.path: (one.file.sha256, one.file.size) for one in task.files}
    for one in task.texts:
        data = one.text.encode()
        found[one.path] = hashlib.sha256(data).hexdigest(), len(data)
    if len(found) != len(task.files) + len(task.texts) or SUMS in found:
        raise ValueError("Two files of the disc have the same path")
    return found


def _check(task: DataDiscTask, image: Path, sums: bytes, report: Callable[[float], None]) -> None:
    """Every file system names every file, at the same place, and the bytes there hash right."""
    wanted = {**_hashes(task), SUMS: (hashlib.sha256(sums).hexdigest(), len(sums))}
    try:
        views = read_views(image)
    except Unreadable as error:
        raise Faulty(str(error)) from error
    for view in VIEWS:
        places = views.get(view)
        if places is None or set(places) != set(wanted):
            raise Faulty(f"{view} of {image.name} does not name the files as they were given")
        if any(places[path] != views[VIEWS[0]][path] for path in wanted if wanted[path][1]):
            raise Faulty(f"{view} of {image.name} has files elsewhere than {VIEWS[0]}")
    total = sum(size for _, size in wanted.values())
    done = 0
    for path, (sha256, size) in wanted.items():
        if hash_at(image, views[VIEWS[0]][path]) != sha256:
            raise Faulty(f"{path} reads back from {image.name} with other bytes")
        done += size
        report(_BUILT + (1 - _BUILT) * done / total)


def hash_at(image: Path, place: Place) -> str:
    """The sha256 of a file on the image, in hex."""
    digest, left = hashlib.sha256(), place.size
    with image.open("rb") as file:
        file.seek(place.start)
        while left and (block := file.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()
