"""Packets of a constant rate: what is sent when, so that every decoder buffer holds.

FFmpeg's own multiplexer sends sound as long ahead as pictures, far more than the 3584 bytes a
decoder has for it, and tells of what comes too late by a warning only. Here every packet has its
time, after the system target decoder of ISO/IEC 13818-1, 2.4.2:

- Pictures are sent at most as long ahead as their VBV buffer lasts, and never more of them than it
  holds. If the pictures keep to `maxrate` and `buffer`, and the packets that are left for them
  carry `maxrate`, then each is there in time: as of any leaky bucket.
- Sound goes first whenever its buffer has room, and at most 0.4 s ahead.
- PCRs have fixed places, so they are exact, and as far apart as asked.

A picture packet is held back for a PCR wherever one would stand alone otherwise, as the counter of
a packet without payload does not move, and some readers (`tsreport`) take two such for a fault.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import BinaryIO

from encoders.broadcast.rates import PACKET, PACKET_BITS, PAYLOAD, PCR_BYTES, periods
from encoders.broadcast.units import TICKS, Unit
from encoders.verify import Faulty

CLOCK = 27_000_000
"""Ticks a second of the PCR."""
NULL = b"\x47\x1f\xff\x10" + b"\xff" * PAYLOAD
SOUND_BUFFER = 3584
"""Bytes; ISO/IEC 13818-1, 2.4.2.7, of at most two channels."""
SOUND_LEAK = 2_000_000
"""Bits a second its transport buffer gives on."""
SOUND_AHEAD = 4 * TICKS // 10
"""Little enough that the first time stamps are not bunched; a second is the most there may be."""

_PCR_AT = 10  # the byte of a packet its PCR is the time of: ISO/IEC 13818-1, 2.4.3.5
_BURST = 8  # packets of tables or of one track that may come between those of pictures
_OPENING, _CRUMB = 20, 4  # bytes of a picture that go with a PCR before their time: the time
# stamps whole, then so few that they never run ahead
_WRITE = 4096  # packets
_OPENED = 95 * TICKS // 100  # before it is decoded; a second is the most there may be
_LAST = 3 * TICKS // 10  # before it is decoded, the last picture is sent
_DATAGRAM = 7  # packets; what is sent over IP comes in sevens, and players out fill up the last one


@dataclass(frozen=True, slots=True)
class Timing:
    """When things are sent; the clock is zero where the first packet begins."""

    muxrate: int
    ahead: int
    """Ticks a picture is sent before it is decoded at most."""
    buffer: int
    """Bytes of pictures, PES headers included, a decoder holds at most."""
    origin: int
    """Ticks: zero of the lesson clock."""

    def slots(self, ticks: int) -> int:
        """Whole packets that are through by then."""
        return ticks * self.muxrate // (TICKS * PACKET_BITS)

    def pcr(self, slot: int) -> bytes:
        """ISO/IEC 13818-1, 2.4.3.5."""
        time = (slot * PACKET + _PCR_AT) * 8 * CLOCK // self.muxrate
        base, extension = divmod(time, 300)
        return ((base % (1 << 33)) << 15 | 0x7E00 | extension).to_bytes(6)


def timing(
    muxrate: int, maxrate: int, buffer: int, rate: Fraction, reorder: int, tracks: int
) -> Timing:
    """`maxrate` and `buffer` (bits) are those of the pictures, `rate` how many there are a second,
    `reorder` how many slots earlier than shown they are decoded."""
    burst = _BURST * (1 + tracks) * PACKET_BITS
    seconds = Fraction(buffer + burst, maxrate)
    heads = int(rate * seconds + 2) * 32
    tables = Fraction(_BURST * PACKET_BITS, muxrate)
    return Timing(
        muxrate=muxrate,
        ahead=int(seconds * TICKS),
        buffer=(buffer + burst) // 8 + heads,
        origin=int((seconds + tables + reorder / rate) * TICKS) + 1,
    )


def sound_spacing(muxrate: int, packets: Fraction) -> int:
    """Packets from one of sound to the next, at least: it comes at twice its rate at most, so that
    pictures never wait long, and no faster than its transport buffer gives on.

    `packets`: of the track, a second.
    """
    even = Fraction(muxrate, PACKET_BITS) / (2 * packets)
    return max(math.ceil(Fraction(muxrate, SOUND_LEAK)), math.floor(even), 1)


class Lane:
    """One elementary stream: gives its next packet, or none where none may be sent."""

    def __init__(
        self,
        pid: int,
        units: Iterator[Unit],
        timing: Timing,
        *,
        buffer: int,
        ahead: int,
        spacing: int = 1,
        clock: bool = False,
    ) -> None:
        """`buffer`: bytes; `ahead`: ticks; `spacing`: packets from one to the next; `clock`:
        whether it carries the PCRs."""
        self._pid, self._units, self._timing = pid, units, timing
        self._limit, self._ahead, self._spacing = buffer, ahead, spacing
        self._clock = clock
        self._pcr_every = periods(timing.muxrate).pcr
        self._counter, self._held, self._free_at = 0, 0, 0
        self._leaving: deque[tuple[int, int]] = deque()
        self._coming = deque(islice(units, 2))
        self.frames = 0
        self._opening = True
        """Nothing was sent yet. The first packet says that counters and clock start anew, and goes
        early: the last time stamp of the lesson before is a while ago."""
        self._load()

    @property
    def done(self) -> bool:
        return self._unit is None

    def take(self, slot: int) -> bytes | None:
        """What may be sent in `slot`. Raises Faulty where it comes too late."""
        unit = self._unit
        if unit is None or slot < self._free_at:
            return None
        marked = self._opening or (self._at == 0 and unit.key and self._clock)
        room = PAYLOAD - 2 if marked else PAYLOAD
        size = min(room, self._whole - self._at - self._kept(slot))
        self._drain(slot)
        if size <= 0:
            return None
        earliest = self._earliest[self._frame_at(size)]
        if slot < (self._opens if self._opening else earliest):
            return None
        return None if self._held + size > self._limit else self._packet(slot, size, b"")

    def with_pcr(self, slot: int) -> bytes:
        """The packet of `slot`, with a PCR and as much of what follows as may be sent."""
        pcr = self._timing.pcr(slot)
        if self._unit is None:
            return self._bare(pcr)
        self._drain(slot)
        left = self._whole - self._at
        size = max(1, min(PAYLOAD - PCR_BYTES, left - self._kept(slot)))
        due = slot >= self._earliest[self._frame_at(size)]
        if not due or self._held + size > self._limit:
            size = min(size, _CRUMB if self._at else _OPENING)
        return self._packet(slot, size, pcr)

    def _kept(self, slot: int) -> int:
        """Bytes of the last units that wait for the PCRs of a while, one each."""
        return max(0, (self._until - slot) // self._pcr_every - 1)

    def _frame_at(self, size: int) -> int:
        """The frame the last of the next `size` bytes is of."""
        frame, end = self._frame, self._at + size
        while self._ends[frame] < end:
            frame += 1
        return frame

    def _packet(self, slot: int, size: int, pcr: bytes) -> bytes:
        unit = self._unit
        if unit is None:
            raise AssertionError("nothing is left to send")
        starts = self._at == 0
        flags = 0x10 if pcr else 0
        if starts and unit.key and self._clock:
            flags |= 0x40
        if self._opening:
            flags |= 0x80
        packet = self._head(size, flags, pcr, starts) + unit.data[self._at : self._at + size]
        self._held += size
        self._at += size
        self._opening = False
        self._free_at = slot + self._spacing
        self._arrived(slot)
        return packet

    def _head(self, size: int, flags: int, pcr: bytes, starts: bool) -> bytes:
        room = PAYLOAD - size
        head = bytes(
            [
                0x47,
                starts << 6 | self._pid >> 8,
                self._pid & 0xFF,
                (0x30 if room else 0x10) | self._counter,
            ]
        )
        self._counter = (self._counter + 1) & 15
        if not room:
            return head
        if room == 1:
            return head + b"\x00"
        field = bytes([room - 1, flags]) + pcr
        return head + field + b"\xff" * (room - len(field))

    def _bare(self, pcr: bytes) -> bytes:
        head = bytes([0x47, self._pid >> 8, self._pid & 0xFF, 0x20 | (self._counter - 1) & 15])
        return head + bytes([PAYLOAD - 1, 0x10]) + pcr + b"\xff" * (PAYLOAD - 2 - len(pcr))

    def _arrived(self, slot: int) -> None:
        while self._frame < len(self._ends) and self._ends[self._frame] <= self._at:
            if slot + 1 > self._due[self._frame]:
                late = (slot + 1 - self._due[self._frame]) * PACKET_BITS * 1000
                raise Faulty(
                    f"PID 0x{self._pid:x}: access unit {self.frames} is through "
                    f"{late / self._timing.muxrate:.1f} ms after it is decoded: a stream of "
                    f"{self._timing.muxrate} b/s has no room for so many bits; give the pictures a "
                    "lower maxrate (see encoders.broadcast.rates.video_rate)"
                )
            self._frame += 1
            self.frames += 1
        if self._at == self._whole:
            self._load()

    def _load(self) -> None:
        self._unit = unit = self._coming.popleft() if self._coming else None
        if unit is None:
            return
        self._coming += islice(self._units, 1)
        self._until = 0
        ahead, slots = self._ahead, self._timing.slots
        if self._clock and len(self._coming) < 2:
            ahead = self._last_ahead(unit, last=not self._coming)
            unit = self._unit = self._padded(unit)
        self._at, self._frame, self._whole = 0, 0, len(unit.data)
        self._ends = [end for end, _ in unit.frames]
        self._due = [slots(time) for _, time in unit.frames]
        self._earliest = [slots(time - ahead) + 1 for _, time in unit.frames]
        self._opens = slots(unit.frames[0][1] - _OPENED) + 1
        began = 0
        for (end, _), due in zip(unit.frames, self._due, strict=True):
            if end - began > self._limit:
                raise Faulty(
                    f"PID 0x{self._pid:x}: access unit {self.frames} takes {end - began} bytes, "
                    f"more than the {self._limit} of its buffer"
                )
            self._leaving.append((due, end - began))
            began = end

    def _last_ahead(self, unit: Unit, *, last: bool) -> int:
        """Ticks the last unit but one, or the last, is sent before it is decoded.

        The last one waits, as the next time stamp is that of another lesson. Until it comes, and
        until it is decoded, a byte goes with every PCR.
        """
        final = unit if last else self._coming[0]
        sending = 4 * len(final.data) * 8 * TICKS // self._timing.muxrate
        wait = min(self._ahead, max(_LAST, sending))
        time = final.frames[-1][1]
        self._until = self._timing.slots(time if last else time - wait)
        return wait if last else self._ahead

    def _padded(self, unit: Unit) -> Unit:
        """With zero bytes behind it, so that there is one for every PCR of that while.

        They are trailing_zero_8bits of ITU-T H.264, annex B.
        """
        room = self._timing.slots(self._ahead) // self._pcr_every + 1
        data = unit.data + bytes(room)
        return Unit(data, ((len(data), unit.frames[-1][1]),), unit.key)

    def _drain(self, slot: int) -> None:
        """What was decoded by now has left the buffer."""
        leaving = self._leaving
        while leaving and leaving[0][0] < slot:
            self._held -= leaving.popleft()[1]


@dataclass(frozen=True, slots=True)
class Table:
    pid: int
    section: bytes
    every: int
    """Packets."""


class _Tables:
    """Each in its turn, the first ones first."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables
        self._due = [0] * len(tables)
        self._counters = [-1] * len(tables)
        self.next = 0

    def take(self, slot: int) -> bytes:
        which = next(n for n, due in enumerate(self._due) if due <= slot)
        table, before = self._tables[which], self._counters[which]
        self._due[which] += table.every
        self._counters[which] = counter = (before + 1) & 15
        self.next = min(self._due)
        anew = b"\x01\x80" if before < 0 else b""  # the counter does not go on from elsewhere
        kind = 0x30 if anew else 0x10
        head = bytes([0x47, 0x40 | table.pid >> 8, table.pid & 0xFF, kind | counter]) + anew
        return (head + b"\x00" + table.section).ljust(PACKET, b"\xff")


def send(
    file: BinaryIO,
    video: Lane,
    sounds: Sequence[Lane],
    tables: Sequence[Table],
    timing: Timing,
    length: int,
    report: Callable[[float], None],
) -> None:
    """Write packets for `length` ticks, and to the next whole datagram.

    Raises Faulty where anything comes too late.
    """
    pcr_every, queue, lanes = periods(timing.muxrate).pcr, _Tables(tables), (video, *sounds)
    total = timing.slots(length) + 1
    slot, packets = 0, list[bytes]()
    while slot < total or slot % _DATAGRAM or not all(lane.done for lane in lanes):
        if slot % pcr_every == 0:
            packets.append(video.with_pcr(slot))
        elif queue.next <= slot:
            packets.append(queue.take(slot))
        else:
            packets.append(_next(video, sounds, slot))
        slot += 1
        if len(packets) == _WRITE:
            file.write(b"".join(packets))
            packets.clear()
            report(min(1.0, slot / total))
    file.write(b"".join(packets))


def _next(video: Lane, sounds: Sequence[Lane], slot: int) -> bytes:
    for lane in sounds:
        packet = lane.take(slot)
        if packet is not None:
            return packet
    return video.take(slot) or NULL
