"""Pictures and sound of one disc in one program stream, as `ffmpeg -target pal-vcd` makes it."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from encoders.tasks import Artifact
from encoders.vcd.task import VcdTask
from encoders.vcd.volumes import SECTOR, SECTORS_A_SECOND
from encoders.verify import Faulty

AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"

CLOCK = 90_000
"""Ticks a second of the system clock (ISO/IEC 11172-1, 2.4.3.2)."""
SOUND_FRAME = 1152
"""Samples of a frame of MPEG-1 layer II."""

_RATES = {"vcd": SECTOR * SECTORS_A_SECOND * 8, "svcd": 2 * SECTOR * SECTORS_A_SECOND * 8}
"""Bits a second that come from the disc, at one and two speeds."""
_OPTIONS = {
    "packetsize": str(SECTOR),
    # SCR starts at zero, and first come two packs of system headers alone: see ffmpeg -target.
    "preload": "440000",
    "max_delay": "700000",
    "fflags": "+bitexact",
}
_LEAD = Fraction(1, 10)
"""Seconds added to all times, so that none is negative: the order of pictures and the encoder's
delay of the sound put the first ones before zero."""
_HARMLESS = "VBV buffer size not set"
"""The default FFmpeg then takes, 230 kB, is the SVCD's."""


def mux(task: VcdTask, path: Path, report: Callable[[float], None]) -> int:
    """Write the program stream to `path`; returns how many frames of sound are in it.

    Raises Faulty where the pieces are not what the task says, or do not fit the disc's rate.
    """
    with ExitStack() as stack:
        logs = stack.enter_context(_muxer_log())
        pictures = stack.enter_context(_opened(task, task.pieces[0].file, "nut"))
        sound = stack.enter_context(_opened(task, task.sound.file, "mp3"))
        options = _OPTIONS | {"muxrate": str(_RATES[task.kind])}
        out = stack.enter_context(av.open(str(path), "w", format=task.kind, options=options))
        video = out.add_stream_from_template(_video(pictures))
        audio = out.add_stream_from_template(_audio(sound))
        count = 0
        queue = heapq.merge(
            ((packet.dts, 0, packet) for packet in _pictures(task)),
            ((packet.dts, 1, packet) for packet in _sound(task, sound)),
            key=lambda entry: entry[:2],
        )
        for number, (_, which, packet) in enumerate(queue):
            packet.stream = audio if which else video
            count += which
            out.mux_one(packet)
            if number % 256 == 0:
                report(_done(packet, task))
    _check(logs, task.kind)
    return count


class _muxer_log:  # noqa: N801 - a context manager used like a function
    """What FFmpeg says while muxing, warnings and worse, whatever was set before."""

    def __enter__(self) -> list[tuple[int, str, str]]:
        self._before = av.logging.get_level()
        av.logging.set_level(av.logging.WARNING)
        self._capture = av.logging.Capture()
        return self._capture.__enter__()

    def __exit__(self, *end: object) -> None:
        self._capture.__exit__(None, None, None)
        av.logging.set_level(self._before)


def _check(logs: list[tuple[int, str, str]], kind: str) -> None:
    said = [text.strip() for _, name, text in logs if name == kind and _HARMLESS not in text]
    if said:
        raise Faulty(
            f"The pictures and sound do not fit the rate of a {kind.upper()} ({said[0]}); give the "
            "profile's pictures fewer bits a second."
        )


def _opened(task: VcdTask, file: Artifact, format: str) -> InputContainer:
    return av.open(str(Path(task.inputs) / file.name), "r", format=format)


def _video(container: InputContainer) -> VideoStream:
    return container.streams.video[0]


def _audio(container: InputContainer) -> AudioStream:
    return container.streams.audio[0]


def _done(packet: AnyPacket, task: VcdTask) -> float:
    seconds = Fraction(packet.dts or 0, CLOCK)
    return min(1.0, float(seconds * task.rendition.rate / (task.last - task.first)))


def _pictures(task: VcdTask) -> Iterator[AnyPacket]:
    """In coding order; a closed GOP holds the same places in both orders."""
    rate = task.rendition.rate
    reordered = int(task.rendition.b_frames > 0)
    place = task.pieces[0].first
    for piece in task.pieces:
        if piece.first != place:
            raise Faulty(f"{piece.file.name} starts at slot {piece.first}, expected {place}")
        with _opened(task, piece.file, "nut") as container:
            for packet in container.demux(_video(container)):
                if not packet.size or packet.pts is None:
                    continue
                if task.first <= place < task.last:
                    slot = round(packet.pts * packet.time_base * rate)
                    _set_times(packet, slot, place - reordered, task)
                    yield packet
                place += 1
        if place - piece.first != sum(gop.pictures for gop in piece.gops):
            raise Faulty(
                f"{piece.file.name} holds {place - piece.first} pictures, not what it says"
            )


def _set_times(packet: AnyPacket, shown: int, decoded: int, task: VcdTask) -> None:
    if shown < decoded:
        raise Faulty(f"a picture at slot {shown} would be decoded at slot {decoded}, after it")
    tick = CLOCK / task.rendition.rate
    packet.time_base = Fraction(1, CLOCK)
    packet.pts = round((shown - task.first) * tick + _LEAD * CLOCK)
    packet.dts = round((decoded - task.first) * tick + _LEAD * CLOCK)


def _sound(task: VcdTask, container: InputContainer) -> Iterator[AnyPacket]:
    """Frames that begin on this disc; the first may be one that began just before."""
    start, stop = (Fraction(slot) / task.rendition.rate for slot in (task.first, task.last))
    length = Fraction(SOUND_FRAME, task.sound.sample_rate)
    at = task.sound.start - Fraction(task.sound.delay, task.sound.sample_rate)
    for packet in container.demux(_audio(container)):
        if not packet.size:
            continue
        if start < at + length and at < stop:
            packet.time_base = Fraction(1, CLOCK)
            packet.pts = packet.dts = round((at - start + _LEAD) * CLOCK)
            yield packet
        at += length
