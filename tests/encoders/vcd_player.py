"""A player's view of a disc's program stream: packs read at their clocks, buffers, decoding times.

Written from ISO/IEC 11172-1 and 13818-1, apart from what makes the streams.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

SECTOR = 2324
CLOCK = 90_000
PICTURES, SOUND, PADDING, SYSTEM = 0xE0, 0xC0, 0xBE, 0xBB
BUFFERS = {"vcd": {PICTURES: 46 * 1024, SOUND: 4096}, "svcd": {PICTURES: 230 * 1024, SOUND: 4096}}
SPEEDS = {"vcd": 75, "svcd": 150}


@dataclass(frozen=True, slots=True)
class Packet:
    clock: int
    """Of its pack, ticks."""
    stream: int
    data: bytes
    stamps: tuple[int, ...]
    """PTS and DTS; none, or both alike where there is one."""


@dataclass(frozen=True, slots=True)
class Access:
    """A picture or a frame of sound, by its bytes in the elementary stream."""

    start: int
    end: int
    decoded: Fraction


def packets(stream: bytes) -> Iterator[Packet]:
    assert len(stream) % SECTOR == 0
    for at in range(0, len(stream), SECTOR):
        yield from _pack(stream[at : at + SECTOR])


def _pack(pack: bytes) -> Iterator[Packet]:
    assert pack[:4] == b"\0\0\1\xba"
    first = pack[4] >> 4 == 2
    bits = int.from_bytes(pack[4:9]) if first else int.from_bytes(pack[4:10]) >> 10
    clock, at = _time(bits), 12 if first else 14
    while pack[at : at + 3] == b"\0\0\1":
        kind, end = pack[at + 3], at + 6 + int.from_bytes(pack[at + 4 : at + 6])
        assert end <= SECTOR
        body = pack[at + 6 : end]
        if kind in (PICTURES, SOUND):
            stamps, data = _first(body) if first else _second(body)
            yield Packet(clock, kind, data, stamps)
        else:
            yield Packet(clock, kind, body, ())
        at = end
    assert not pack[at:].strip(b"\0")
    assert SECTOR - at in (0, 20)


def _first(body: bytes) -> tuple[tuple[int, ...], bytes]:
    stuffing = len(body) - len(body.lstrip(b"\xff"))
    assert stuffing <= 16
    at = stuffing + 2 * (body[stuffing] >> 6 == 1)
    if body[at] == 0x0F:
        return (), body[at + 1 :]
    count = {2: 1, 3: 2}[body[at] >> 4]
    return _stamps(body[at:], count), body[at + 5 * count :]


def _second(body: bytes) -> tuple[tuple[int, ...], bytes]:
    return _stamps(body[3:], {0: 0, 2: 1, 3: 2}[body[1] >> 6]), body[3 + body[2] :]


def _stamps(data: bytes, count: int) -> tuple[int, ...]:
    times = [_time(int.from_bytes(data[5 * n : 5 * n + 5])) for n in range(count)]
    return tuple(times * 2 if count == 1 else times)


def _time(bits: int) -> int:
    assert bits & 1 == bits >> 16 & 1 == bits >> 32 & 1 == 1
    return (bits >> 33 & 7) << 30 | (bits >> 17 & 0x7FFF) << 15 | bits >> 1 & 0x7FFF


def pictures(data: bytes) -> list[int]:
    """Where they start, their headers included."""
    starts, whole = [], True
    for found in re.finditer(rb"\x00\x00\x01([\x00\xb3\xb8])", data):
        if whole:
            starts.append(found.start())
        whole = found[1] == b"\0"
    return starts


def frames(data: bytes) -> list[int]:
    """Of MP2 at 224 kb/s, 44.1 kHz."""
    starts, at = [], 0
    while at < len(data):
        assert data[at : at + 2] == b"\xff\xfd"
        assert data[at + 2] & 0xFC == 0xB0
        starts.append(at)
        at += 731 + (data[at + 2] >> 1 & 1)
    assert at == len(data)
    return starts


def play(stream: bytes, kind: str, rate: Fraction) -> dict[int, list[Access]]:
    """Asserts that everything is there before it is decoded, and that there is room until then."""
    found = list(packets(stream))
    clocks = [one.clock for one in found]
    tick = CLOCK // SPEEDS[kind]
    assert clocks == sorted(clocks)
    assert all(clock % tick == 0 for clock in clocks)
    made = {}
    for which, each in ((PICTURES, 1 / rate), (SOUND, Fraction(1152, 44_100))):
        own = [one for one in found if one.stream == which]
        made[which] = _decode(own, which, each * CLOCK, BUFFERS[kind][which], tick)
    return made


def _decode(
    own: Sequence[Packet], which: int, each: Fraction, buffer: int, tick: int
) -> list[Access]:
    data = b"".join(one.data for one in own)
    starts = (pictures if which == PICTURES else frames)(data)
    first = own[0].stamps[1]
    units = [
        Access(start, end, first + n * each)
        for n, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True))
    ]
    arrived = began = gone = last = 0
    stamped = own[0].stamps[0]
    for one in own:
        arrived += len(one.data)
        while units[gone].decoded <= one.clock + 1:
            gone += 1
        assert arrived - units[gone].start <= buffer
        begins = next((n for n in range(began, len(units)) if units[n].start >= last), None)
        if begins is not None and units[begins].start < arrived:
            assert abs(one.stamps[1] - units[begins].decoded) <= 1
            assert one.stamps[0] - stamped <= 7 * CLOCK // 10
            stamped, began = one.stamps[0], begins
        else:
            assert one.stamps == ()
        while began < len(units) and units[began].end <= arrived:
            assert one.clock + tick <= units[began].decoded + 1
            assert units[began].decoded - one.clock <= CLOCK
            began += 1
        last = arrived
    return units
