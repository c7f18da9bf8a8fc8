"""One elementary stream on its way to a decoder, whose buffer is followed sector by sector.

The system target decoder of ISO/IEC 11172-1, 2.4.2, and 13818-1, 2.5.2: a picture or a frame of
sound leaves the buffer at once when it is decoded. Here a sector's bytes are all counted from when
it begins to be read, and are there for the decoder when it was read to its end.
"""

import math
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from encoders.vcd.access import Unit
from encoders.vcd.rates import CLOCK, LEAST, Spans
from encoders.vcd.system import Stamps, System
from encoders.vcd.volumes import SECTOR
from encoders.verify import Faulty


class Lane:
    """Gives what goes into a sector, or nothing where nothing may or need be sent."""

    def __init__(
        self,
        system: System,
        stream: int,
        units: Iterator[Unit],
        spans: Spans,
        *,
        name: str,
        buffer: int,
        sizes_always: bool = False,
        rate: int = 0,
    ) -> None:
        """`buffer`: bytes; `sizes_always`: whether every packet, not the first alone, says how
        large the buffer is; `rate`: bits a second at which sectors come evenly, and whole; 0 where
        they need not."""
        self._system, self._stream, self._units, self._name = system, stream, units, name
        self._limit, self._ticks, self._spans = buffer, system.disc.ticks, spans
        self._sizes_always, self._rate = sizes_always, rate
        self._waiting: deque[Unit] = deque()
        """The first of them may have been sent up to `_at`."""
        self._at = self._bytes = 0
        """Bytes that wait."""
        self._next: Unit | None = None
        self._leaving: deque[tuple[int, int]] = deque()
        self._held = 0
        self.sent = self.units = 0
        """Bytes, and units of which the last byte was sent."""
        self._load()
        self._start = self._next.stamps.dts if self._next else 0

    @property
    def done(self) -> bool:
        return not self._waiting and self._next is None

    def take(self, slot: int) -> bytes | None:
        """The pack of `slot`. Raises Faulty where something comes too late."""
        now = slot * self._ticks
        self._fill(now)
        if not self._waiting:
            return None
        if now + self._ticks > self._waiting[0].stamps.dts:
            raise Faulty(self._late())
        while self._leaving and self._leaving[0][0] <= now:
            self._held -= self._leaving.popleft()[1]
        sized = self._sizes_always or not self.sent
        size, stamps, full = self._layout(min(self._limit - self._held, self._bytes), sized)
        if not self._goes(now, size, full=full):
            return None
        data = self._cut(size)
        return self._system.pack(slot, self._stream, data, sized=sized, stamps=stamps)

    def _goes(self, now: int, size: int, *, full: bool) -> bool:
        if self._rate:
            return (full or self._ends(size)) and now >= self._turn(size)
        if full:
            return True
        soon = self._waiting[0].stamps.dts <= now + self._spans.least
        return soon and size > 0 and (size >= LEAST or size == self._bytes)

    def _ends(self, size: int) -> bool:
        return self._next is None and size == self._bytes

    def _turn(self, size: int) -> int:
        """Ticks before which a sector of sound does not come: when the buffer would have room for
        it if it ran empty by bits and not by frames."""
        bits = (self.sent + size - self._limit) * 8
        return self._start + math.ceil(Fraction(bits * CLOCK, self._rate))

    def _layout(self, limit: int, sized: bool) -> tuple[int, Stamps | None, bool]:
        """How many bytes go, no more than `limit`, the time stamps of the first unit that begins
        among them, and whether no more would go into the sector."""
        bare = self._system.room(self._stream, sized=sized, stamps=None)
        rest = len(self._waiting[0].data) - self._at if self._at else 0
        begins = 1 if self._at else 0
        if begins == len(self._waiting):
            size = min(limit, rest, bare)
            return size, None, size == bare
        stamps = self._waiting[begins].stamps
        room = self._system.room(self._stream, sized=sized, stamps=stamps)
        if rest >= min(limit, room):  # what follows has no room beside it, or its stamps have not
            size = min(limit, rest, bare)
            return size, None, size == bare or size == rest >= room
        size, most = (self._reach(begins, rest, one) for one in (min(limit, room), room))
        return size, stamps if size > rest else None, size == most

    def _reach(self, begins: int, start: int, size: int) -> int:
        """`size`, or less where it would split the head of a unit, or hold more than time stamps
        may be apart.

        `start`: where the unit number `begins` of those that wait begins.
        """
        until = self._waiting[begins].stamps.dts + self._spans.stamps
        for unit in islice(self._waiting, begins, None):
            if start >= size:
                break
            if unit.stamps.dts > until or 0 < start > size - unit.head:
                return start
            start += len(unit.data)
        return size

    def _cut(self, size: int) -> bytes:
        parts, left = [], size
        while left:
            unit = self._waiting[0]
            part = unit.data[self._at : self._at + left]
            parts.append(part)
            left -= len(part)
            self._at += len(part)
            if self._at == len(unit.data):
                self._waiting.popleft()
                self._at = 0
                self.units += 1
        self._held += size
        self._bytes -= size
        self.sent += size
        return b"".join(parts)

    def _fill(self, now: int) -> None:
        """Until a sector could be filled, with what may be sent already."""
        while (
            self._next is not None
            and self._bytes < SECTOR
            and self._next.stamps.dts <= now + self._spans.most
        ):
            self._waiting.append(self._next)
            self._bytes += len(self._next.data)
            self._leaving.append((self._next.stamps.dts, len(self._next.data)))
            self._load()

    def _late(self) -> str:
        return (
            f"{self._name} {self.units} would be decoded before it is read: the disc has no room "
            "for so many bits; give the profile's pictures a lower maxrate (at most "
            "encoders.vcd.rates.video_rate), or leave this disc out where they do not keep to it, "
            "as white noise does not"
        )

    def _load(self) -> None:
        self._next = unit = next(self._units, None)
        if unit is not None and len(unit.data) > self._limit:
            raise Faulty(
                f"{self._name} {self.units + len(self._waiting)} takes {len(unit.data)} bytes, "
                f"more than the {self._limit} a player has room for"
            )
