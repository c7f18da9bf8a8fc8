"""Tables of a stream as sections: written, and read.

ISO/IEC 13818-1, 2.4.4 (PAT, PMT) and ETSI EN 300 468, 5.2 and 6.2 (NIT, SDT and descriptors).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from encoders.broadcast.task import Satellite, Service
from encoders.verify import Faulty

PAT, CAT, PMT, NIT, SDT = 0x00, 0x01, 0x02, 0x40, 0x42
"""Table ids; NIT and SDT of the actual stream."""

H264, MP2, AAC = 0x1B, 0x03, 0x0F
"""Stream types."""

LONGEST = 181
"""Bytes of a section that fits one packet, also the first one of its PID."""

_UTF8 = b"\x15"  # EN 300 468, annex A, table A.3
_RUNNING = 4  # EN 300 468, table 6
_SD_SERVICE, _HD_SERVICE = 0x16, 0x19  # EN 300 468, table 87: H.264
_SD_HEIGHT = 576


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


_CRC = _crc_table()


def crc32(data: bytes) -> int:
    """Of ISO/IEC 13818-1, annex A; 0 over a section with its own CRC at the end."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    return value


# --- written -------------------------------------------------------------------------------------


def _section(table: int, extension: int, body: bytes, *, private: bool) -> bytes:
    length = 5 + len(body) + 4
    head = bytes([table]) + (0xB000 | private << 14 | length).to_bytes(2)
    data = head + extension.to_bytes(2) + b"\xc1\x00\x00" + body  # version 0, current, only one
    data += crc32(data).to_bytes(4)
    if len(data) > LONGEST:
        raise Faulty(
            f"table 0x{table:02x} takes {len(data)} bytes, expected {LONGEST} at most; shorten the "
            "names of service, provider and network"
        )
    return data


def _descriptor(tag: int, body: bytes) -> bytes:
    if len(body) > 255:
        raise Faulty(f"descriptor 0x{tag:02x} takes {len(body)} bytes; shorten the names")
    return bytes([tag, len(body)]) + body


def dvb_text(text: str) -> bytes:
    """Plain ASCII as it is, all else as UTF-8 with the byte that says so."""
    return text.encode() if text.isascii() else _UTF8 + text.encode()


def pat(service: Service, pmt_pid: int, nit_pid: int) -> bytes:
    body = b"".join(
        number.to_bytes(2) + (0xE000 | pid).to_bytes(2)
        for number, pid in ((0, nit_pid), (service.service_id, pmt_pid))
    )
    return _section(PAT, service.ts_id, body, private=False)


def pmt(service: Service, pcr_pid: int, streams: Sequence[tuple[int, int, str | None]]) -> bytes:
    """`streams`: stream type, PID, and the language of a sound."""
    body = (0xE000 | pcr_pid).to_bytes(2) + (0xF000).to_bytes(2)
    for kind, pid, language in streams:
        told = b"" if language is None else _descriptor(0x0A, language.encode("ascii") + b"\x00")
        body += bytes([kind]) + (0xE000 | pid).to_bytes(2)
        body += (0xF000 | len(told)).to_bytes(2) + told
    return _section(PMT, service.service_id, body, private=False)


def service_type(height: int) -> int:
    return _SD_SERVICE if height <= _SD_HEIGHT else _HD_SERVICE


def sdt(service: Service, kind: int) -> bytes:
    provider, name = dvb_text(service.provider), dvb_text(service.name)
    told = bytes([kind, len(provider) & 0xFF]) + provider + bytes([len(name) & 0xFF]) + name
    descriptors = _descriptor(0x48, told)
    body = service.original_network_id.to_bytes(2) + b"\xff"
    body += service.service_id.to_bytes(2) + b"\xfc"
    body += (_RUNNING << 13 | len(descriptors)).to_bytes(2) + descriptors
    return _section(SDT, service.ts_id, body, private=True)


def nit(service: Service, kind: int) -> bytes:
    network = _descriptor(0x40, dvb_text(service.network))
    listed = _descriptor(0x41, service.service_id.to_bytes(2) + bytes([kind]))
    if service.satellite is not None:
        listed += _descriptor(0x43, _delivery(service.satellite))
    stream = service.ts_id.to_bytes(2) + service.original_network_id.to_bytes(2)
    stream += (0xF000 | len(listed)).to_bytes(2) + listed
    body = (0xF000 | len(network)).to_bytes(2) + network
    body += (0xF000 | len(stream)).to_bytes(2) + stream
    return _section(NIT, service.network_id, body, private=True)


_FEC = {"1/2": 1, "2/3": 2, "3/4": 3, "5/6": 4, "7/8": 5, "8/9": 6, "3/5": 7, "4/5": 8, "9/10": 9}
_POLARISATIONS = "hvlr"
_QPSK = 1


def _delivery(satellite: Satellite) -> bytes:
    """EN 300 468, 6.2.13.2: numbers are packed decimal digits; DVB-S, QPSK."""
    if satellite.fec not in _FEC or satellite.polarisation not in tuple(_POLARISATIONS):
        raise Faulty(
            f"no satellite has polarisation {satellite.polarisation!r} and code rate "
            f"{satellite.fec!r}; use one of h, v, l, r and one of {', '.join(_FEC)}"
        )
    flags = satellite.east << 7 | _POLARISATIONS.index(satellite.polarisation) << 5 | _QPSK
    rate = _digits(satellite.symbol_rate // 100, 7) << 4 | _FEC[satellite.fec]
    return (
        _digits(satellite.frequency // 10, 8).to_bytes(4)
        + _digits(satellite.orbit, 4).to_bytes(2)
        + bytes([flags])
        + rate.to_bytes(4)
    )


def _digits(number: int, count: int) -> int:
    return int(f"{number:0{count}d}"[-count:], 16)


# --- read ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Programs:
    """A PAT: PIDs of the PMTs by service, and that of the network table."""

    pmts: dict[int, int]
    network: int | None


@dataclass(frozen=True, slots=True)
class Program:
    """A PMT."""

    service: int
    pcr: int
    streams: tuple[tuple[int, int], ...]
    """Stream type and PID."""


def read_pat(section: bytes) -> Programs:
    """Of a section whose length and CRC are right."""
    pmts, network = {}, None
    for at in range(8, len(section) - 7, 4):
        number = int.from_bytes(section[at : at + 2])
        pid = int.from_bytes(section[at + 2 : at + 4]) & 0x1FFF
        if number:
            pmts[number] = pid
        else:
            network = pid
    return Programs(pmts, network)


def read_pmt(section: bytes) -> Program:
    """Of a section whose length and CRC are right."""
    pcr = int.from_bytes(section[8:10]) & 0x1FFF
    at = 12 + (int.from_bytes(section[10:12]) & 0x0FFF)
    streams = []
    while at + 5 <= len(section) - 4:
        streams.append((section[at], int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF))
        at += 5 + (int.from_bytes(section[at + 3 : at + 5]) & 0x0FFF)
    return Program(int.from_bytes(section[3:5]), pcr, tuple(streams))
