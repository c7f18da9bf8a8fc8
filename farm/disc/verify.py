"""Is a disc whole? Of an image, a folder or a drive: sums, names, and the structure of its kind."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from encoders.datadisc import SUMS
from encoders.datadisc.reading import Place, Unreadable, read_views
from farm.disc import videocd
from farm.disc.dvdvideo import dvd_faults, is_dvd
from farm.errors import NotFound

_BLOCK = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class Fault:
    path: str
    """Of the file on the disc, or of the image."""
    what: str
    """What is wrong, a few words."""
    what_zh: str


@dataclass(frozen=True, slots=True)
class Checked:
    kind: str
    """As people know it: `data disc`, `DVD-Video`, `Video CD`, ..."""
    files: int
    """Whose bytes were read and compared."""
    faults: tuple[Fault, ...]
    unsummed: tuple[str, ...] = ()
    """Images and folders whose contents could not be compared: there is no checksum of them."""


LARGEST_LIST = 64 << 20
"""Bytes: a disc is not believed blindly."""
MISSING = "missing", "缺失"
EXTRA = "not in SHA256SUMS", "不在清单中"
DAMAGED = "damaged: other bytes than were written", "已损坏，内容不符"
UNREADABLE = "cannot be read", "无法读取"
UNSAFE = "a name that leads out of the disc", "路径越出光盘"


def verify_disc(path: Path, report: Callable[[float], None] = lambda _: None) -> Checked:
    """Check an image (`.iso`, `.bin` or `.cue`), a mounted or copied disc, or a drive.

    `report`: how much is done, 0 to 1. Raises NotFound where there is nothing, or no disc.
    """
    if not path.exists():
        raise NotFound(f"There is no {path}; give an image, a folder or a drive.")
    if path.is_dir():
        return _folder(path, report)
    if path.suffix.lower() in (".cue", ".bin"):
        return _video_cd(path, report)
    return _image(path, report)


# --- what is compared ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file on the disc: how to read it, and how large it is."""

    blocks: Callable[[], Iterator[bytes]]
    size: int


def _against_sums(
    files: Mapping[str, _Listed], report: Callable[[float], None]
) -> tuple[int, list[Fault]]:
    """Compare everything with `SHA256SUMS`."""
    if files[SUMS].size > LARGEST_LIST:
        return 0, [Fault(SUMS, "larger than any list of sums", "清单过大")]
    try:
        text = b"".join(files[SUMS].blocks()).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return 0, [Fault(SUMS, *UNREADABLE)]
    wanted, faults = _sums(text)
    faults += [Fault(name, *EXTRA) for name in sorted(set(files) - set(wanted) - {SUMS})]
    total = sum(files[name].size for name in wanted if name in files) or 1
    done = 0
    for name, sha256 in wanted.items():
        if name not in files:
            faults.append(Fault(name, *MISSING))
            continue
        fault = _fault(name, files[name], sha256)
        faults += [fault] if fault else []
        done += files[name].size
        report(done / total)
    return len(set(wanted) & set(files)), faults


def _sums(text: str) -> tuple[dict[str, str], list[Fault]]:
    """By path; what is no line of `sha256sum` is a fault."""
    wanted, faults = {}, []
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            faults.append(Fault(SUMS, f"not a line of sums: {line[:60]!r}", "清单格式错误"))
        elif found[2].startswith("/") or ".." in found[2].split("/"):
            faults.append(Fault(found[2], *UNSAFE))
        else:
            wanted[found[2]] = found[1]
    return wanted, faults


def _fault(name: str, file: _Listed, sha256: str) -> Fault | None:
    digest = hashlib.sha256()
    try:
        for block in file.blocks():
            digest.update(block)
    except OSError as error:
        return Fault(name, f"{UNREADABLE[0]} ({error.strerror})", UNREADABLE[1])
    return None if digest.hexdigest() == sha256 else Fault(name, *DAMAGED)


