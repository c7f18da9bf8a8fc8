"""One title as the program stream dvdauthor takes, the way `ffmpeg -f dvd` writes it."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from encoders.dvd.join import Joiner
from encoders.dvd.limits import MUX_RATE, SECTOR
from encoders.dvd.task import DvdSound, DvdTitle
from encoders.verify import Faulty

AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"

CLOCK = 90_000
"""Ticks a second of a program stream's times."""
FRAMES = {"ac3": ("ac3", 1536), "mp2": ("mp3", 1152)}
"""By codec: FFmpeg's demuxer of the bare stream, and samples a frame."""
LEAD = Fraction(1, 10)
"""Seconds added to all times, so that none is negative: the order of pictures and the encoder's
delay of the sound put the first ones before zero."""

OPTIONS = {
    "muxrate": str(MUX_RATE),
    "packetsize": str(SECTOR),
    "fflags": "+bitexact",
}
_HARMLESS = "VBV buffer size not set"
"""The default FFmpeg then takes, 230 kB, is the DVD's 224 kB and room for one packet."""


@dataclass(frozen=True, slots=True)
class Muxed:
    """What went into a title."""

    pictures: int
    frames: tuple[int, ...]
    """Of each sound."""
    coarsened: int
    """GOPs taken of a coarser quality than was chosen."""


def mux(title: DvdTitle, inputs: Path, path: Path, report: Callable[[float], None]) -> Muxed:
    """Write the program stream to `path`. Raises Faulty where it would not play in time."""
    joiner = Joiner(title, inputs)
    sounds = title.parts.sounds
    counts = [0] * (1 + len(sounds))
    with muxer_warnings() as said, ExitStack() as stack:
        first = title.parts.qualities[title.choice[0].quality][0]
        template = stack.enter_context(av.open(str(inputs / first.file.name), format="nut"))
        sources = [stack.enter_context(_opened(one, inputs)) for one in sounds]
        out = stack.enter_context(av.open(str(path), "w", format="dvd", options=OPTIONS))
        streams: list[VideoStream | AudioStream] = [
            out.add_stream_from_template(template.streams.video[0]),
            *(out.add_stream_from_template(one.streams.audio[0]) for one in sources),
        ]
        timed = [_pictures(joiner, title)]
        timed += [_sound(one, source) for one, source in zip(sounds, sources, strict=True)]
        last = float(title.parts.duration * CLOCK)
        for at, which, packet in heapq.merge(*map(_ordered, range(len(timed)), timed)):
            packet.stream = streams[which]
            out.mux_one(packet)
            counts[which] += 1
            if sum(counts) % 256 == 0:
                report(min(1.0, max(0.0, at / last)))
    if said:
        raise Faulty(f"{title.parts.title!r} does not come off the disc in time ({said[0]})")
    return Muxed(counts[0], tuple(counts[1:]), joiner.coarsened)


@contextmanager
def muxer_warnings() -> Iterator[list[str]]:
    """What FFmpeg's muxer complains of meanwhile, filled in at the end."""
    said: list[str] = []
    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as logs:
            yield said
    finally:
        av.logging.set_level(before)
    said += [text.strip() for _, name, text in logs if name == "dvd" and _HARMLESS not in text]


def _ordered(which: int, packets: Iterator[AnyPacket]) -> Iterator[tuple[int, int, AnyPacket]]:
    return ((packet.dts or 0, which, packet) for packet in packets)


def _opened(one: DvdSound, inputs: Path) -> InputContainer:
    demuxer, _ = FRAMES[one.sound.codec]
    return av.open(str(inputs / one.sound.file.name), format=demuxer)


def _pictures(joiner: Joiner, title: DvdTitle) -> Iterator[AnyPacket]:
    """NUT keeps no decoding times: they are counted, one picture ahead for the B pictures."""
    rate, first = title.parts.rate, title.parts.qualities[0][0].first
    tick = CLOCK / rate
    for place, packet in enumerate(joiner.pictures()):
        shown = round((packet.pts or 0) * packet.time_base * rate) - first
        decoded = place - 1
        if packet.pts is None or shown < decoded:
            raise Faulty(f"{title.parts.title!r}: picture {place} would be shown undecoded")
        packet.time_base = Fraction(1, CLOCK)
        packet.pts = round(shown * tick + LEAD * CLOCK)
        packet.dts = round(decoded * tick + LEAD * CLOCK)
        yield packet


def _sound(one: DvdSound, container: InputContainer) -> Iterator[AnyPacket]:
    """In time with the pictures: what the encoder puts before the first sample comes earlier."""
    sound = one.sound
    _, samples = FRAMES[sound.codec]
    at = sound.start - Fraction(sound.delay, sound.sample_rate)
    for packet in container.demux(container.streams.audio[0]):
        if packet.size:
            packet.time_base = Fraction(1, CLOCK)
            packet.pts = packet.dts = round((at + LEAD) * CLOCK)
            yield packet
            at += Fraction(samples, sound.sample_rate)
