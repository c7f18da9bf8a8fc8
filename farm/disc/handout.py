"""Finished discs as a person takes them: plainly named, each image with its sum beside it."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from encoders.tasks import Artifact
from encoders.vcd import renamed_sheet
from farm.errors import EncodeFailed, StoreError
from manifests.model import DiscSet, Object, ProductFile
from workers.errors import WorkerError
from workers.workspace import workspace

Progress = Callable[[str, float], None]
"""What is being done, and how much of it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class MadeSet:
    """A course on discs of one kind: as a person has it, and as the store will."""

    discs: DiscSet
    sources: Mapping[str, Path | bytes]
    """Of each object, by its path: its bytes, or the file that has them."""
    written: tuple[Path, ...]
    """What a person takes."""


@contextmanager
def work_beside(out: Path, key: str) -> Iterator[Path]:
    """A folder to work in on the disk of `out`; nothing is left of it at the end.

    Raises StoreError that names `out` where its disk is full, and as `workspace` does.
    """
    root = out / ".work"
    try:
        with workspace(root, key) as work:
            yield work
    except (OSError, StoreError, EncodeFailed, WorkerError) as error:
        if not _is_full(error):
            raise
        raise StoreError(
            f"The disk of {out} is full; free some space there, three times a disc's size, or give "
            "another folder with --out."
        ) from error
    finally:
        with suppress(OSError):
            root.rmdir()


def _is_full(error: BaseException | None) -> bool:
    """Only this disk is written to meanwhile: the store is read alone. A child's error is text."""
    full = (errno.ENOSPC, errno.EDQUOT)
    while error is not None:
        if isinstance(error, OSError) and error.errno in full:
            return True
        if any(os.strerror(number) in str(error) for number in full):
            return True
        error = error.__cause__
    return False


def disc_file(role: str, file: Artifact) -> ProductFile:
    """As a course's release names it."""
    return ProductFile(role, Object(f"media/{file.name}", file.size, file.sha256, file.type))


def text_file(role: str, name: str, text: str) -> tuple[ProductFile, bytes]:
    """A text named by its content, and its bytes."""
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"media/{name}-{sha256[:12]}.txt"
    return ProductFile(role, Object(path, len(data), sha256, "text/plain")), data


def hand_out(made: Path, target: Path) -> Path:
    """Move a finished file to `target` and write `NAME.sha256` beside it, as `sha256sum -c` reads
    it; a file of that name is replaced. Raises OSError."""
    _write_sum(move_out(made, target))
    return target


def move_out(made: Path, target: Path) -> Path:
    """As `hand_out`, of what needs no sum."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made.chmod(0o666 & ~_umask())
    made.replace(target)
    return target


def _umask() -> int:
    """POSIX has no way to read it but to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def hand_out_cd(sheet: Path, image: Path, target: Path) -> tuple[Path, Path]:
    """A cue sheet and its image under one name, the sheet naming the image: some burning programs
    go by the sheet, some by the name. `target` is the sheet's path; the older of them read letters
    of ASCII alone."""
    image = hand_out(image, target.with_suffix(".bin"))
    sheet.write_text(renamed_sheet(sheet.read_text("ascii"), image.name), "utf-8")
    return hand_out(sheet, target), image


def write_out(target: Path, text: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode())
    return target


def _write_sum(path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", "utf-8")


def total_size(files: Sequence[Artifact]) -> int:
    """Bytes, each file counted once."""
    return sum({one.name: one.size for one in files}.values())