def _blocks(path: Path, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """Of a file, or of a part of it. Raises OSError where it is shorter."""
    with path.open("rb") as file:
        file.seek(start)
        left = size
        while left is None or left > 0:
            block = file.read(_BLOCK if left is None else min(_BLOCK, left))
            if not block:
                if left:
                    raise OSError(5, "the disc ends before the file does")
                return
            yield block
            left = None if left is None else left - len(block)


# --- folders -------------------------------------------------------------------------------------


def _folder(folder: Path, report: Callable[[float], None]) -> Checked:
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
    if SUMS in files:
        listed = {name: _of_path(path) for name, path in files.items()}
        return Checked("data disc", *_with_faults(_against_sums(listed, report)))
    if is_dvd(files):
        faults = dvd_faults(files, lambda name: files[name].read_bytes(), _sizes(files))
        return Checked("DVD-Video", 0, _faults(faults), (folder.name,))
    images = [folder / name for name in files if Path(name).suffix.lower() in (".iso", ".cue")]
    if images:
        return _images(images, report)
    raise NotFound(f"{folder} is no disc: there is no {SUMS}, no VIDEO_TS and no image in it.")


def _sizes(files: Mapping[str, Path]) -> dict[str, int]:
    return {name: path.stat().st_size for name, path in files.items()}


def _of_path(path: Path) -> _Listed:
    return _Listed(lambda: _blocks(path), path.stat().st_size)


def _images(images: list[Path], report: Callable[[float], None]) -> Checked:
    """A folder of finished discs."""
    files, faults = 0, []
    unsummed: list[str] = []
    for n, image in enumerate(images):
        made = verify_disc(image, partial(_part, report, n, len(images)))
        files += made.files
        unsummed += made.unsummed
        faults += [Fault(f"{image.name}: {one.path}", one.what, one.what_zh) for one in made.faults]
    return Checked("set of discs", files, tuple(faults), tuple(unsummed))


def _part(report: Callable[[float], None], n: int, of: int, done: float) -> None:
    report((n + done) / of)


def _with_faults(found: tuple[int, list[Fault]]) -> tuple[int, tuple[Fault, ...]]:
    return found[0], tuple(found[1])


def _faults(found: Iterable[tuple[str, str, str]]) -> tuple[Fault, ...]:
    return tuple(Fault(*one) for one in found)


# --- images and drives ---------------------------------------------------------------------------


def _image(path: Path, report: Callable[[float], None]) -> Checked:
    beside, faults = _beside([path], lambda done: report(done / 2))
    try:
        views = read_views(path)
    except Unreadable:
        if beside or faults:
            return Checked("image", beside, (*faults, Fault(path.name, *UNREADABLE)))
        raise NotFound(
            f"{path} is no disc image, or is damaged at its root; give the .iso, .cue or folder of "
            "a disc."
        ) from None
    files = views.get("UDF") or next(iter(views.values()))
    faults += _differing(views)
    if SUMS in files:
        listed = {name: _of_place(path, place) for name, place in files.items()}
        count, found = _against_sums(listed, lambda done: report((1 + done) / 2))
        return Checked("data disc", beside + count, (*faults, *found))
    if is_dvd(files):
        sizes = {name: place.size for name, place in files.items()}
        dvd = dvd_faults(files, lambda n: b"".join(_of_place(path, files[n]).blocks()), sizes)
        return Checked("DVD-Video", beside, (*faults, *_faults(dvd)), _unsummed(path))
    return Checked("image", beside, tuple(faults), _unsummed(path))


def _of_place(image: Path, place: Place) -> _Listed:
    return _Listed(lambda: _blocks(image, place.start, place.size), place.size)


def _differing(views: Mapping[str, Mapping[str, Place]]) -> list[Fault]:
    """Files that one file system of the disc has and another has not. A DVD's have names of their
    own in plain ISO 9660, so that is not compared."""
    return [
        Fault(name, f"in {view}, not in {other}", f"见于 {view}，不见于 {other}")
        for view, files in views.items()
        for other, others in views.items()
        for name in sorted(set(files) - set(others))
    ]


def _video_cd(path: Path, report: Callable[[float], None]) -> Checked:
    """Either of cue sheet and image leads to the other."""
    sheet, image = videocd.pair(path)
    if image is None:
        return Checked(
            "Video CD", 0, (Fault(path.name, "the image it names is missing", "缺映像"),)
        )
    present = [one for one in (sheet, image) if one]
    beside, faults = _beside(present, report)
    kind, found = videocd.check(image)
    return Checked(kind, beside, (*faults, *_faults(found)), _unsummed(image))


def _beside(paths: list[Path], report: Callable[[float], None]) -> tuple[int, list[Fault]]:
    """Compare files with the sums of their own, `NAME.sha256`, where there are any."""
    count, faults = 0, []
    for path in paths:
        sums = _sum_of(path)
        if not sums.is_file():
            continue
        wanted, bad = _sums(sums.read_text("utf-8", "replace"))
        faults += bad
        if path.name not in wanted:
            faults.append(Fault(sums.name, f"does not name {path.name}", "未列出映像"))
            continue
        count += 1
        listed = _Listed(partial(_reported, path, report), 0)
        fault = _fault(path.name, listed, wanted[path.name])
        faults += [fault] if fault else []
    return count, faults


def _sum_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _unsummed(image: Path) -> tuple[str, ...]:
    return () if _sum_of(image).is_file() else (image.name,)


def _reported(path: Path, report: Callable[[float], None]) -> Iterator[bytes]:
    size, done = path.stat().st_size or 1, 0
    for block in _blocks(path):
        yield block
        done += len(block)
        report(done / size)
