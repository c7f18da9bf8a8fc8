"""One VCD or SVCD: multiplexed, put into an image, ripped back, counted, then named."""

import re
import shutil
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av

from encoders.artifact import finish, publish
from encoders.product import Product, ProductFile
from encoders.tasks import Artifact
from encoders.vcd.access import SOUND_SAMPLES
from encoders.vcd.image import MOST_ENTRIES, build, check_image, rip
from encoders.vcd.mux import Muxed, mux
from encoders.vcd.sector import RAW
from encoders.vcd.task import KINDS, VcdTask
from encoders.verify import Faulty

_CODECS = {"vcd": ("MPEG-1", "MP2"), "svcd": ("MPEG-2", "MP2")}
_WANTED = {"vcd": ("mpeg1", ((352, 288), (352, 240))), "svcd": ("mpeg2", ((480, 576), (480, 480)))}
_MUXED = 0.4
"""Shares of the whole that are done by then, for the progress report."""
_BUILT = 0.7


def make_vcd(task: VcdTask, report: Callable[[float], None]) -> Product:
    """The bin and the cue sheet, which names it. `report`: how much is done, 0 to 1.

    Raises ValueError where the pieces are not for this kind of disc, Faulty where a tool refuses
    them or what is read back is not what was put in.
    """
    _check_task(task)
    folder = Path(task.folder)
    stream, bin, cue = (folder / f"{task.name}.{kind}" for kind in ("mpg", "bin", "cue"))
    muxed = mux(task, stream, lambda done: report(_MUXED * done))
    if muxed.pictures != task.last - task.first:
        due = task.last - task.first
        raise Faulty(f"{task.name}: the pieces hold {muxed.pictures} of its {due} pictures")
    entries = entry_points(task)
    build(task, stream, entries, bin, cue)
    report(_BUILT)
    check_image(task, bin, cue, len(entries) + 1)
    stream.unlink()
    _check_ripped(task, cue, muxed)
    report(1.0)
    image = publish(bin, folder, task.name, "bin", "application/x-cd-image")
    sheet = _named_sheet(task, cue, image)
    return Product(
        files=(ProductFile("cue", sheet), ProductFile("bin", image)),
        duration=Fraction(task.last - task.first) / task.rendition.rate,
        codecs=_CODECS[task.kind],
        measured={
            "packs": muxed.packs,
            "sectors": image.size // RAW,
            "entry_points": len(entries) + 1,
        },
    )


def entry_points(task: VcdTask) -> tuple[Fraction, ...]:
    """Seconds from the disc's start: the GOPs chapters begin in, but for the very first.

    What is beyond the 97th is left out: a remote control counts to 98.
    """
    rate, starts = task.rendition.rate, _starts(task)
    wanted = {
        starts[max(0, bisect_right(starts, chapter.start * rate) - 1)] for chapter in task.chapters
    }
    kept = [slot for slot in sorted(wanted) if task.first < slot < task.last]
    return tuple(Fraction(slot - task.first) / rate for slot in kept[: MOST_ENTRIES - 1])


def _starts(task: VcdTask) -> tuple[int, ...]:
    """Slots GOPs begin at, and the end."""
    gops = (gop.pictures for piece in task.pieces for gop in piece.gops)
    return tuple(accumulate(gops, initial=task.pieces[0].first))


def _check_task(task: VcdTask) -> None:
    if task.kind not in KINDS:
        raise ValueError(f"{task.kind!r} is not a kind of disc; use {' or '.join(KINDS)}")
    codec, sizes = _WANTED[task.kind]
    r, sound = task.rendition, task.sound
    if r.codec != codec or (r.width, r.height) not in sizes:
        raise ValueError(
            f"A {task.kind.upper()} holds {codec} of {sizes[0][0]}x{sizes[0][1]} or "
            f"{sizes[1][0]}x{sizes[1][1]}, not {r.codec} of {r.width}x{r.height}"
        )
    if sound and (sound.codec != "mp2" or sound.sample_rate != SOUND_SAMPLES):
        raise ValueError(
            f"A {task.kind.upper()} holds MP2 of {SOUND_SAMPLES} Hz, not {sound.codec} of "
            f"{sound.sample_rate} Hz"
        )
    for slot in {task.first, task.last} - set(_starts(task)):
        raise ValueError(
            f"A disc cannot be cut here: slot {slot} is not the start of a group of pictures"
        )


def _check_ripped(task: VcdTask, cue: Path, muxed: Muxed) -> None:
    """Every picture decodes, and every frame of sound is there."""
    folder = Path(task.folder) / f"{task.name}-ripped"
    folder.mkdir()
    pictures, sounds = _counted(rip(cue, folder))
    shutil.rmtree(folder)
    if (pictures, sounds) != (muxed.pictures, muxed.frames):
        raise Faulty(
            f"{task.name} gives back {pictures} pictures and {sounds} frames of sound, expected "
            f"{muxed.pictures} and {muxed.frames}"
        )


def _counted(stream: Path) -> tuple[int, int]:
    """Pictures decoded, and frames of sound."""
    pictures = sounds = 0
    with av.open(str(stream), format="mpeg") as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        for packet in container.demux(video, audio):
            if packet.stream is video:
                pictures += len(packet.decode())
            else:
                sounds += packet.size > 0
    return pictures, sounds


def _named_sheet(task: VcdTask, cue: Path, image: Artifact) -> Artifact:
    text = renamed_sheet(cue.read_text(encoding="ascii"), image.name)
    cue.unlink()
    return finish(Path(task.folder), task.name, "cue", text.encode("ascii"), "application/x-cue")


def renamed_sheet(text: str, image: str) -> str:
    """A cue sheet for an image of another name.

    Some programs, VCDImager's among them, do not read that name: they want the image beside the
    sheet under the same name but for the ending. Raises Faulty where it names no image.
    """
    named, count = re.subn('^FILE ".*" BINARY$', f'FILE "{image}" BINARY', text, flags=re.MULTILINE)
    if count != 1:
        raise Faulty(f"A cue sheet should name one image, not {count}")
    return named
