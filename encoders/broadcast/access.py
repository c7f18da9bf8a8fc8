"""PES packets of one stream, and what of them is decoded when."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from encoders.broadcast.clock import Floats
from encoders.broadcast.packets import Flags, Numbers, Packets
from encoders.broadcast.rates import ADTS, PACKET

STAMP = 300
"""Ticks of the PCR in one of a time stamp."""
WRAP = 1 << 33
SOUND_KINDS = (0x03, 0x04, 0x0F)
"""Stream types whose frames are told apart: MPEG audio, AAC in ADTS."""

_TICKS = 90_000
_HEAD = 19  # bytes up to and with the DTS
# ISO/IEC 11172-3, 2.4.2.3 and 13818-3: kb/s of layer II by index
_LAYER2 = (
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MPEG_RATES = (44_100, 48_000, 32_000)
_AAC_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000),
    *(24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)


@dataclass(frozen=True, slots=True)
class Stream:
    """One elementary stream as it arrives."""

    pid: int
    kind: int
    """Stream type of its PMT."""
    at: Numbers
    """Its packets with a payload."""
    through: Numbers
    """Bytes of PES packets that are through with each of them."""
    first: Numbers
    """Of every PES packet: its first packet, an index to `at`."""
    stamped: Flags
    """Of every PES packet: it has a time stamp."""
    dts: Numbers
    """Of every PES packet with one: when it is decoded, ticks of 90 kHz."""


def read_stream(packets: Packets, pid: int, kind: int) -> Stream:
    at = packets.of(pid)
    at = at[packets.loaded[at]]
    again = np.diff(packets.counter[at], prepend=-1) == 0
    at = at[~again | (packets.flags[at] & 0x80 != 0)]  # what is sent twice is read once
    size = PACKET - packets.payload[at]
    first = np.flatnonzero(packets.starts[at])
    heads = _heads(packets, at[first])
    begins = (heads[:, :3] == (0, 0, 1)).all(axis=1)
    heads, first = heads[begins], first[begins]
    stamped = heads[:, 7] & 0x80 != 0
    heads = heads[stamped]
    both = heads[:, 7] & 0xC0 == 0xC0
    dts = np.where(both, _stamps(heads[:, 14:19]), _stamps(heads[:, 9:14]))
    return Stream(pid, kind, at, np.cumsum(size), first, stamped, dts)


def _heads(packets: Packets, at: Numbers) -> Numbers:
    columns = np.minimum(packets.payload[at][:, None] + np.arange(_HEAD), PACKET - 1)
    return packets.read(at, columns).astype(np.int64)


def _stamps(five: Numbers) -> Numbers:
    """ISO/IEC 13818-1, 2.4.3.7."""
    return (
        (five[:, 0] >> 1 & 7) << 30
        | five[:, 1] << 22
        | five[:, 2] >> 1 << 15
        | five[:, 3] << 7
        | five[:, 4] >> 1
    )


@dataclass(frozen=True, slots=True)
class Units:
    """Access units, in the order they are decoded."""

    ends: Numbers
    """Bytes of the stream that are through when a unit is."""
    due: Floats
    """Ticks of the PCR when it is decoded, near the time it arrives."""
    last: Numbers
    """The packet its last byte is in, an index to the stream's `at`."""
    first: Numbers
    whole: Flags
    """Nothing of it is missing."""


def units_of(stream: Stream, packets: Packets, broken: Flags, stc: Floats) -> Units:
    """`stc`: ticks when each of the stream's packets is through."""
    begins = np.concatenate([[0], stream.through])[stream.first]
    closes = np.concatenate([begins[1:], stream.through[-1:]])
    told = np.flatnonzero(stream.stamped)
    due = np.interp(np.arange(len(stream.first)), told, _near(stream.dts, stc[stream.first[told]]))
    if stream.kind in SOUND_KINDS:
        ends, due = _frames(stream, packets, begins, due)
    else:
        ends = closes
    last = np.searchsorted(stream.through, ends)
    starts = np.concatenate([[int(stream.first[0])], last[:-1]])
    gaps = np.concatenate([[0], np.cumsum(broken[stream.at])])
    whole = gaps[last + 1] == gaps[starts + 1]
    return Units(ends, due, last, starts, whole)


def _near(stamps: Numbers, stc: Floats) -> Floats:
    """Time stamps wrap; they are meant within half a turn of when they arrive."""
    off = (stamps - stc / STAMP + WRAP / 2) % WRAP - WRAP / 2
    near: Floats = stc + off * STAMP
    return near


def _frames(
    stream: Stream, packets: Packets, begins: Numbers, due: Floats
) -> tuple[Numbers, Floats]:
    """Every frame of every PES packet; where they cannot be told apart, a PES packet is one."""
    ends: list[int] = []
    times: list[float] = []
    counts = np.diff(stream.first, append=len(stream.at)).tolist()
    payloads = packets.payloads(stream.at[stream.first[0] :])
    for n, count in enumerate(counts):
        data = b"".join(islice(payloads, count))
        found = list(_walk(data))
        if not found or found[-1][0] != len(data):
            found = [(len(data), 0)]
        ends += (int(begins[n]) + end for end, _ in found)
        times += (float(due[n]) + ticks * STAMP for _, ticks in found)
    return np.array(ends, np.int64), np.array(times)


def _walk(data: bytes) -> Iterator[tuple[int, float]]:
    """(end, ticks of 90 kHz after the first one) of the frames of a PES packet."""
    at, passed = 9 + data[8], 0.0
    while at + ADTS <= len(data):
        size, ticks = _frame(data[at : at + ADTS])
        if not size:
            return
        at += size
        yield at, passed
        passed += ticks


def _frame(head: bytes) -> tuple[int, float]:
    """Bytes and ticks of a frame; 0 where it is none."""
    if head[0] != 0xFF or head[1] & 0xF0 != 0xF0:
        return 0, 0.0
    if head[1] & 6 == 0:  # ADTS
        index = head[2] >> 2 & 15
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return (size, 1024 * _TICKS / _AAC_RATES[index]) if index < 13 else (0, 0.0)
    low = not head[1] & 8
    bitrate, index = _LAYER2[low][head[2] >> 4] if head[2] >> 4 < 15 else 0, head[2] >> 2 & 3
    if head[1] >> 1 & 3 != 2 or not bitrate or index == 3:
        return 0, 0.0
    rate = _MPEG_RATES[index] // (2 if low else 1)
    return 144_000 * bitrate // rate + (head[2] >> 1 & 1), 1152 * _TICKS / rate
