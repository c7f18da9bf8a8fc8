"""Pictures at the rate the planner is told always fit, however awkward; and little is left over."""

import io
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from encoders.broadcast.check import check
from encoders.broadcast.mux import (
    SOUND_AHEAD,
    SOUND_BUFFER,
    Lane,
    Table,
    send,
    sound_spacing,
    timing,
)
from encoders.broadcast.rates import (
    PAYLOAD,
    VIDEO_HEAD,
    periods,
    sound_packets,
    video_rate,
)
from encoders.broadcast.sections import nit, pat, pmt, sdt
from encoders.broadcast.units import Unit, _pes
from tests.encoders.broadcasting import SERVICE
from tests.tools.programs import run

RATE = 25
TICK = 3600
LEAST = 16
"""Bytes of a picture: a delimiter, and a slice that says that nothing changed."""


def video_buffer(maxrate: int) -> int:
    """Bits: half a second."""
    return maxrate // 2


def sizes(maxrate: int, pattern: list[int]) -> list[int]:
    """Bytes of pictures that take all of a leaky bucket, each with one byte in its last packet.

    `pattern`: per mille of what the bucket holds that each picture takes.
    """
    level, made = video_buffer(maxrate) / 8, []
    for share in pattern:
        most = int(level * share / 1000)
        size = (most + VIDEO_HEAD - 1) // PAYLOAD * PAYLOAD + 1 - VIDEO_HEAD
        made.append(max(LEAST, size))
        level = min(video_buffer(maxrate) / 8, level - made[-1] + maxrate / 8 / RATE)
    return made


def pictures(sizes: list[int], origin: int) -> Iterator[Unit]:
    for number, size in enumerate(sizes):
        time = origin + number * TICK
        data = _pes(0xE0, bytes(size), time + TICK, time)
        yield Unit(data, ((len(data), time),), number % RATE == 0)


def sound(bitrate: int, seconds: int, origin: int) -> Iterator[Unit]:
    frame = bitrate * 1152 // 48_000 // 8
    head = bytes.fromhex("fffd") + bytes([[64, 128, 192].index(bitrate // 1000) * 48 + 0x54, 0xC0])
    count = max(1, min((12 * PAYLOAD - 14) // frame, 12))
    for number in range(seconds * 48_000 // 1152 // count):
        times = [origin + (number * count + n) * 2160 for n in range(count)]
        data = _pes(0xC0, (head + bytes(frame - 4)) * count, times[0], None)
        ends = [14 + frame * (n + 1) for n in range(count)]
        yield Unit(data, tuple(zip(ends, times, strict=True)), True)


def stream(muxrate: int, bitrate: int, pattern: list[int], tracks: int = 1) -> tuple[bytes, int]:
    maxrate = video_rate(muxrate, bitrate, tracks=tracks)
    plan = timing(muxrate, maxrate, video_buffer(maxrate), Fraction(RATE), 1, tracks)
    units = pictures(sizes(maxrate, pattern), plan.origin - TICK)
    video = Lane(0x100, units, plan, buffer=plan.buffer, ahead=plan.ahead, clock=True)
    seconds = math.ceil(len(pattern) / RATE)
    sounds = [
        Lane(
            0x101 + n,
            sound(bitrate, seconds, plan.origin),
            plan,
            buffer=SOUND_BUFFER,
            ahead=SOUND_AHEAD,
            spacing=sound_spacing(muxrate, sound_packets(bitrate, "mp2", 48_000)),
        )
        for n in range(tracks)
    ]
    due = periods(muxrate)
    streams = [(0x1B, 0x100, None)] + [(3, 0x101 + n, "chi") for n in range(tracks)]
    tables = (
        Table(0, pat(SERVICE, 0x20, 0x10), due.pat),
        Table(0x20, pmt(SERVICE, 0x100, streams), due.pat),
        Table(0x11, sdt(SERVICE, 0x16), due.sdt),
        Table(0x10, nit(SERVICE, 0x16), due.nit),
    )
    file = io.BytesIO()
    length = plan.origin + len(pattern) * TICK
    send(file, video, sounds, tables, plan, length, lambda _: None)
    return file.getvalue(), maxrate


@settings(max_examples=40, deadline=None)
@given(
    muxrate=st.sampled_from([300_000, 500_000, 800_000, 1_500_000, 2_300_000]),
    bitrate=st.sampled_from([64_000, 128_000]),
    tracks=st.integers(0, 2),
    pattern=st.lists(st.integers(0, 1000), min_size=30, max_size=120),
)
def test_whatever_keeps_to_the_rate_is_in_time(
    muxrate: int, bitrate: int, tracks: int, pattern: list[int]
) -> None:
    assume(muxrate - bitrate * 1.3 * tracks > 120_000)
    stream(muxrate, bitrate, pattern, tracks)


@pytest.mark.parametrize("muxrate", [500_000, 800_000, 1_500_000])
@pytest.mark.parametrize(
    "pattern",
    [[1000] * 250, ([1000] + [1] * 24) * 10, [0] * 24 + [1000] * 126, [1] * 150],
    ids=["full", "one-a-second", "late", "still"],
)
def test_every_buffer_holds_at_the_worst(muxrate: int, pattern: list[int], tmp_path: Path) -> None:
    path = tmp_path / "worst.ts"
    path.write_bytes(stream(muxrate, 64_000, pattern)[0])
    found = check(path, muxrate=muxrate)
    assert found.faults == ()
    assert found.measured["sound_buffer_bytes"] <= SOUND_BUFFER
    assert "###" not in run(["tsreport", "-b", path]).ok().out


@pytest.mark.parametrize("muxrate", [500_000, 800_000, 1_500_000])
def test_little_is_left_over_at_the_worst(muxrate: int, tmp_path: Path) -> None:
    data, maxrate = stream(muxrate, 64_000, [200] * 500)
    packets = [data[at : at + 3] for at in range(0, len(data), 188)]
    middle = packets[len(packets) // 4 : len(packets) * 3 // 4]
    assert middle.count(b"\x47\x1f\xff") / len(middle) < 0.03
    assert maxrate > 0.65 * muxrate


def test_more_sound_leaves_less_for_pictures() -> None:
    alone = video_rate(800_000, 0, tracks=0)
    one = video_rate(800_000, 64_000)
    two = video_rate(800_000, 64_000, tracks=2)
    assert alone - one == pytest.approx(one - two, abs=1000)
    assert 64_000 < alone - one < 80_000


def test_rates_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="too few for a transport stream"):
        video_rate(100_000, 32_000)
    with pytest.raises(ValueError, match="leave nothing for pictures"):
        video_rate(300_000, 192_000, tracks=2)
