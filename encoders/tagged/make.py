"""A file of sound with everything a player shows, the sound itself untouched."""

import shutil
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from encoders.artifact import publish
from encoders.audio.codecs import CODECS
from encoders.product import Product, ProductFile
from encoders.tagged.chapters import FileChapter, file_chapters
from encoders.tagged.check import check_tagged
from encoders.tagged.cover import Cover, read_cover
from encoders.tagged.id3 import id3_tag
from encoders.tagged.remux import write_tagged
from encoders.tagged.task import TagTask

KINDS = {"mp3": "mp3", "m4a": "aac", "opus": "opus"}
"""The codec of each kind of file."""


def make_tagged(task: TagTask, report: Callable[[float], None]) -> Product:
    """`report` is told how much is done, 0 to 1.

    Raises ValueError for a kind that is not known, a sound of another codec or a cover that is no
    picture; Faulty where the result is not what was put in; OSError.
    """
    _check_kind(task)
    codec = CODECS[task.sound.codec]
    inputs, folder = Path(task.inputs), Path(task.folder)
    sound, path = inputs / task.sound.file.name, folder / f"{task.name}.part"
    duration = Fraction(task.sound.samples, task.sound.sample_rate)
    chapters = file_chapters(task.chapters, task.sound.start, duration)
    cover = None if task.cover is None else read_cover(inputs / task.cover.name)
    _write(task, path, sound, chapters, cover, duration)
    report(0.5)
    check_tagged(path, sound, codec.reader, task.tags, chapters, cover is not None)
    file = publish(path, folder, task.name, codec.extension, codec.type)
    report(1.0)
    heard = {"loudness_lkfs": task.sound.loudness, "true_peak_dbtp": task.sound.true_peak}
    measured = {name: value for name, value in heard.items() if value is not None}
    if task.sound.start:
        measured["start_s"] = float(task.sound.start)
    return Product((ProductFile("main", file),), duration, (codec.name,), measured)


def _check_kind(task: TagTask) -> None:
    wanted = KINDS.get(task.kind)
    if wanted is None:
        known = ", ".join(KINDS)
        raise ValueError(f"{task.name}: {task.kind!r} is no kind of tagged file; known: {known}")
    if task.sound.codec != wanted:
        raise ValueError(f"{task.name}: {task.kind} holds {wanted}, not {task.sound.codec}")


def _write(
    task: TagTask,
    path: Path,
    sound: Path,
    chapters: Sequence[FileChapter],
    cover: Cover | None,
    duration: Fraction,
) -> None:
    if task.kind != "mp3":
        rate = task.sound.sample_rate
        write_tagged(path, sound, task.kind, rate, task.tags, chapters, cover)
        return
    with path.open("wb") as file, sound.open("rb") as bare:
        file.write(id3_tag(task.tags, chapters, cover, duration))
        shutil.copyfileobj(bare, file, 1 << 20)
