"""The disc as an ISO 9660 and UDF image, and what is read back of it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import av
import pycdlib

from encoders.datadisc.timeless import make_timeless
from encoders.dvd.limits import SECTOR
from encoders.dvd.mux import Muxed
from encoders.dvd.programs import run
from encoders.dvd.task import DvdTask
from encoders.labels import volume_label
from encoders.verify import Faulty

_TITLES_AT = 0xC4
"""In VIDEO_TS.IFO: the sector of the table of titles (http://dvd.sourceforge.net/dvdinfo/ifo.html)."""
_TITLE_ENTRY = 12
_OFTEN = 256
"""Pictures between two reports."""


def build(task: DvdTask, disc: Path, image: Path, digits: str, alive: Callable[[], None]) -> None:
    """`digits`: 16 hex digits that name the disc. Raises Faulty where genisoimage refuses."""
    command = [
        *("genisoimage", "-quiet", "-dvd-video", "-udf", "-V", volume_label(task.label)),
        *("-sysid", "", "-A", "", "-publisher", "", "-p", "COURSEWARE FARM"),
        *("-o", str(image), str(disc)),
    ]
    run(command, image.parent, task.titles[0].parts.standard, alive=alive)
    make_timeless(image, digits)


def check(
    image: Path,
    chapters: Sequence[int],
    muxed: Sequence[Muxed],
    report: Callable[[float], None],
) -> None:
    """Titles, their chapters, and every picture and frame of sound, counted in the image itself.

    `report`: how much is done, 0 to 1. Raises Faulty where one is missing.
    """
    iso = pycdlib.PyCdlib()
    iso.open(str(image))
    try:
        found = _chapters(_bytes(iso, "VIDEO_TS.IFO"))
        if found != tuple(chapters):
            raise Faulty(f"{image.name} has titles of {found} chapters, expected {chapters}")
        done, total = 0, sum(one.pictures for one in muxed)
        for number, wanted in enumerate(muxed, 1):
            pictures, frames = _counted(iso, number, partial(_told, report, done, total))
            done += pictures
            if (pictures, frames) != (wanted.pictures, sum(wanted.frames)):
                raise Faulty(
                    f"title {number} of {image.name} holds {pictures} pictures and {frames} frames "
                    f"of sound, expected {wanted.pictures} and {sum(wanted.frames)}"
                )
    finally:
        iso.close()


def _path(name: str) -> str:
    return f"/VIDEO_TS/{name}"


def _bytes(iso: Any, name: str) -> bytes:
    with iso.open_file_from_iso(udf_path=_path(name)) as file:
        data: bytes = file.read()
    return data


def _chapters(ifo: bytes) -> tuple[int, ...]:
    if ifo[:12] != b"DVDVIDEO-VMG":
        raise Faulty("VIDEO_TS.IFO is not one")
    table = int.from_bytes(ifo[_TITLES_AT : _TITLES_AT + 4]) * SECTOR
    count = int.from_bytes(ifo[table : table + 2])
    entries = (table + 8 + n * _TITLE_ENTRY for n in range(count))
    return tuple(int.from_bytes(ifo[at + 2 : at + 4]) for at in entries)


def _told(report: Callable[[float], None], before: int, total: int, pictures: int) -> None:
    report(min(1.0, (before + pictures) / total))


def _counted(iso: Any, number: int, report: Callable[[int], None]) -> tuple[int, int]:
    """Pictures and frames of sound of a title; `report`: pictures counted so far."""
    counts = {"video": 0, "audio": 0}
    with av.open(_Vobs(iso, number), "r", format="mpeg") as container:
        for packet in container.demux():
            if packet.size and packet.stream.type in counts:
                counts[packet.stream.type] += 1
                if counts["video"] % _OFTEN == 0:
                    report(counts["video"])
    return counts["video"], counts["audio"]


class _Vobs:
    """The VOBs of a title, at most nine, as one stream of bytes."""

    def __init__(self, iso: Any, number: int) -> None:
        self._iso, self._number, self._part = iso, number, 0
        self._context: Any = None
        self._file: Any = None

    def read(self, size: int) -> bytes:
        while True:
            data: bytes = self._file.read(size) if self._file else b""
            if data or not self._turn():
                return data

    def _turn(self) -> bool:
        """To the next VOB; False where there is none."""
        if self._context:
            self._context.__exit__(None, None, None)
        self._part += 1
        self._context = self._file = None
        try:
            name = f"VTS_{self._number:02d}_{self._part}.VOB"
            self._context = self._iso.open_file_from_iso(udf_path=_path(name))
        except pycdlib.pycdlibexception.PyCdlibInvalidInput:
            return False
        self._file = self._context.__enter__()
        return True
