"""The finished pieces of a lesson as what a decoder takes at once: pictures and frames of sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
from av.packet import Packet
from av.stream import Stream

from encoders.pieces import packets_of, slot_of_packet
from encoders.tasks import RasterRendition
from encoders.vcd.rates import CLOCK
from encoders.vcd.system import Stamps
from encoders.vcd.task import VcdTask
from encoders.verify import Faulty

SOUND_FRAME = 1152
"""Samples of a frame of MPEG-1 layer II."""
SOUND_SAMPLES = 44_100
"""A second."""

_SEQUENCE, _GROUP, _PICTURE = b"\0\0\1\xb3", b"\0\0\1\xb8", b"\0\0\1\0"
_POINTERS = b"\0\0\1\xb2\x10\x0e"  # user data of IEC 62107: scan information, its length
_PICTURE_BYTES, _POINTERS_BYTES = 8, 18
_SILENT_RATE = 224_000
_HEADERS = 300  # bytes the headers of a key picture take at most, matrices included
_RATE_UNIT, _BUFFER_UNIT = 400, 16 * 1024  # ISO/IEC 11172-2, 2.4.3.2


@dataclass(frozen=True, slots=True)
class Unit:
    """An access unit: one picture, or one frame of sound."""

    data: bytes
    stamps: Stamps
    head: int = 0
    """Bytes it starts with that are to be in one sector: VCDImager, and players that jump, look for
    a key picture's headers there."""


def picture_units(task: VcdTask, origin: int) -> Iterator[Unit]:
    """In coding order; `origin`: ticks, when the first is decoded.

    A closed GOP holds the same places in both orders. Raises Faulty where pieces do not join.
    """
    rate, place = task.rendition.rate, task.pieces[0].first
    reordered = int(task.rendition.b_frames > 0)
    for piece in task.pieces:
        if piece.first != place:
            raise Faulty(f"{piece.file.name} starts at slot {piece.first}, expected {place}")
        due = place + sum(gop.pictures for gop in piece.gops)
        skipped = due <= task.first or place >= task.last
        for packet in () if skipped else packets_of(Path(task.inputs) / piece.file.name, "nut"):
            if task.first <= place < task.last:
                shown = slot_of_packet(packet, rate) - task.first + reordered
                yield _picture(packet, shown, place - task.first, task.rendition, origin)
            place += 1
        if not skipped and place != due:
            raise Faulty(f"{piece.file.name} ends at slot {place}, expected {due}")
        place = due


def shown_first(task: VcdTask, origin: int) -> int:
    """Ticks: when the first picture is shown."""
    return origin + _ticks(int(task.rendition.b_frames > 0) / task.rendition.rate)


def _picture(
    packet: "Packet[Stream]", shown: int, decoded: int, made: RasterRendition, origin: int
) -> Unit:
    if shown < decoded:
        raise Faulty(f"a picture at slot {shown} would be decoded at slot {decoded}, after it")
    times = (origin + _ticks(slot / made.rate) for slot in (shown, decoded))
    if packet.is_keyframe:
        data = settled(bytes(packet), made, decoded)
        return Unit(data, Stamps(*times), _head(data))
    return Unit(_unpointed(bytes(packet)), Stamps(*times))


def _head(data: bytes) -> int:
    """Up to the end of the picture's header, and of an SVCD's pointers."""
    picture = data.find(_PICTURE, 0, _HEADERS)
    pointers = data.find(_POINTERS, picture, _HEADERS)
    return picture + _PICTURE_BYTES if pointers < 0 else pointers + _POINTERS_BYTES


def _unpointed(data: bytes) -> bytes:
    """Without room for an SVCD's pointers to key pictures, which FFmpeg leaves in all others too.

    VCDImager fills the last of a sector alone, so it is to be the key picture's.
    """
    at = data.find(_POINTERS, 0, _HEADERS)
    return data if at < 0 else data[:at] + data[at + _POINTERS_BYTES :]


def settled(data: bytes, made: RasterRendition, slot: int) -> bytes:
    """A key picture with headers as of one stream: chunks have each their own rate, and count from
    zero.

    All sequence headers have to agree but for their matrices (ISO/IEC 11172-2, 2.4.2.2). Raises
    Faulty where the headers are not there.
    """
    group = data.find(_GROUP, 0, _HEADERS)
    if not data.startswith(_SEQUENCE) or group < 0:
        raise Faulty(f"the GOP at slot {slot} of the disc does not start with a sequence header")
    flags = int.from_bytes(data[8:12]) & 7
    rate, buffer = -(-made.maxrate // _RATE_UNIT), -(-made.buffer // _BUFFER_UNIT)
    sequence = (rate << 14 | 1 << 13 | buffer << 3 | flags).to_bytes(4)
    seconds, picture = divmod(slot, round(made.rate))
    hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
    code = hours << 20 | minutes << 14 | 1 << 13 | (seconds % 60) << 7 | picture << 1
    code = code << 6 | int.from_bytes(data[group + 4 : group + 8]) & 0x7F
    start, after = group + 4, group + 8
    return data[:8] + sequence + data[12:start] + code.to_bytes(4) + data[after:]


def sound_units(task: VcdTask, origin: int) -> Iterator[Unit]:
    """Frames that begin on this disc; the first may be one that began just before.

    `origin`: ticks, when what is heard with the disc's first picture is.
    """
    start, stop = (Fraction(slot) / task.rendition.rate for slot in (task.first, task.last))
    length, at = Fraction(SOUND_FRAME, SOUND_SAMPLES), Fraction(0)
    if task.sound is not None:
        at = task.sound.start - Fraction(task.sound.delay, SOUND_SAMPLES)
    for frame in _frames(task):
        if at >= stop:
            return
        if start < at + length:
            heard = origin + _ticks(at - start)
            yield Unit(frame, Stamps(heard, heard))
        at += length


def sound_rate(task: VcdTask) -> int:
    """Bits a second, as its frames say. Raises Faulty where they do not."""
    if task.sound is None:
        return _SILENT_RATE
    path = Path(task.inputs) / task.sound.file.name
    with av.open(str(path), "r", format="mp3") as container:
        rate = container.streams.audio[0].codec_context.bit_rate
    if not rate:
        raise Faulty(f"{path.name} does not say its bit rate")
    return rate


def _frames(task: VcdTask) -> Iterator[bytes]:
    if task.sound is None:
        yield from _silence()
        return
    for packet in packets_of(Path(task.inputs) / task.sound.file.name, "mp3"):
        yield bytes(packet)


def _silence() -> Iterator[bytes]:
    """Without end, for discs need sound: a frame that allots no bits is silent.

    ISO/IEC 11172-3, 2.4.1.3 and 2.4.3.1: layer II, 224 kb/s, 44.1 kHz, stereo; some frames are a
    byte longer to keep to the rate.
    """
    bits = SOUND_FRAME * _SILENT_RATE
    for number in count():
        size = bits * (number + 1) // (8 * SOUND_SAMPLES) - bits * number // (8 * SOUND_SAMPLES)
        padded = size > bits // (8 * SOUND_SAMPLES)
        yield bytes([0xFF, 0xFD, 0xB0 | padded << 1, 0x04]).ljust(size, b"\0")


def _ticks(seconds: Fraction) -> int:
    return round(seconds * CLOCK)
