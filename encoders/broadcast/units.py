"""The finished pieces of a lesson as PES packets, in the order they are sent.

One access unit of H.264 a packet; of sound as many whole frames as fill one well.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from encoders.broadcast.rates import ADTS, SAMPLES, SOUND_HEAD, SOUND_PES, SOUND_SPAN
from encoders.broadcast.task import SoundTrack
from encoders.pieces import packets_of, slot_of_packet
from encoders.tasks import Elementary, RasterRendition
from encoders.verify import Faulty

TICKS = 90_000
"""A second of PTS and DTS."""

_DELIMITER, _PARAMETERS = 9, 7  # ITU-T H.264, table 7-1
_ALIGNED = 0x84
_SOUND_FORMATS = {"mp2": "mp3", "aac": "mp4"}
# ISO/IEC 14496-3, table 1.18
_AAC_RATES = (96, 88.2, 64, 48, 44.1, 32, 24, 22.05, 16, 12, 11.025, 8, 7.35)


@dataclass(frozen=True, slots=True)
class Unit:
    """One PES packet."""

    data: bytes
    frames: tuple[tuple[int, int], ...]
    """Of every access unit in it: where it ends in `data`, and when it is decoded, ticks."""
    key: bool
    """Whether a receiver may start here."""


def video_units(
    pieces: Iterable[Elementary], inputs: Path, rendition: RasterRendition, origin: int
) -> Iterator[Unit]:
    """`origin`: when slot 0 is shown, ticks. Raises Faulty where pieces do not join."""
    rate, delay, count = rendition.rate, reorder(rendition), 0
    for piece in pieces:
        if piece.first != count:
            raise Faulty(f"{piece.file.name} starts at slot {piece.first}, expected {count}")
        due = count + sum(gop.pictures for gop in piece.gops)
        for packet in packets_of(inputs / piece.file.name, "nut"):
            shown, decoded = slot_of_packet(packet, rate), count - delay
            if not decoded <= shown < due:
                raise Faulty(f"{piece.file.name} shows its picture {count - piece.first} too early")
            count += 1
            yield _video_unit(
                bytes(packet),
                origin + _ticks(shown / rate),
                origin + _ticks(decoded / rate),
                packet.is_keyframe,
                piece.file.name,
            )
        if count != due:
            raise Faulty(f"{piece.file.name} ends at slot {count}, expected {due}")


def reorder(rendition: RasterRendition) -> int:
    """Slots a picture is decoded before it is shown, where nothing reorders it: x264 has pyramids
    of two levels at most. NUT does not tell, and a piece may do with less than others."""
    return min(rendition.b_frames, 2)


def _ticks(seconds: Fraction) -> int:
    return round(seconds * TICKS)


def _video_unit(data: bytes, pts: int, dts: int, key: bool, name: str) -> Unit:
    """Raises Faulty where a receiver could not start: ISO/IEC 13818-1, 2.14.1."""
    kinds = [data[at] & 0x1F for at in _nal_units(data)]
    if kinds[:1] != [_DELIMITER] or (key and _PARAMETERS not in kinds):
        raise Faulty(f"{name}: a picture has no delimiter, or a key picture no parameters")
    data = _pes(0xE0, data, pts, dts)
    return Unit(data, ((len(data), dts),), key)


def _nal_units(data: bytes, enough: int = 200) -> Iterator[int]:
    """Where the NAL units begin of which the first ones tell what a picture is."""
    at = data.find(b"\x00\x00\x01")
    while 0 <= at < enough and at + 3 < len(data):
        yield at + 3
        at = data.find(b"\x00\x00\x01", at + 3, enough + 3)


def _pes(stream: int, data: bytes, pts: int, dts: int | None) -> bytes:
    """ISO/IEC 13818-1, 2.4.3.6; pictures (`dts` given) leave their length open."""
    both = dts is not None and dts != pts
    stamps = _stamp(3 if both else 2, pts) + (_stamp(1, dts) if both and dts is not None else b"")
    body = bytes([_ALIGNED, 0xC0 if both else 0x80, len(stamps)]) + stamps + data
    length = len(body) if dts is None else 0
    return b"\x00\x00\x01" + bytes([stream]) + length.to_bytes(2) + body


def _stamp(mark: int, ticks: int) -> bytes:
    ticks &= (1 << 33) - 1
    return bytes(
        [
            mark << 4 | ticks >> 29 & 0xE | 1,
            ticks >> 22 & 0xFF,
            ticks >> 14 & 0xFE | 1,
            ticks >> 7 & 0xFF,
            ticks << 1 & 0xFE | 1,
        ]
    )


# --- sound ---------------------------------------------------------------------------------------


def sound_units(track: SoundTrack, inputs: Path, origin: int, number: int) -> Iterator[Unit]:
    """`origin`: when zero of the lesson clock is heard, ticks; `number`: which track, from 0."""
    sound = track.sound
    if sound.codec not in SAMPLES:
        raise Faulty(f"{sound.file.name} is {sound.codec}; a transport stream takes mp2 or aac")
    samples = SAMPLES[sound.codec]
    usual = max(1, int(SOUND_SPAN * sound.sample_rate / samples))
    most = 1  # the first one is sent long before the next
    held: list[bytes] = []
    size = began = 0
    for frame in _frames(inputs / sound.file.name, sound.codec):
        if held and (len(held) == most or SOUND_HEAD + size + len(frame) > SOUND_PES):
            yield _sound_unit(held, track, origin, began, number)
            began, most = began + len(held), usual
            held, size = [], 0
        held.append(frame)
        size += len(frame)
    if not held and not began:
        raise Faulty(f"{sound.file.name} holds no sound")
    yield _sound_unit(held, track, origin, began, number)


def _sound_unit(
    frames: list[bytes], track: SoundTrack, origin: int, began: int, number: int
) -> Unit:
    sound, samples = track.sound, SAMPLES[track.sound.codec]

    def heard(frame: int) -> int:
        at = Fraction(frame * samples - sound.delay, sound.sample_rate) + sound.start
        return origin + _ticks(at)

    data = _pes(0xC0 + number, b"".join(frames), heard(began), None)
    ends, end = [], SOUND_HEAD
    for offset, frame in enumerate(frames):
        end += len(frame)
        ends.append((end, heard(began + offset)))
    return Unit(data, tuple(ends), True)


def _frames(path: Path, codec: str) -> Iterator[bytes]:
    if codec == "mp2":
        yield from (bytes(packet) for packet in packets_of(path, _SOUND_FORMATS[codec]))
        return
    config = _aac_config(path)
    for packet in packets_of(path, _SOUND_FORMATS[codec]):
        yield _adts(config, packet.size) + bytes(packet)


def _aac_config(path: Path) -> tuple[int, int]:
    """The index of its sample rate, and its channels."""
    with av.open(str(path), "r", format=_SOUND_FORMATS["aac"]) as container:
        context = container.streams.audio[0].codec_context
        rate = context.sample_rate / 1000
        if rate not in _AAC_RATES or context.layout.nb_channels > 2:
            raise Faulty(f"{path.name}: {context.sample_rate} Hz, {context.layout.name}")
        return _AAC_RATES.index(rate), context.layout.nb_channels


def _adts(config: tuple[int, int], size: int) -> bytes:
    """ISO/IEC 13818-7, 6.2: AAC-LC, no CRC, one block a frame."""
    rate, channels = config
    length = size + ADTS
    return bytes(
        [
            0xFF,
            0xF1,
            0x40 | rate << 2 | channels >> 2,
            (channels & 3) << 6 | length >> 11,
            length >> 3 & 0xFF,
            (length & 7) << 5 | 0x1F,
            0xFC,
        ]
    )
