"""The packets of a file, whatever state it is in, as columns: ISO/IEC 13818-1, 2.4.3."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from encoders.broadcast.rates import PACKET
from encoders.broadcast.report import Log

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SYNC = 0x47
NULL_PID = 0x1FFF
_BLOCK = 1 << 16  # packets, 12 MB
_IN_SYNC = 5  # sync bytes in a row to find the packets: TR 101 290, 5.2.1, note to 1.1


@dataclass(frozen=True, slots=True)
class Packets:
    """One item of every column a packet; what else is in them is read where it is asked for."""

    path: Path
    offset: Numbers
    """Where in the file it begins, bytes."""
    slot: Numbers
    """Its place in the stream: packets from the beginning, lost ones counted."""
    bad: Flags
    """Marked as damaged, or without its sync byte: nothing else of it is believed."""
    pid: Numbers
    starts: Flags
    """A PES packet or a section starts in it."""
    scrambled: Flags
    counter: Numbers
    loaded: Flags
    """It has a payload."""
    payload: Numbers
    """Where in it the payload begins."""
    flags: Bytes
    """Of the adaptation field; 0 where there is none."""

    def of(self, pid: int) -> Numbers:
        """Which packets are of `pid` and fit to be read."""
        return np.flatnonzero((self.pid == pid) & ~self.bad)

    def read(self, at: Numbers, columns: Numbers) -> Bytes:
        """[packets, bytes]: those bytes of those packets, in ascending order.

        `columns`: the same for all, or one row for each. Raises OSError.
        """
        found = np.empty((len(at), columns.shape[-1]), np.uint8)
        columns = np.broadcast_to(columns, found.shape)
        with _File(self.path) as file:
            for first in range(0, len(self.slot), _BLOCK):
                low, high = np.searchsorted(at, (first, first + _BLOCK))
                if low == high:
                    continue
                offset = self.offset[at[low:high]]
                data = file.read(int(offset[0]), int(offset[-1]) + PACKET)
                found[low:high] = data[(offset - offset[0])[:, None] + columns[low:high]]
        return found

    def payloads(self, at: Numbers) -> Iterator[bytes]:
        """Of those packets, in ascending order. Raises OSError."""
        whole = np.arange(PACKET)
        for first in range(0, len(at), _BLOCK):
            some = at[first : first + _BLOCK]
            rows = self.read(some, whole)
            for row, begins in zip(rows, self.payload[some].tolist(), strict=True):
                yield row[begins:].tobytes()


class _File:
    """Read a stretch at a time: mapped, a long stream would count as memory that is used."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = self._file.seek(0, 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, start: int, stop: int) -> Bytes:
        self._file.seek(start)
        return np.frombuffer(self._file.read(max(0, min(stop, self.size) - start)), np.uint8)

    def column(self, at: int, byte: int = 0) -> Bytes:
        """One byte of every whole packet from `at` on."""
        count = (self.size - at) // PACKET
        found = np.empty(max(0, count), np.uint8)
        for first in range(0, count, _BLOCK):
            last = min(first + _BLOCK, count)
            found[first:last] = self.read(at + first * PACKET, at + last * PACKET)[byte::PACKET]
        return found


def read_packets(path: Path, log: Log) -> Packets:
    """A file that is not in packets (or empty) gives none, and a fault. Raises OSError."""
    with _File(path) as file:
        runs = list(_runs(file, log))
    if not runs:
        log.add("1.1", 0, "no sync bytes 188 bytes apart: this is no transport stream")
    empty = np.empty(0, np.int64)
    numbers = [np.arange(count) for _, count in runs]
    slots = [number + round(at / PACKET) for (at, _), number in zip(runs, numbers, strict=True)]
    offsets = [number * PACKET + at for (at, _), number in zip(runs, numbers, strict=True)]
    return _columns(path, np.concatenate([empty, *offsets]), np.concatenate([empty, *slots]), log)


