"""A tagged file opened again: the same sound, and everything that was put in."""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Disposition

if TYPE_CHECKING:  # only PyAV's stubs have it
    from av.container.core import Chapter

from encoders.product import Tags
from encoders.tagged.chapters import FileChapter
from encoders.verify import Faulty


def check_tagged(
    path: Path,
    sound: Path,
    format: str,
    tags: Tags,
    chapters: Sequence[FileChapter],
    cover: bool,
) -> None:
    """`format` is FFmpeg's name of the demuxer. Raises Faulty."""
    if _sound(path, format) != _sound(sound, format):
        raise Faulty(f"{path.name} does not hold the packets of {sound.name}")
    with av.open(str(path), format=format) as container:
        check_shown(path, container, tags, chapters, cover=cover)


def check_shown(
    path: Path,
    container: InputContainer,
    tags: Tags,
    chapters: Sequence[FileChapter],
    *,
    cover: bool,
) -> None:
    """What a player shows beside sound and picture. Raises Faulty."""
    known = {**container.metadata, **container.streams[0].metadata}
    title = {name.lower(): value for name, value in known.items()}.get("title", "")
    if title != tags.title:
        raise Faulty(f"{path.name} has the title {title!r}, expected {tags.title!r}")
    found = [_chapter(one) for one in container.chapters()]
    wanted = [(chapter.start, chapter.title) for chapter in chapters]
    if found != wanted:
        raise Faulty(
            f"{path.name} has {len(found)} chapters, expected {len(wanted)}; found and expected "
            f"in milliseconds: {sorted(set(found) ^ set(wanted))[:4]}"
        )
    pictures = [
        stream for stream in container.streams if stream.disposition & Disposition.attached_pic
    ]
    if len(pictures) != cover:
        raise Faulty(f"{path.name} has {len(pictures)} covers, expected {int(cover)}")


def _chapter(one: "Chapter") -> tuple[int, str]:
    base = one["time_base"] or Fraction(0)
    return round(one["start"] * base * 1000), one["metadata"].get("title", "")


def _sound(path: Path, format: str) -> tuple[int, str]:
    """How many packets, and a hash over them."""
    count, digest = 0, hashlib.sha256()
    with av.open(str(path), format=format) as container:
        for packet in container.demux(container.streams.audio[0]):
            if packet.size:
                count += 1
                digest.update(packet)
    return count, digest.hexdigest()
