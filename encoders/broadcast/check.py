"""A transport stream as an operator checks it: ETSI TR 101 290, priorities 1 and 2, and more.

Of priority 3 the tables NIT and SDT, and the buffers; and that the rate is constant. Time is where
a packet lies in the stream, as there is no other in a file.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from encoders.broadcast.access import Stream, read_stream
from encoders.broadcast.buffers import Filled, check_buffers
from encoders.broadcast.clock import Clock, check_clock, read_clock
from encoders.broadcast.limits import TR_101_290, Limits
from encoders.broadcast.packets import (
    NULL_PID,
    Flags,
    Numbers,
    Packets,
    check_continuity,
    read_packets,
)
from encoders.broadcast.rates import PACKET_BITS
from encoders.broadcast.report import Fault, Log, Report
from encoders.broadcast.sections import Program
from encoders.broadcast.tables import Tables, read_tables

__all__ = ["Fault", "Report", "check"]

_VIDEO = (0x01, 0x02, 0x1B, 0x24)
_TIMED = (*_VIDEO, 0x03, 0x04, 0x0F, 0x11)


def check(path: Path, limits: Limits = TR_101_290, *, muxrate: int | None = None) -> Report:
    """Every fault of the file, whatever it holds, and what was measured.

    `muxrate`: the bits a second it is meant to have; found out where None. Raises OSError where the
    file cannot be read.
    """
    log = Log()
    packets = read_packets(path, log)
    if not len(packets.slot):
        return log.report(lambda _: 0.0, {})
    broken = check_continuity(packets, log)
    tables = read_tables(packets, broken, log)
    clocks = {
        program.pcr: read_clock(packets, program.pcr, muxrate)
        for program in tables.by_service.values()
    }
    known = [clock for clock in clocks.values() if clock is not None]
    checker = _Checker(packets, broken, known[0] if known else None, muxrate, limits, log)
    checker.tables(tables)
    for pid, clock in clocks.items():
        checker.clock(pid, clock)
    for program in tables.by_service.values():
        checker.program(program, clocks[program.pcr])
    checker.overall()
    return log.report(lambda slot: float(checker.seconds(slot)), checker.measured)


class _Checker:
    def __init__(
        self,
        packets: Packets,
        broken: Flags,
        clock: Clock | None,
        muxrate: int | None,
        limits: Limits,
        log: Log,
    ) -> None:
        self._packets, self._broken, self._clock = packets, broken, clock
        self._muxrate, self._limits, self._log = muxrate, limits, log
        self._end = int(packets.slot[-1]) + 1
        self.measured: dict[str, float] = {}

    def seconds(self, slot: Numbers | int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
        """Of the first program; 0 where nothing tells the time."""
        if self._clock is not None:
            return self._clock.seconds(slot)
        rate = self._muxrate
        return np.asarray(slot) * (PACKET_BITS / rate if rate else 0.0)

    def tables(self, found: Tables) -> None:
        limits = self._limits
        self._often("1.3", "PAT", found.pat, limits.pat, "pat_gap_ms")
        for service in found.programs.pmts:
            name = f"PMT of service {service}"
            self._often("1.5", name, found.pmt[service], limits.pmt, "pmt_gap_ms")
        self._often("3.5", "SDT", found.sdt, limits.sdt, "sdt_gap_ms")
        self._often("3.1", "NIT", found.nit, limits.nit, "nit_gap_ms")

    def clock(self, pid: int, clock: Clock | None) -> None:
        if clock is None:
            self._log.add("2.3a", 0, f"PID 0x{pid:x} has no PCRs")
            return
        self._gaps("2.3a", f"PCR on PID 0x{pid:x}", clock.slot, self._limits.pcr, "pcr_gap_ms")
        off = check_clock(clock, self._limits, self._log, self._muxrate)
        if off is not None:
            self._most("pcr_accuracy_ns", off * 1e9)

    def program(self, program: Program, clock: Clock | None) -> None:
        for pid in {program.pcr, *(pid for _, pid in program.streams)} - {NULL_PID}:
            at = np.flatnonzero(self._packets.pid == pid)
            name = f"PID 0x{pid:x} of service {program.service}"
            self._often("1.6", name, at, self._limits.pid, None)
        for kind, pid in program.streams:
            stream = read_stream(self._packets, pid, kind)
            if kind in _TIMED and len(stream.at):
                self._stamps(stream)
                if clock is not None:
                    self._buffer(stream, clock)

    def _stamps(self, stream: Stream) -> None:
        """Between time stamps: before the first and after the last one there need be none."""
        name = f"time stamp on PID 0x{stream.pid:x}"
        if not len(stream.dts):
            self._log.add("2.5", self._slot(int(stream.at[0])), f"no {name}")
            return
        slots = self._packets.slot[stream.at[stream.first[stream.stamped]]]
        self._gaps("2.5", name, slots, self._limits.pts, "pts_gap_ms", edges=False)

    def _buffer(self, stream: Stream, clock: Clock) -> None:
        filled = check_buffers(stream, self._packets, self._broken, clock, self._log)
        if filled is not None:
            self._measure("video" if stream.kind in _VIDEO else "sound", filled)

    def _measure(self, kind: str, filled: Filled) -> None:
        self._most(f"{kind}_buffer_bytes", float(filled.most))
        self._most(f"{kind}_lead_ms", filled.lead * 1000)
        margin = f"{kind}_margin_ms"
        self.measured[margin] = min(filled.margin * 1000, self.measured.get(margin, 1e9))

    def overall(self) -> None:
        packets, clock = self._packets, self._clock
        self.measured["null_share"] = float((packets.pid == NULL_PID).mean())
        self.measured["packets"] = float(len(packets.pid))
        if clock is not None and clock.rate is not None:
            self.measured["bitrate_bps"] = clock.rate
            self.measured["seconds"] = self._end * PACKET_BITS / clock.rate

    # --- how often -------------------------------------------------------------------------------

    def _often(
        self,
        indicator: str,
        name: str,
        at: Sequence[int] | Numbers,
        most: float,
        figure: str | None,
    ) -> None:
        """`at`: the packets it was found in."""
        if not len(at):
            self._log.add(indicator, 0, f"there is no {name}")
            return
        self._gaps(indicator, name, self._packets.slot[np.asarray(at)], most, figure)

    def _gaps(
        self,
        indicator: str,
        name: str,
        slots: Numbers,
        most: float,
        figure: str | None,
        *,
        edges: bool = True,
    ) -> None:
        if edges:
            slots = np.concatenate([[0], slots, [self._end]])
        gaps = np.diff(self.seconds(slots))
        if not len(gaps):
            return
        if figure is not None:
            self._most(figure, float(gaps.max()) * 1000)
        for at in np.flatnonzero(gaps > most + 1e-9):
            self._log.add(
                indicator,
                int(slots[at + 1]),
                f"no {name} for {gaps[at] * 1000:.1f} ms, expected {most * 1000:g} ms at most",
            )

    def _most(self, figure: str, value: float) -> None:
        self.measured[figure] = max(value, self.measured.get(figure, value))

    def _slot(self, at: int) -> int:
        return int(self._packets.slot[at])
