"""The checker names what is wrong with a stream, by its number, and nothing else."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from encoders.broadcast import make_broadcast
from encoders.broadcast.check import Report, check
from encoders.broadcast.limits import NAMES, PUBLISHED
from tests.encoders.broadcasting import lesson
from tests.encoders.transport import (
    NIT,
    NULL,
    PAT,
    PMT,
    SDT,
    SOUND,
    VIDEO,
    Stream,
    blank,
    has_pcr,
    middle,
    packets_of,
    pcr_of,
    pid_of,
    recount,
    rewrite,
    set_pcr,
    where,
)
from tests.media import Painter, noise, slides
from tests.tools.programs import ffmpeg, run

MUXRATE = 500_000
SECOND = MUXRATE // 8 // 188
PCR_SECOND = 27_000_000
NULL_PID = 0x1FFF


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    task = lesson(tmp_path_factory.mktemp("check"), muxrate=MUXRATE, seconds=(6,))
    product = make_broadcast(task, lambda _: None)
    return (Path(task.folder) / product.files[0].file.name).read_bytes()


@pytest.fixture
def checked(good: bytes, tmp_path: Path) -> Callable[[Callable[[Stream], object]], Report]:
    """Damages the good stream, and checks what comes of it."""

    def damage(change: Callable[[Stream], object]) -> Report:
        stream = packets_of(good)
        change(stream)
        path = tmp_path / "damaged.ts"
        path.write_bytes(b"".join(stream))
        return check(path)

    return damage


Checked = Callable[[Callable[[Stream], object]], Report]


def test_a_good_stream_has_no_fault(good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "good.ts"
    path.write_bytes(good)
    for found in (check(path), check(path, PUBLISHED, muxrate=MUXRATE)):
        assert found.faults == ()
        assert found.counts == {}
        assert found.measured["bitrate_bps"] == MUXRATE


def lose(stream: Stream) -> None:
    stream[middle(stream, VIDEO)][:] = NULL


def repeat(stream: Stream, times: int) -> None:
    """Send a packet of sound again, in the place of null packets before the next one."""
    for at in where(stream, lambda p: pid_of(p) == SOUND, len(stream) // 2):
        following = where(stream, lambda p: pid_of(p) == SOUND, at + 1)[0]
        spare = [n for n in range(at, following) if pid_of(stream[n]) == NULL_PID]
        if len(spare) >= times:
            for n in spare[:times]:
                stream[n][:] = stream[at]
            return
    raise AssertionError("no place to repeat a packet")


def unsync(stream: Stream) -> None:
    at = next(n for n in range(len(stream)) if {pid_of(p) for p in stream[n : n + 2]} == {NULL_PID})
    stream[at][0] = stream[at + 1][0] = 0


def swap(stream: Stream) -> None:
    at = middle(stream, VIDEO)
    other = where(stream, lambda p: pid_of(p) == VIDEO and not has_pcr(p), at + 1)[0]
    stream[at][:], stream[other][:] = bytes(stream[other]), bytes(stream[at])


def jump(stream: Stream, ticks: int) -> None:
    for n in where(stream, has_pcr, len(stream) // 2):
        set_pcr(stream[n], pcr_of(stream[n]) + ticks)


def off_once(stream: Stream, ticks: int) -> None:
    n = where(stream, has_pcr, len(stream) // 2)[0]
    set_pcr(stream[n], pcr_of(stream[n]) + ticks)


def drop_pcrs(stream: Stream, count: int) -> None:
    """Their packets keep what else they carry."""
    for n in where(stream, has_pcr, len(stream) // 2)[:count]:
        stream[n][5] &= ~0x10


def drop_stamps(stream: Stream) -> None:
    """The flags of the PES headers of a second say that there are none."""
    first = len(stream) // 2
    starts = where(stream, lambda p: pid_of(p) == VIDEO and bool(p[1] & 0x40), first)
    for n in starts:
        if n < first + SECOND:
            head = 4 + (stream[n][4] + 1 if stream[n][3] & 0x20 else 0)
            stream[n][head + 7] &= ~0xC0


def scramble(stream: Stream) -> None:
    stream[middle(stream, SOUND)][3] |= 0x80


def spoil_crc(stream: Stream, pid: int) -> None:
    n = where(stream, lambda p: pid_of(p) == pid, len(stream) // 2)[0]
    stream[n][5 + 3 + (int.from_bytes(stream[n][6:8]) & 0xFFF) - 1] ^= 1


def without(stream: Stream, pid: int, seconds: float) -> None:
    """As if the multiplexer had not sent it for a while."""
    first = len(stream) // 3
    blank(stream, pid, first, first + int(seconds * SECOND))
    recount(stream, pid)


def late(stream: Stream) -> None:
    """The clock runs a second ahead of what was sent."""
    for n in where(stream, has_pcr):
        set_pcr(stream[n], pcr_of(stream[n]) + PCR_SECOND)


def early(stream: Stream) -> None:
    """The time stamps are two seconds after their clock: sound waits too long."""
    for n in where(stream, has_pcr):
        set_pcr(stream[n], (pcr_of(stream[n]) - 2 * PCR_SECOND) % (300 << 33))


def other_table(section: bytearray) -> None:
    section[0] = 0x03


DAMAGE: dict[str, tuple[Callable[[Stream], object], str]] = {
    "sync byte": (lambda s: s[middle(s, VIDEO)].__setitem__(0, 0x46), "1.2"),
    "two sync bytes": (unsync, "1.1"),
    "PAT gone for 600 ms": (lambda s: without(s, PAT, 0.6), "1.3"),
    "no PAT's table on PID 0": (
        lambda s: rewrite(s[800:830], PAT, other_table),
        "1.3",
    ),
    "a packet lost": (lose, "1.4"),
    "a packet thrice": (lambda s: repeat(s, 2), "1.4"),
    "two packets swapped": (swap, "1.4"),
    "PMT gone for 600 ms": (lambda s: without(s, PMT, 0.6), "1.5"),
    "no sound": (lambda s: blank(s, SOUND), "1.6"),
    "sound gone for more than 5 s": (lambda s: (blank(s, SOUND, 200), recount(s, SOUND)), "1.6"),
    "marked as damaged": (lambda s: s[middle(s, VIDEO)].__setitem__(1, 0x81), "2.1"),
    "CRC of a PAT": (lambda s: spoil_crc(s, PAT), "2.2"),
    "CRC of a PMT": (lambda s: spoil_crc(s, PMT), "2.2"),
    "CRC of an SDT": (lambda s: spoil_crc(s, SDT), "2.2"),
    "CRC of a NIT": (lambda s: spoil_crc(s, NIT), "2.2"),
    "PCR gone for 72 ms": (lambda s: drop_pcrs(s, 3), "2.3a"),
    "PCR jumps on": (lambda s: jump(s, PCR_SECOND), "2.3b"),
    "PCR jumps back": (lambda s: jump(s, -PCR_SECOND), "2.3b"),
    "one PCR far off": (lambda s: off_once(s, 7 * PCR_SECOND), "2.3b"),
    "one PCR 600 ns late": (lambda s: off_once(s, 17), "2.4"),
    "PCRs 10 us early": (lambda s: jump(s, -270), "2.4"),
    "no time stamps for a second": (drop_stamps, "2.5"),
    "scrambled, and no CAT": (scramble, "2.6"),
    "no NIT": (lambda s: blank(s, NIT), "3.1"),
    "no SDT for 3 s": (lambda s: without(s, SDT, 3), "3.5"),
    "clock ahead": (late, "3.3"),
    "clock behind": (early, "3.3"),
    "a null packet gone": (
        lambda s: s.pop(where(s, lambda p: pid_of(p) == NULL_PID, len(s) // 2)[0]),
        "rate",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_has_its_number_alone(damage: str, checked: Checked) -> None:
    change, indicator = DAMAGE[damage]
    found = checked(change)
    assert set(found.counts) == {indicator}
    assert all(fault.message and fault.seconds >= 0 for fault in found.faults)
    assert all(f"{indicator} {NAMES[indicator]}" in str(fault) for fault in found.faults)


@pytest.mark.parametrize("off", [-13, 13])
def test_less_than_500_ns_is_borne(off: int, checked: Checked) -> None:
    assert checked(lambda s: off_once(s, off)).faults == ()


def test_a_fault_has_its_place(checked: Checked) -> None:
    places: list[int] = []

    def mark(stream: Stream) -> None:
        places.append(middle(stream, VIDEO))
        stream[places[0]][1] |= 0x80

    (fault,) = checked(mark).faults
    assert fault.packet == places[0]
    assert fault.seconds == pytest.approx(places[0] / (MUXRATE / 8 / 188))


def test_a_packet_may_be_sent_twice(checked: Checked) -> None:
    assert checked(lambda s: repeat(s, 1)).faults == ()


@pytest.mark.parametrize("buffer", [Fraction(1, 2), Fraction(7, 10)])
@pytest.mark.parametrize("codecs", [("mp2",), ("mp2", "aac")])
@pytest.mark.parametrize("paint", [slides, noise])
def test_lessons_may_follow_one_another(
    buffer: Fraction, codecs: tuple[str, ...], paint: Painter, tmp_path: Path
) -> None:
    """That the clock starts anew is announced; nothing is missing for too long at the seam."""
    task = lesson(tmp_path, seconds=(3,), codecs=codecs, buffer=buffer, paint=paint)
    made = Path(task.folder) / make_broadcast(task, lambda _: None).files[0].file.name
    path = tmp_path / "twice.ts"
    path.write_bytes(made.read_bytes() * 2)
    assert check(path, PUBLISHED, muxrate=MUXRATE).faults == ()


def test_bytes_in_between_are_found_again(good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "torn.ts"
    cut = 188 * 1000
    path.write_bytes(good[:cut] + b"\x00" * 77 + good[cut:])
    found = check(path)
    assert [fault.indicator for fault in found.faults] == ["1.1"]
    assert f"found again at byte {cut + 77}" in found.faults[0].message


def test_our_own_limits_are_closer(checked: Checked, good: bytes, tmp_path: Path) -> None:
    stream = packets_of(good)
    drop_pcrs(stream, 1)
    without(stream, PAT, 0.1)
    path = tmp_path / "loose.ts"
    path.write_bytes(b"".join(stream))
    assert check(path).faults == ()
    assert set(check(path, PUBLISHED).counts) == {"1.3", "2.3a"}


def test_another_rate_than_was_meant(good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "good.ts"
    path.write_bytes(good)
    assert "rate" in check(path, muxrate=MUXRATE + 100).counts


@pytest.mark.parametrize(
    "data",
    [b"", b"G", b"no transport stream at all" * 100, b"\x47" + b"\xff" * 187, bytes(188 * 20)],
    ids=["empty", "one byte", "text", "one packet", "zeros"],
)
def test_what_is_no_stream_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "none.ts"
    path.write_bytes(data)
    assert check(path).faults


def test_a_stream_of_another_multiplexer_without_a_rate(good: bytes, tmp_path: Path) -> None:
    path, other = tmp_path / "good.ts", tmp_path / "other.ts"
    path.write_bytes(good)
    run([ffmpeg(), "-v", "error", "-i", path, "-c", "copy", other]).ok()
    found = check(other)
    assert {"rate", "2.3a", "3.1"} <= set(found.counts)
    assert not {"1.1", "1.2", "1.4", "2.1", "2.2"} & set(found.counts)


def test_many_faults_are_counted_and_some_are_told(checked: Checked) -> None:
    found = checked(lambda s: [p.__setitem__(1, p[1] | 0x80) for p in s[600:1200]])
    assert found.counts["2.1"] == 600
    assert sum(fault.indicator == "2.1" for fault in found.faults) == 50
