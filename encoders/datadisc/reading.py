"""What is on an image, by pycdlib, through each of the file systems on it."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pycdlib import PyCdlib
from pycdlib.pycdlibexception import PyCdlibException

SECTOR = 2048
VIEWS = ("Rock Ridge", "Joliet", "UDF")


_MALFORMED = (struct.error, ValueError, LookupError, AttributeError, OverflowError, RecursionError)
"""What pycdlib lets through where an image is cut short or its numbers lead nowhere."""


class Unreadable(Exception):
    """The image is none, or is damaged; one plain sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file's bytes are in the image."""

    start: int
    size: int


def read_views(image: Path) -> dict[str, dict[str, Place]]:
    """For each of the `VIEWS` that are on the image: files by path, parts between `/`.

    Raises Unreadable, and OSError where there is no such file.
    """
    disc = PyCdlib()
    with image.open("rb") as file:
        try:
            disc.open_fp(file)
            found = _views(disc)
            disc.close()
        except (PyCdlibException, *_MALFORMED) as error:
            raise Unreadable(f"{image.name} is no disc image, or is damaged ({error}).") from error
    return found


def _views(disc: PyCdlib) -> dict[str, dict[str, Place]]:
    found = {}
    if disc.has_rock_ridge():
        found["Rock Ridge"] = dict(_records(disc.get_record(rr_path="/"), _rock_ridge_name))
    if disc.has_joliet():
        found["Joliet"] = dict(_records(disc.get_record(joliet_path="/"), _joliet_name))
    if disc.has_udf():
        base = disc.udf_main_descs.partitions[0].part_start_location
        found["UDF"] = dict(_entries(disc.get_record(udf_path="/"), base))
    return found or {"ISO 9660": dict(_records(disc.get_record(iso_path="/"), _plain_name))}


def _rock_ridge_name(record: Any) -> str:
    return str(record.rock_ridge.name().decode("utf-8"))


def _joliet_name(record: Any) -> str:
    return str(record.file_ident.decode("utf-16-be").partition(";")[0])


def _plain_name(record: Any) -> str:
    return str(record.file_ident.decode("ascii").partition(";")[0])


def _records(
    folder: Any, name: Callable[[Any], str], above: str = ""
) -> Iterator[tuple[str, Place]]:
    for record in folder.children:
        if record.is_dot() or record.is_dotdot():
            continue
        path = above + name(record)
        if record.is_dir():
            yield from _records(record, name, f"{path}/")
        else:
            yield path, Place(record.extent_location() * SECTOR, record.get_data_length())


def _entries(folder: Any, base: int, above: str = "") -> Iterator[tuple[str, Place]]:
    """`base`: the sector the partition starts at."""
    for entry in folder.fi_descs.values():
        if entry.is_parent():
            continue
        path = above + entry.fi.decode("utf-16-be" if entry.encoding == "utf-16_be" else "latin-1")
        if entry.is_dir():
            yield from _entries(entry.file_entry, base, f"{path}/")
        else:
            extents = [one.log_block_num for one in entry.file_entry.alloc_descs]
            start = (base + extents[0]) * SECTOR if extents else 0
            yield path, Place(start, entry.file_entry.get_data_length())
