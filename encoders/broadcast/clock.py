"""The clock of a program: are its PCRs right, and what time is it at a packet?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from encoders.broadcast.limits import Limits
from encoders.broadcast.packets import Flags, Numbers, Packets
from encoders.broadcast.rates import PACKET, PACKET_BITS
from encoders.broadcast.report import Log

Floats = npt.NDArray[np.float64]

TICKS = 27_000_000
"""A second of the PCR."""
WRAP = 300 << 33
_PCR_AT = 10  # the byte of a packet its PCR is the time of
_CONSTANT = 0.9  # the share of steps that agree on a rate, where there is one
_ROUGH = 27  # ticks that two PCRs, each a whole number, may be off for this


@dataclass(frozen=True, slots=True)
class Clock:
    slot: Numbers
    """Of the packets with a PCR."""
    ticks: Floats
    """What their PCRs say, counted on over wraps and what was announced as a new beginning."""
    anew: Flags
    """The clock was announced to start anew with it."""
    rate: float | None
    """Bits a second; None where it is not constant."""
    base: Floats
    """Ticks that a PCR itself shows where `ticks` says 0."""

    def seconds(self, slot: Numbers | int) -> Floats:
        """From the stream's beginning to a packet's."""
        if self.rate is not None:
            return np.asarray(slot) * (PACKET_BITS / self.rate)
        ticks = np.interp(np.asarray(slot), self.slot, self.ticks)
        passed: Floats = np.asarray((ticks - self.ticks[0]) / TICKS, np.float64)
        return passed

    def stc(self, slot: Numbers) -> Floats:
        """Ticks when a packet is through, as a decoder counts them that started anew when told.

        At a constant rate a PCR that is wrong does not move it.
        """
        segment = np.searchsorted(self.slot[self.anew], slot, side="right") - 1
        segment = np.maximum(segment, 0)
        first = np.flatnonzero(self.anew)[segment]
        shown = self.ticks[first] + self.base[first]
        if self.rate is None:
            passed = np.interp(slot + 1, self.slot, self.ticks) - self.ticks[first]
            return np.asarray(shown + passed, np.float64)
        way = (slot - self.slot[first] + 1) * PACKET - _PCR_AT
        return np.asarray(shown + way * (8 * TICKS / self.rate), np.float64)


def read_clock(packets: Packets, pid: int, muxrate: int | None) -> Clock | None:
    """None where there are fewer than two PCRs. `muxrate`: bits a second, where it is known."""
    at = packets.of(pid)
    at = at[packets.flags[at] & 0x10 != 0]
    field = packets.read(at, np.array([4, 6, 7, 8, 9, 10, 11])).astype(np.int64)
    at, body = at[field[:, 0] >= 7], field[field[:, 0] >= 7, 1:]
    if len(at) < 2:
        return None
    base = body[:, :4] @ (np.int64(1) << np.array([25, 17, 9, 1])) + (body[:, 4] >> 7)
    shown = base * 300 + ((body[:, 4] & 1) << 8 | body[:, 5])
    slot = packets.slot[at]
    anew = packets.flags[at] & 0x80 != 0
    anew[0] = True
    steps = (np.diff(shown) + WRAP // 2) % WRAP - WRAP // 2
    ways = np.diff(slot)
    rate = _rate(steps, ways, anew[1:], muxrate)
    if rate is None:
        steps = np.where(anew[1:], 0, steps)
    ticks = np.concatenate([[0], np.cumsum(steps)]).astype(np.float64)
    return Clock(slot, ticks, anew, rate, shown - ticks)


def _rate(steps: Numbers, ways: Numbers, anew: Flags, muxrate: int | None) -> float | None:
    """Bits a second that nearly all steps agree on; `muxrate` where they agree on that too."""
    if muxrate is not None:
        meant = ways * (PACKET_BITS * TICKS / muxrate)
        if (anew | (np.abs(steps - meant) <= _ROUGH)).mean() >= _CONSTANT:
            return float(muxrate)
    sound = (steps > 0) & ~anew & (ways > 0)
    if not sound.any():
        return None
    ratio = float(np.median(steps[sound] / ways[sound]))
    agree = sound & (np.abs(steps - ways * ratio) <= _ROUGH)
    if agree.sum() < _CONSTANT * len(steps):
        return None
    exact = float(ways[agree].sum()) * PACKET_BITS * TICKS / float(steps[agree].sum())
    return float(round(exact))


def check_clock(clock: Clock, limits: Limits, log: Log, muxrate: int | None) -> float | None:
    """Values of the PCRs against their places; returns how far they are off at most, seconds.

    `muxrate`: the rate all of them must add up to, where it is known.
    """
    steps, ways = np.diff(clock.ticks), np.diff(clock.slot)
    if clock.rate is None:
        log.add("rate", int(clock.slot[0]), "the packets between PCRs are not of a constant rate")
        for at in np.flatnonzero(_jumps(steps, limits) & ~clock.anew[1:]):
            _tell_jump(int(clock.slot[at + 1]), float(steps[at]), log)
        return None
    packet = PACKET_BITS * TICKS / clock.rate
    off = np.where(clock.anew[1:], 0.0, steps - ways * packet)
    most = limits.pcr_accuracy * TICKS
    for at in np.flatnonzero(np.abs(off) > most):
        _tell(int(clock.slot[at + 1]), float(steps[at]), float(off[at]), packet, limits, log)
    known = off[np.abs(off) <= most]
    if muxrate is not None and clock.rate != muxrate:
        log.add("rate", 0, f"the stream is of {clock.rate:.0f} b/s, expected {muxrate}")
        return float(np.abs(known).max()) / TICKS if len(known) else None
    drift = np.abs(np.cumsum(np.where(np.abs(off) > most, 0.0, off)))
    if muxrate is not None and len(drift) and drift.max() > most:
        first = int(np.argmax(drift > most)) + 1
        log.add("rate", int(clock.slot[first]), f"the stream is not of {clock.rate:.0f} b/s")
    return float(np.abs(known).max()) / TICKS if len(known) else None


def _jumps(steps: Floats, limits: Limits) -> Flags:
    return (steps <= 0) | (steps > limits.pcr_jump * TICKS)


def _tell_jump(slot: int, step: float, log: Log) -> None:
    log.add("2.3b", slot, f"the PCR goes on by {step / 27_000:.1f} ms, and nothing tells why")


def _tell(slot: int, step: float, off: float, packet: float, limits: Limits, log: Log) -> None:
    lost = round(off / packet)
    if not 0 < step <= limits.pcr_jump * TICKS:
        _tell_jump(slot, step, log)
    elif lost and abs(off - lost * packet) <= _ROUGH:
        what = f"{lost} packets are missing" if lost > 0 else f"{-lost} packets are too many"
        log.add("rate", slot, f"{what} since the last PCR")
    else:
        log.add("2.4", slot, f"the PCR is {off / 27:.2f} us off its place")
