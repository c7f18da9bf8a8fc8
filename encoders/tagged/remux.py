"""Tags, chapters and a cover put into an MP4 or Ogg file that is written by FFmpeg."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from encoders.product import Tags
from encoders.tagged.chapters import MILLISECOND, FileChapter
from encoders.tagged.cover import Cover, picture_block

M4A = {
    "brand": "M4A ",
    "movflags": "+faststart",
    "write_btrt": "0",
}
"""What phones know as sound; the index in front of the sound. FFmpeg's `ipod` muxer, which would
write the same, does not take covers from libraries."""


def write_tagged(
    path: Path,
    sound: Path,
    kind: str,
    rate: int,
    tags: Tags,
    chapters: Sequence[FileChapter],
    cover: Cover | None,
) -> None:
    """`kind` is `m4a` or `opus`, `rate` the sound's in Hz."""
    mp4 = kind == "m4a"
    options = {**M4A, "movie_timescale": str(rate)} if mp4 else {}
    with (
        av.open(str(sound)) as source,
        av.open(
            str(path),
            "w",
            format="mp4" if mp4 else "opus",
            container_options={"fflags": "+bitexact", **options},
        ) as container,
    ):
        stream = container.add_stream_from_template(source.streams.audio[0])
        if mp4:
            container.metadata.update(mp4_metadata(tags))
            set_chapters(container, chapters)
        else:
            container.metadata.update(_comments(tags, chapters, cover))
        if mp4 and cover is not None:
            mux_cover(container, add_cover(container, cover), cover)
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                container.mux_one(packet)


def mp4_metadata(tags: Tags) -> dict[str, str]:
    """FFmpeg's names; what is not known is left out."""
    found = {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "track": "" if tags.track is None else str(tags.track),
        "date": tags.date,
        "genre": tags.genre,
        "comment": tags.comment,
        "copyright": tags.licence,
    }
    return {name: value for name, value in found.items() if value}


def _comments(tags: Tags, chapters: Sequence[FileChapter], cover: Cover | None) -> dict[str, str]:
    """Vorbis comments: https://wiki.xiph.org/VorbisComment, https://wiki.xiph.org/Chapter_Extension.

    Chapters too: FFmpeg's own writer rounds the seconds and then adds the milliseconds, so that
    2.5 s become 3.5 s (ff_vorbiscomment_write, FFmpeg 8.1).
    """
    found = mp4_metadata(tags)
    licence = found.pop("copyright", "")
    if licence:
        found["license"] = licence
    for number, chapter in enumerate(chapters):
        found[f"chapter{number:03d}"] = _clock(chapter.start)
        found[f"chapter{number:03d}name"] = chapter.title
    if cover is not None:
        found["metadata_block_picture"] = picture_block(cover)
    return found


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{rest:03d}"


def set_chapters(container: OutputContainer, chapters: Sequence[FileChapter]) -> None:
    """In an MP4 these become a QuickTime text track and Nero's list, of 255 at most."""
    container.set_chapters(
        [
            {
                "id": number,
                "start": chapter.start,
                "end": chapter.stop,
                "time_base": MILLISECOND,
                "metadata": {"title": chapter.title},
            }
            for number, chapter in enumerate(chapters)
        ]
    )


def add_cover(container: OutputContainer, cover: Cover) -> Stream:
    """An MP4's cover art, which FFmpeg takes as a stream of one picture."""
    picture = container.add_mux_stream(cover.codec, width=cover.width, height=cover.height)
    picture.disposition = Disposition.attached_pic
    return picture


def mux_cover(container: OutputContainer, stream: Stream, cover: Cover) -> None:
    packet = Packet(cover.data)
    packet.stream = stream
    packet.pts = packet.dts = 0
    packet.time_base = Fraction(1, 1000)
    container.mux_one(packet)