def _runs(file: _File, log: Log) -> Iterator[tuple[int, int]]:
    """(first byte, packets) of the stretches in sync; one packet without sync byte is borne."""
    at = _found(file, 0)
    if at is not None and at > 0:
        log.add("1.1", 0, f"the first packet begins at byte {at}")
    while at is not None:
        there = file.column(at) == SYNC
        lost = np.flatnonzero(~there[:-1] & ~there[1:])
        count = int(lost[0]) if len(lost) else len(there)
        if count:
            yield at, count
        end = at + count * PACKET
        if end == file.size:
            return
        where = round(end / PACKET)
        if not len(lost):
            log.add("1.1", where, f"the file ends {file.size - end} bytes into a packet")
            return
        at = _found(file, max(at + 1, end - PACKET + 1))
        again = "and is not found again" if at is None else f"found again at byte {at}"
        log.add("1.1", where, f"sync is lost at byte {end}, {again}")


def _found(file: _File, at: int) -> int | None:
    """The first byte from `at` on that sync bytes follow, as many as fit."""
    step, reach = 1 << 16, PACKET * (_IN_SYNC - 1) + 1
    while at < file.size:
        data = file.read(at, at + step + reach)
        for place in np.flatnonzero(data[:step] == SYNC).tolist():
            follows = data[place : place + reach : PACKET] == SYNC
            if at + place + PACKET <= file.size and bool(follows.all()):
                return at + place
        at += step
    return None


def _columns(path: Path, offset: Numbers, slot: Numbers, log: Log) -> Packets:
    none = np.empty(0, np.int64)
    bare = Packets(
        path, offset, slot, none > 0, none, none > 0, none > 0, none, none > 0, none,
        np.empty(0, np.uint8),
    )  # fmt: skip
    head = bare.read(np.arange(len(slot)), np.arange(6))
    damaged, unsynced = head[:, 1] & 0x80 != 0, head[:, 0] != SYNC
    for at in np.flatnonzero(unsynced):
        log.add("1.2", int(slot[at]), f"the sync byte is 0x{head[at, 0]:02x}, expected 0x47")
    for at in np.flatnonzero(damaged & ~unsynced):
        log.add("2.1", int(slot[at]), "the receiver marked the packet as damaged")
    adapted, loaded = head[:, 3] & 0x20 != 0, head[:, 3] & 0x10 != 0
    length = np.where(adapted, head[:, 4].astype(np.int64) + 1, 0)
    return replace(
        bare,
        bad=damaged | unsynced,
        pid=(head[:, 1].astype(np.int64) & 0x1F) << 8 | head[:, 2],
        starts=head[:, 1] & 0x40 != 0,
        scrambled=head[:, 3] & 0xC0 != 0,
        counter=(head[:, 3] & 15).astype(np.int64),
        loaded=loaded,
        payload=np.minimum(np.where(loaded, 4 + length, PACKET), PACKET),
        flags=np.where(length > 1, head[:, 5], 0).astype(np.uint8),
    )


def check_continuity(packets: Packets, log: Log) -> Flags:
    """Whether something is missing before a packet. ISO/IEC 13818-1, 2.4.3.3.

    A packet may be sent twice, but not thrice; one without payload does not count on. Next to a
    damaged packet nothing is said: that has its own fault.
    """
    broken = np.zeros(len(packets.pid), np.bool_)
    order = np.argsort(packets.pid, kind="stable")
    pid, counter, loaded = packets.pid[order], packets.counter[order], packets.loaded[order]
    same = (pid[1:] == pid[:-1]) & (pid[1:] != NULL_PID)
    moved = (counter[1:] - counter[:-1]) & 15
    twice = (moved == 0) & loaded[1:] & loaded[:-1]
    thrice = twice & np.concatenate([[False], twice[:-1]]) if len(twice) else twice
    wrong = np.where(twice, thrice, moved != loaded[1:])
    signalled = (packets.flags[order] & 0x80 != 0)[1:]
    bad = packets.bad[order]
    for at in np.flatnonzero(same & wrong & ~signalled & ~bad[1:] & ~bad[:-1]):
        here = int(order[at + 1])
        broken[here] = True
        what = "is sent a third time" if twice[at] else f"follows {counter[at]}"
        log.add(
            "1.4",
            int(packets.slot[here]),
            f"PID 0x{pid[at + 1]:x}: counter {counter[at + 1]} {what}",
        )
    return broken
