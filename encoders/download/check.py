"""A download opened again: every sample there, each at its tick, the index in front."""

from collections.abc import Sequence
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from encoders.download.mux import Muxed
from encoders.download.task import DownloadTask
from encoders.download.tracks import Tally, shows
from encoders.tagged.chapters import FileChapter
from encoders.tagged.check import check_shown
from encoders.verify import Faulty

_HEADER = 16
"""Bytes of a box with a 64-bit size."""


def check_movie(
    path: Path, task: DownloadTask, muxed: Muxed, chapters: Sequence[FileChapter]
) -> None:
    """Raises Faulty."""
    _check_order(path)
    with av.open(str(path), format="mp4") as container:
        check_shown(path, container, task.tags, chapters, cover=task.cover is not None)
        tracks = _tracks(container)
        wanted = [*muxed.tracks, *muxed.texts]
        if len(tracks) != len(wanted):
            raise Faulty(f"{path.name} has {len(tracks)} tracks, expected {len(wanted)}")
        _check_samples(path, container, tracks, wanted)


def _tracks(container: InputContainer) -> list[Stream]:
    """Picture, sound and captions; neither the cover nor the chapters' track."""
    moving = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    return [*moving, *container.streams.audio, *container.streams.subtitles]


def _check_samples(
    path: Path, container: InputContainer, streams: Sequence[Stream], expected: Sequence[Tally]
) -> None:
    found = {stream.index: Tally() for stream in streams}
    for packet in container.demux(*streams):
        if packet.size and (packet.stream.type != "subtitle" or shows(packet)):
            found[packet.stream.index].add(packet)
    for number, (tally, wanted) in enumerate(zip(found.values(), expected, strict=True)):
        if (tally.samples, tally.ticks) != (wanted.samples, wanted.ticks):
            raise Faulty(
                f"{path.name}, track {number}: {tally.samples} samples of {tally.ticks} ticks, "
                f"expected {wanted.samples} of {wanted.ticks}"
            )
        if tally.digest != wanted.digest:
            raise Faulty(f"{path.name}, track {number}: samples or their times were changed")


def _check_order(path: Path) -> None:
    """`moov` before `mdat` (ISO/IEC 14496-12, 4.2): a player need not read to the end first."""
    kinds = []
    with path.open("rb") as file:
        while len(head := file.read(_HEADER)) >= 8:
            size, kind = int.from_bytes(head[:4]), head[4:8]
            kinds.append(kind)
            size = int.from_bytes(head[8:]) if size == 1 else size
            if size < 8:
                break
            file.seek(size - len(head), 1)
    if b"moov" not in kinds or kinds.index(b"moov") > kinds.index(b"mdat"):
        raise Faulty(f"{path.name} does not have its index in front")
