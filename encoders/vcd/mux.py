"""Pictures and sound of one disc in one program stream, one pack a sector.

FFmpeg's own multiplexer looks at nothing ahead, tells of what comes too late by a warning only, and
leaves sectors out. Here every sector has its time, and what goes into it is decided then: sound,
whose sectors come evenly; else pictures, as early as the decoder has room for them. If pictures
keep to the `maxrate` and `buffer` of their rendition, and those are no more than `video_rate` and
`video_buffer`, then each is there in time (see `encoders.vcd.rates.spans`).

A Video CD is read at one speed, so sectors that nothing is due in hold padding. A Super Video CD's
player waits for the time of the next pack, and such sectors are left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from encoders.vcd.access import Unit, picture_units, shown_first, sound_rate, sound_units
from encoders.vcd.lane import Lane
from encoders.vcd.rates import CLOCK, DISCS, Spans, spans
from encoders.vcd.system import PICTURES, SOUND, System
from encoders.vcd.task import VcdTask

_WRITE = 1024  # packs
_APART = 67 * CLOCK // 100  # a clock is due every 0.7 s: ISO/IEC 13818-1, 2.5.3.4


@dataclass(frozen=True, slots=True)
class Muxed:
    pictures: int
    frames: int
    """Of sound."""
    packs: int


def mux(task: VcdTask, path: Path, report: Callable[[float], None]) -> Muxed:
    """Write the program stream to `path`.

    Raises Faulty where the pieces are not what the task says, or do not fit the disc's rate.
    """
    rate = sound_rate(task)
    plan = spans(task.kind, task.rendition.buffer, rate)
    whole = float((task.last - task.first) / task.rendition.rate) * DISCS[task.kind].sectors
    heard = shown_first(task, plan.first)
    with path.open("wb") as file:
        return send(
            file,
            task.kind,
            plan,
            picture_units(task, plan.first),
            sound_units(task, heard),
            rate,
            lambda slot: report(min(1.0, slot / whole)),
        )


def send(
    file: BinaryIO,
    kind: str,
    plan: Spans,
    pictures: Iterator[Unit],
    sounds: Iterator[Unit],
    rate: int,
    report: Callable[[int], None],
) -> Muxed:
    """Sector after sector until all is sent. `rate`: of the sound, bits a second; `report` is told
    how many sectors went by."""
    system = System(kind)
    video, sound = _lanes(system, plan, pictures, sounds, rate)
    held = system.opening()
    slot = packs = len(held)
    last, apart = slot - 1, 1 if kind == "vcd" else _APART // DISCS[kind].ticks
    while not (video.done and sound.done):
        pack = sound.take(slot) or video.take(slot)
        if pack is None and slot - last >= apart:
            pack = system.empty(slot)
        if pack is not None:
            held.append(pack)
            last, packs = slot, packs + 1
        slot += 1
        if len(held) >= _WRITE:
            file.write(b"".join(held))
            held.clear()
            report(slot)
    file.write(b"".join(held))
    return Muxed(video.units, sound.units, packs)


def _lanes(
    system: System, plan: Spans, pictures: Iterator[Unit], sounds: Iterator[Unit], rate: int
) -> tuple[Lane, Lane]:
    disc = system.disc
    video = Lane(system, PICTURES, pictures, plan, name="picture", buffer=disc.picture_buffer)
    sound = Lane(
        system,
        SOUND,
        sounds,
        plan,
        name="frame of sound",
        buffer=disc.sound_buffer,
        sizes_always=True,
        rate=rate,
    )
    return video, sound
