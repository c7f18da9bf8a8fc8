"""The tables of a stream, read packet by packet: are they whole, right, and often enough?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from encoders.broadcast import sections
from encoders.broadcast.packets import Flags, Packets
from encoders.broadcast.report import Log
from encoders.broadcast.sections import Program, Programs, crc32

PAT_PID, CAT_PID, NIT_PID, SDT_PID = 0x00, 0x01, 0x10, 0x11
_STUFFING = 0xFF
_HEAD = 3


@dataclass(slots=True)
class Tables:
    """What was found, with the packets the tables came in."""

    programs: Programs
    by_service: dict[int, Program]
    pat: list[int] = field(default_factory=list)
    pmt: dict[int, list[int]] = field(default_factory=dict)
    """By service."""
    nit: list[int] = field(default_factory=list)
    sdt: list[int] = field(default_factory=list)


def read_tables(packets: Packets, broken: Flags, log: Log) -> Tables:
    """`broken`: packets before which something is missing."""
    reader = _Reader(packets, broken, log)
    found = Tables(Programs({}, None), {})
    for at, section in reader.sections(PAT_PID, "1.3"):
        if section[0] != sections.PAT:
            log.add("1.3", reader.slot(at), f"table 0x{section[0]:02x} on PID 0, expected a PAT")
            continue
        found.pat.append(at)
        listed = sections.read_pat(section)
        found.programs = Programs(found.programs.pmts | listed.pmts, listed.network)
    for service, pid in found.programs.pmts.items():
        found.pmt[service] = []
        for at, section in reader.sections(pid, "1.5"):
            if section[0] == sections.PMT and int.from_bytes(section[3:5]) == service:
                found.pmt[service].append(at)
                found.by_service[service] = sections.read_pmt(section)
    network = NIT_PID if found.programs.network is None else found.programs.network
    found.nit = [at for at, one in reader.sections(network) if one[0] == sections.NIT]
    found.sdt = [at for at, one in reader.sections(SDT_PID) if one[0] == sections.SDT]
    _check_access(reader, packets, log)
    return found


def _check_access(reader: "_Reader", packets: Packets, log: Log) -> None:
    """2.6: who scrambles must say how to descramble."""
    listed = False
    for at, section in reader.sections(CAT_PID):
        listed |= section[0] == sections.CAT
        if section[0] != sections.CAT:
            log.add("2.6", reader.slot(at), f"table 0x{section[0]:02x} on PID 1, expected a CAT")
    scrambled = (packets.scrambled & ~packets.bad).nonzero()[0]
    if len(scrambled) and not listed:
        log.add("2.6", reader.slot(int(scrambled[0])), "packets are scrambled, and there is no CAT")


class _Reader:
    def __init__(self, packets: Packets, broken: Flags, log: Log) -> None:
        self._packets, self._broken, self._log = packets, broken, log
        self._right: dict[bytes, bool] = {}

    def slot(self, at: int) -> int:
        return int(self._packets.slot[at])

    def sections(self, pid: int, scrambled: str | None = None) -> Iterator[tuple[int, bytes]]:
        """(packet it ends in, section) of those whose CRC is right; `scrambled` is the indicator
        for a table nobody could read."""
        packets, held = self._packets, b""
        loaded = packets.of(pid)
        loaded = loaded[packets.loaded[loaded]]
        for at, payload in zip(loaded.tolist(), packets.payloads(loaded), strict=True):
            if packets.scrambled[at] and scrambled:
                self._log.add(scrambled, self.slot(at), f"the table on PID 0x{pid:x} is scrambled")
            if self._broken[at]:
                held = b""
            whole, held = _cut(held, payload, starts=bool(packets.starts[at]))
            for data in whole:
                if self._checked(at, pid, data):
                    yield at, data

    def _checked(self, at: int, pid: int, data: bytes) -> bool:
        if not data[1] & 0x80:  # such as the TDT: it has no CRC
            return True
        if data not in self._right:
            self._right[data] = len(data) >= _HEAD + 9 and crc32(data) == 0
        if not self._right[data]:
            self._log.add(
                "2.2", self.slot(at), f"the CRC of table 0x{data[0]:02x} on PID 0x{pid:x} is wrong"
            )
        return self._right[data]


def _cut(held: bytes, payload: bytes, *, starts: bool) -> tuple[list[bytes], bytes]:
    """The sections that are whole with this payload, and the beginning of the next one."""
    found: list[bytes] = []
    if starts and payload:
        pointer = payload[0]
        if held:
            whole, _ = _whole(held + payload[1 : 1 + pointer])
            found += [whole] if whole else []
        held = payload[1 + pointer :]
    elif held:
        held += payload
    whole, held = _whole(held)
    while whole:
        found.append(whole)
        whole, held = _whole(held)
    return found, held


def _whole(held: bytes) -> tuple[bytes, bytes]:
    """The first section where it is all there, and what follows; stuffing is dropped."""
    if not held or held[0] == _STUFFING:
        return b"", b""
    if len(held) < _HEAD:
        return b"", held
    length = _HEAD + (int.from_bytes(held[1:3]) & 0x0FFF)
    return (held[:length], held[length:]) if len(held) >= length else (b"", held)
