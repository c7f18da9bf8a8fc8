"""What a contestant really made: exit status 0 is not taken for success."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from benchmarks.recipe import Recipe


class WrongOutput(Exception):
    """A contestant made something else than was asked; the message says what."""


@dataclass(frozen=True, slots=True, order=True)
class Made:
    """One video rendition found in a folder of HLS."""

    width: int
    height: int
    pictures: int


SLACK = 2
"""Pictures a peer may miss: the farm shows the last one until the sound ends."""


def check(recipe: Recipe, folder: Path, *, slack: int = 0) -> None:
    """Raises WrongOutput where sizes or numbers of pictures are not as asked.

    `slack`: pictures that may be missing.
    """
    found = sorted(renditions(folder))
    sizes = sorted((one.width, one.height) for one in recipe.renditions)
    short = [recipe.pictures - one.pictures for one in found]
    if [(one.width, one.height) for one in found] != sizes or not all(
        0 <= missing <= slack for missing in short
    ):
        asked = f"{recipe.pictures} pictures each of {sizes}"
        raise WrongOutput(f"{folder.name} has {found}; asked were {asked}.")


def renditions(folder: Path) -> Iterator[Made]:
    """Every video rendition below a folder, its pictures counted in the segments themselves."""
    for playlist in sorted(folder.rglob("*.m3u8")):
        media = _media(playlist)
        if media is None:
            continue
        with av.open(io.BytesIO(media), mode="r", format="mp4") as container:
            for stream in container.streams.video:
                pictures = len([packet for packet in container.demux(stream) if packet.size])
                yield Made(stream.width, stream.height, pictures)


def _media(playlist: Path) -> bytes | None:
    """Init segment and segments of a media playlist in one; None for the other playlists."""
    lines = playlist.read_text(encoding="utf-8").splitlines()
    maps = [line for line in lines if line.startswith("#EXT-X-MAP:")]
    if not maps or "#EXT-X-I-FRAMES-ONLY" in lines:
        return None
    names = [maps[0].split('"')[1], *(line for line in lines if line and line[0] != "#")]
    return b"".join((playlist.parent / name).read_bytes() for name in names)
