"""Tracks, captions, chapters and cover into one MP4 whose index comes first."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import OutputContainer
from av.stream import Disposition, Stream

from encoders.captions import captions_of
from encoders.captions.movtext import add_text_track, cues_for_mp4, text_packets
from encoders.download.language import terminological
from encoders.download.task import DownloadSound, DownloadTask, DownloadText
from encoders.download.tracks import Pieces, Tally, shows, time_of
from encoders.tagged.chapters import FileChapter
from encoders.tagged.cover import Cover
from encoders.tagged.remux import add_cover, mp4_metadata, mux_cover, set_chapters

if TYPE_CHECKING:
    from encoders.download.tracks import AnyPacket

Done = Callable[[Fraction], None]
"""Told up to which second of the lesson is written."""


@dataclass(frozen=True, slots=True)
class Muxed:
    """What was handed to the muxer, in the order of the file's tracks."""

    tracks: tuple[Tally, ...]
    """Picture, then sound."""
    texts: tuple[Tally, ...]
    """Of the samples that show something."""


def write_movie(
    path: Path,
    task: DownloadTask,
    chapters: Sequence[FileChapter],
    cover: Cover | None,
    done: Done,
) -> Muxed:
    """Raises ValueError for segments that do not belong together or a language that is no code."""
    with ExitStack() as stack:
        sources = _sources(task, stack)
        container = stack.enter_context(_opened(path, task, sources[0].timescale))
        container.metadata.update(mp4_metadata(task.tags))
        set_chapters(container, chapters)
        ways = [_handed_on(source, container) for source in sources]
        for stream, sound in zip(container.streams.audio, task.sounds, strict=True):
            _name(stream, sound, default=sound is task.sounds[0])
        texts = [Tally() for _ in task.texts]
        for text, tally in zip(task.texts, texts, strict=True):
            ways.append(_text(container, text, task, tally))
        if cover is not None:
            mux_cover(container, add_cover(container, cover), cover)
        for packet in heapq.merge(*ways, key=time_of):
            done(time_of(packet))
            container.mux_one(packet)
        return Muxed(tuple(source.tally for source in sources), tuple(texts))


def _sources(task: DownloadTask, stack: ExitStack) -> list[Pieces]:
    chunked = [task.video] if task.video else []
    sources = []
    for chunks in [*chunked, *((sound.encoded,) for sound in task.sounds)]:
        sources.append(Pieces(chunks, Path(task.inputs)))
        stack.callback(sources[-1].close)
    return sources


def _opened(path: Path, task: DownloadTask, timescale: int) -> OutputContainer:
    options = {
        "brand": "isom" if task.video else "M4A ",
        "movflags": "+faststart",  # the index in front: a player starts before it has read all
        "use_editlist": "1",  # takes off the delay of B pictures
        "movie_timescale": str(timescale),  # edits are in it: exact to the tick
        "write_btrt": "0",
        "fflags": "+bitexact",
    }
    if task.video:
        options["video_track_timescale"] = str(timescale)
    return av.open(str(path), "w", format="mp4", container_options=options)


def _handed_on(source: Pieces, container: OutputContainer) -> "Iterator[AnyPacket]":
    """A track of the same kind, and its samples."""
    stream = container.add_stream_from_template(source.stream, opaque=True)

    def packets() -> "Iterator[AnyPacket]":
        for packet in source.packets():
            packet.stream = stream
            yield packet

    return packets()


def _name(stream: Stream, track: DownloadSound | DownloadText, *, default: bool) -> None:
    stream.metadata["language"] = terminological(track.language)
    if track.label:
        stream.metadata["title"] = track.label
        stream.metadata["handler_name"] = track.label  # where most players look for a name
    stream.disposition = Disposition.default if default else Disposition(0)


def _text(
    container: OutputContainer, text: DownloadText, task: DownloadTask, tally: Tally
) -> "Iterator[AnyPacket]":
    cues = cues_for_mp4(captions_of(Path(task.inputs) / text.file.name), task.duration)
    stream = add_text_track(container, terminological(text.language))
    _name(stream, text, default=text is task.texts[0])

    def packets() -> "Iterator[AnyPacket]":
        for packet in text_packets(cues, stream):
            if shows(packet):
                tally.add(packet)
            # FFmpeg's muxer ends each caption by an empty sample of its own: a second one would
            # make that one last no time. The one at zero stays: without it an edit list would
            # have to make the track begin later, and not every player reads those.
            if shows(packet) or not packet.pts:
                yield packet

    return packets()
