"""One MP4 of a lesson, remultiplexed from the segments it is streamed in."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from encoders.artifact import publish
from encoders.download.check import check_movie
from encoders.download.mux import Muxed, write_movie
from encoders.download.task import DownloadTask
from encoders.product import Product, ProductFile
from encoders.tagged.chapters import file_chapters
from encoders.tagged.cover import read_cover
from encoders.verify import Faulty

_WRITING = 0.6  # the share of the time that goes by before verification


def make_download(task: DownloadTask, report: Callable[[float], None]) -> Product:
    """`report` is told how much is done, 0 to 1.

    Raises ValueError where there is nothing to put in, segments do not belong together or the cover
    is no picture; Faulty where the result is not what was put in; OSError.
    """
    if not (task.video or task.sounds):
        raise ValueError(f"{task.name}: a download needs a picture or a sound")
    inputs, folder = Path(task.inputs), Path(task.folder)
    path = folder / f"{task.name}.part"
    chapters = file_chapters(task.chapters, Fraction(0), task.duration)
    cover = None if task.cover is None else read_cover(inputs / task.cover.name)

    def done(time: Fraction) -> None:
        report(_WRITING * min(1.0, max(0.0, float(time / task.duration))))

    muxed = write_movie(path, task, chapters, cover, done)
    _check_counts(task, muxed)
    check_movie(path, task, muxed, chapters)
    extension, type = ("mp4", "video/mp4") if task.video else ("m4a", "audio/mp4")
    file = publish(path, folder, task.name, extension, type)
    report(1.0)
    pictures = muxed.tracks[0].samples if task.video else 0
    measured = {
        "pictures": float(pictures),
        "bit_rate_bps": float(file.size * 8 / task.duration),
    }
    codecs = (*(["H.264"] if task.video else []), *(["AAC"] if task.sounds else []))
    return Product((ProductFile("main", file),), task.duration, codecs, measured)


def _check_counts(task: DownloadTask, muxed: Muxed) -> None:
    """What was read of the segments is what they were made of."""
    tracks = [task.video] if task.video else []
    tracks += [(sound.encoded,) for sound in task.sounds]
    for chunks, tally in zip(tracks, muxed.tracks, strict=True):
        segments = [segment for chunk in chunks for segment in chunk.segments]
        samples = sum(segment.samples for segment in segments)
        ticks = sum(segment.duration for segment in segments)
        if (tally.samples, tally.ticks) != (samples, ticks):
            raise Faulty(
                f"{chunks[0].rendition}: the segments gave {tally.samples} samples of "
                f"{tally.ticks} ticks, expected {samples} of {ticks}"
            )
