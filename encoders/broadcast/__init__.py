"""A lesson as a transport stream of constant rate, for satellite and IP multicast."""

import math
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av

from encoders.artifact import publish
from encoders.broadcast import sections
from encoders.broadcast.check import Report, check
from encoders.broadcast.limits import PUBLISHED
from encoders.broadcast.mux import (
    SOUND_AHEAD,
    SOUND_BUFFER,
    Lane,
    Table,
    Timing,
    send,
    sound_spacing,
    timing,
)
from encoders.broadcast.rates import periods, sound_packets
from encoders.broadcast.task import BroadcastTask, SoundTrack
from encoders.broadcast.units import TICKS, reorder, sound_units, video_units
from encoders.product import Product, ProductFile
from encoders.verify import Faulty

TYPE = "video/mp2t"
PAT_PID, NIT_PID, SDT_PID = 0x0000, 0x0010, 0x0011
PMT_PID, VIDEO_PID, SOUND_PID = 0x0020, 0x0100, 0x0101

_SENDING = 0.8  # the share that goes by before the check, for the progress report
_SPOKEN = {"mp2": "MP2", "aac": "AAC"}
_TOLD = 5  # faults that an error lists


def make_broadcast(task: BroadcastTask, report: Callable[[float], None]) -> Product:
    """Multiplex, check as an operator would, count what is in it, and publish.

    `report` is told how much is done, 0 to 1. Raises Faulty where the pieces do not join, do not
    fit the rate, or the stream fails the check; OSError where a file cannot be read or written.
    """
    folder = Path(task.folder)
    part = folder / f"{task.name}.ts.part"
    pictures = sum(gop.pictures for piece in task.pieces for gop in piece.gops)
    _refuse(task, pictures)
    frames = _multiplex(task, part, pictures, lambda done: report(done * _SENDING))
    found = check(part, PUBLISHED, muxrate=task.muxrate)
    if found.faults:
        raise Faulty(f"{task.name}: {_first(found)}")
    _count(part, (pictures, *frames))
    file = publish(part, folder, task.name, "ts", TYPE)
    report(1.0)
    return Product(
        files=(ProductFile("main", file),),
        duration=task.duration,
        codecs=("H.264", *dict.fromkeys(_SPOKEN[one.sound.codec] for one in task.sounds)),
        measured=found.measured | _levels(task),
    )


def _refuse(task: BroadcastTask, pictures: int) -> None:
    if not pictures or task.rendition.codec != "h264":
        raise Faulty(f"{task.name}: a broadcast takes pictures in H.264, and at least one")
    for track in task.sounds:
        if len(track.language) != 3 or not track.language.isascii():
            raise Faulty(f"{task.name}: {track.language!r} is no ISO 639-2 code, such as `chi`")


def _multiplex(
    task: BroadcastTask, part: Path, pictures: int, report: Callable[[float], None]
) -> tuple[int, ...]:
    """Returns how many frames of sound each track has."""
    rendition, inputs, late = task.rendition, Path(task.inputs), reorder(task.rendition)
    plan = timing(
        task.muxrate, rendition.maxrate, rendition.buffer, rendition.rate, late, len(task.sounds)
    )
    video = Lane(
        VIDEO_PID,
        video_units(task.pieces, inputs, rendition, plan.origin),
        plan,
        buffer=plan.buffer,
        ahead=plan.ahead,
        clock=True,
    )
    sounds = [
        Lane(
            SOUND_PID + number,
            sound_units(track, inputs, plan.origin, number),
            plan,
            buffer=SOUND_BUFFER,
            ahead=SOUND_AHEAD,
            spacing=sound_spacing(task.muxrate, _packets(track, task.duration)),
        )
        for number, track in enumerate(task.sounds)
    ]
    length = plan.origin + math.ceil((pictures - 1 - late) / rendition.rate * TICKS)
    with part.open("wb") as file:
        send(file, video, sounds, _tables(task, plan), plan, length, report)
    return tuple(lane.frames for lane in sounds)


def _packets(track: SoundTrack, duration: Fraction) -> Fraction:
    """Of a track, a second."""
    bitrate = math.ceil(track.sound.file.size * 8 / duration)
    return sound_packets(bitrate, track.sound.codec, track.sound.sample_rate)


def _tables(task: BroadcastTask, plan: Timing) -> tuple[Table, ...]:
    service, due = task.service, periods(plan.muxrate)
    kinds = {"mp2": sections.MP2, "aac": sections.AAC}
    streams = [(sections.H264, VIDEO_PID, None)] + [
        (kinds[track.sound.codec], SOUND_PID + number, track.language)
        for number, track in enumerate(task.sounds)
    ]
    kind = sections.service_type(task.rendition.height)
    return (
        Table(PAT_PID, sections.pat(service, PMT_PID, NIT_PID), due.pat),
        Table(PMT_PID, sections.pmt(service, VIDEO_PID, streams), due.pat),
        Table(SDT_PID, sections.sdt(service, kind), due.sdt),
        Table(NIT_PID, sections.nit(service, kind), due.nit),
    )


def _first(found: Report) -> str:
    told = "; ".join(str(fault) for fault in found.faults[:_TOLD])
    more = sum(found.counts.values()) - min(_TOLD, len(found.faults))
    return told + (f"; and {more} more" if more > 0 else "")


def _count(part: Path, due: tuple[int, ...]) -> None:
    """As a player sees it. Raises Faulty."""
    counted = [0] * len(due)
    with closing(av.open(str(part), "r", format="mpegts")) as container:
        if len(container.streams) != len(due):
            raise Faulty(f"{part.name} shows {len(container.streams)} streams, expected {len(due)}")
        for packet in container.demux():
            counted[packet.stream_index] += bool(packet.size)
    if tuple(counted) != due:
        raise Faulty(f"{part.name} holds {counted} pictures and frames of sound, expected {due}")


def _levels(task: BroadcastTask) -> dict[str, float]:
    """Of the first track, as it was measured when it was encoded."""
    if not task.sounds:
        return {}
    sound = task.sounds[0].sound
    levels = {"loudness_lkfs": sound.loudness, "true_peak_dbtp": sound.true_peak}
    return {name: value for name, value in levels.items() if value is not None}
