"""The buffers of a decoder: ISO/IEC 13818-1, 2.4.2 and, of H.264, 2.14.3."""

from dataclasses import dataclass

import numpy as np

from encoders.broadcast.access import Stream, Units, units_of
from encoders.broadcast.clock import TICKS, Clock, Floats
from encoders.broadcast.packets import Flags, Numbers, Packets
from encoders.broadcast.rates import PACKET
from encoders.broadcast.report import Log

TRANSPORT_BUFFER = 512
"""Bytes, of every stream."""

_H264, _MPEG1, _MPEG2 = 0x1B, 0x01, 0x02
_SLACK = 27.0  # ticks: PCRs and time stamps are whole numbers

# ITU-T H.264, table A-1: level_idc, kb/s, kbit of coded picture buffer; both times 1200 for NAL
# units (13818-1, 2.14.3.1 takes the same factor).
_LEVELS = {
    10: (64, 175), 9: (128, 350), 11: (192, 500), 12: (384, 1_000), 13: (768, 2_000),
    20: (2_000, 2_000), 21: (4_000, 4_000), 22: (4_000, 4_000), 30: (10_000, 10_000),
    31: (14_000, 14_000), 32: (20_000, 20_000), 40: (20_000, 25_000), 41: (50_000, 62_500),
    42: (50_000, 62_500), 50: (135_000, 135_000), 51: (240_000, 240_000), 52: (240_000, 240_000),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Buffer:
    bytes: int
    """Of access units and PES headers that are there and not yet decoded, at most."""
    leak: int
    """Bits a second the transport buffer before it gives on."""
    stay: float
    """Seconds a byte may be in it."""


@dataclass(frozen=True, slots=True)
class Filled:
    """How a buffer was used."""

    most: int
    """Bytes."""
    margin: float
    """Seconds from when an access unit was there to when it was decoded, at least."""
    lead: float
    """Seconds from when its first byte came to when it was decoded, at most."""


def check_buffers(
    stream: Stream, packets: Packets, broken: Flags, clock: Clock, log: Log
) -> Filled | None:
    """None where the stream has no time stamps."""
    if not len(stream.dts):
        return None
    slot = packets.slot[stream.at]
    stc = clock.stc(slot)
    units = units_of(stream, packets, broken, stc)
    buffer = buffer_of(stream, packets)
    margin = units.due - stc[units.last]
    lead = units.due - stc[units.first]
    came = clock.seconds(slot) * TICKS
    name = f"PID 0x{stream.pid:x}"
    for at in np.flatnonzero((margin < -_SLACK) & units.whole):
        log.add(
            "3.3",
            int(slot[units.last[at]]),
            f"{name}: access unit {at} is there {-margin[at] / 27_000:.1f} ms after it is decoded",
        )
    held = _held(stream, units, came[units.first] + lead, came)
    if buffer is not None:
        _check_size(name, buffer, held, lead, slot[units.last], log)
        _check_transport(name, buffer, came, slot, log)
    sound = units.whole.nonzero()[0]
    if not len(sound):
        return None
    return Filled(
        most=int(held.max()),
        margin=float(margin[sound].min()) / TICKS,
        lead=float(lead[sound].max()) / TICKS,
    )


def _held(stream: Stream, units: Units, due: Floats, came: Floats) -> Floats:
    """Bytes there just before each access unit is taken out, at `due`.

    `came`: ticks when each packet comes, on a clock that never starts anew, as that of `due`.
    """
    order = np.argsort(due, kind="stable")
    there = np.concatenate([[0], stream.through])[np.searchsorted(came, due[order], side="right")]
    gone = np.concatenate([[0], units.ends[order][:-1]])
    held: Floats = (there - np.minimum(gone, there)).astype(np.float64)
    return held


def _check_size(
    name: str, buffer: Buffer, held: Floats, lead: Floats, slot: Numbers, log: Log
) -> None:
    for at in np.flatnonzero(held > buffer.bytes + PACKET):  # the last one is on its way
        log.add(
            "3.3",
            int(slot[at]),
            f"{name}: {held[at]:.0f} bytes wait to be decoded, more than the {buffer.bytes} there "
            "is room for",
        )
    for at in np.flatnonzero(lead > buffer.stay * TICKS + _SLACK):
        log.add(
            "3.3",
            int(slot[at]),
            f"{name}: access unit {at} comes {lead[at] / TICKS:.2f} s before it is decoded, "
            f"expected {buffer.stay:g} s at most",
        )


def _check_transport(name: str, buffer: Buffer, came: Floats, slot: Numbers, log: Log) -> None:
    """A leaky bucket: what came, less what leaked since it was last empty."""
    level = PACKET * np.arange(1, len(came) + 1) - came / TICKS * (buffer.leak / 8)
    held = level - np.minimum.accumulate(level - PACKET)
    for at in np.flatnonzero(held > TRANSPORT_BUFFER):
        log.add(
            "3.3",
            int(slot[at]),
            f"{name}: packets come so close that {held[at]:.0f} bytes wait in the transport "
            f"buffer, more than {TRANSPORT_BUFFER}",
        )


def buffer_of(stream: Stream, packets: Packets) -> Buffer | None:
    """What every decoder of such a stream has; None of codecs this does not know."""
    if stream.kind in (0x03, 0x04, 0x0F):
        return Buffer(3584, 2_000_000, 1.0)
    if stream.kind in (_MPEG1, _MPEG2):  # main profile at main level
        return Buffer((1_835_008 + _transit(15_000_000)) // 8, 18_000_000, 1.0)
    level = _h264_level(stream, packets) if stream.kind == _H264 else None
    if level is None or level not in _LEVELS:
        return None
    rate, size = (1200 * most for most in _LEVELS[level])
    return Buffer((size + _transit(max(rate, 2_000_000))) // 8, max(rate, 2_000_000), 10.0)


def _transit(rate: int) -> int:
    """Bits for uneven arrival (4 ms) and for PES headers (1/750 s)."""
    return rate * 4 // 1000 + rate // 750


def _h264_level(stream: Stream, packets: Packets) -> int | None:
    """level_idc of the first sequence parameter set."""
    for first in stream.first[:100].tolist():
        data = b"".join(packets.payloads(stream.at[first : first + 9]))
        for mark in (b"\x00\x00\x01\x67", b"\x00\x00\x01\x27", b"\x00\x00\x01\x47"):
            at = data.find(mark)
            if at >= 0 and at + 7 < len(data):
                return data[at + 6]
    return None
