"""What a disc carries: pictures that keep to its rate and buffer are always there in time."""

import io
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise

import pytest

from encoders.vcd.access import Unit
from encoders.vcd.mux import Muxed, send
from encoders.vcd.rates import CLOCK, DISCS, spans, video_buffer, video_rate
from encoders.vcd.system import Stamps
from encoders.verify import Faulty
from tests.encoders.vcd_player import PADDING, PICTURES, SYSTEM, packets, play

SOUND = 224_000
KEY = b"\0\0\1\xb3" + b"\x11" * 8 + b"\0\0\1\xb8" + b"\x11" * 4 + b"\0\0\1\0" + b"\x11" * 4
PICTURE = b"\0\0\1\0"
KINDS = ("vcd", "svcd")
RATES = (Fraction(25), Fraction(30_000, 1001))


def sizes(seed: int, count: int, rate: int, buffer: int, pictures: Fraction) -> Iterator[int]:
    """Bytes of pictures that use a leaky bucket to its last bit, in bursts and lulls."""
    draw = random.Random(seed)
    full = Fraction(buffer)
    mood = 1.0
    for n in range(count):
        if n % 25 == 0:
            mood = draw.choice((0.0, 0.05, 1.0, 1.0))
        wanted = int(full / 8 * Fraction(mood * draw.random()))
        size = max(len(KEY), min(int(full) // 8, wanted if n % 7 else int(mood * full) // 8))
        full = min(Fraction(buffer), full - size * 8 + rate / pictures)
        yield size


def units(lengths: Iterator[int], rate: Fraction, origin: int) -> Iterator[Unit]:
    for n, size in enumerate(lengths):
        time = origin + round(n * CLOCK / rate)
        key = n % 15 == 0
        data = (KEY if key else PICTURE).ljust(size, b"\x55")
        yield Unit(data, Stamps(time + 3600, time), len(KEY) if key else 0)


def sounds(origin: int) -> Iterator[Unit]:
    n = end = 0
    while True:
        size = 1152 * SOUND * (n + 1) // (8 * 44_100) - end
        end += size
        time = origin + round(Fraction(n * 1152 * CLOCK, 44_100))
        yield Unit(
            (b"\xff\xfd\xb0" if size == 731 else b"\xff\xfd\xb2").ljust(size, b"\x55"),
            Stamps(time, time),
        )
        n += 1


def made(
    kind: str, lengths: Iterator[int], buffer: int, rate: Fraction, seconds: int
) -> tuple[bytes, Muxed]:
    plan = spans(kind, buffer, SOUND)
    heard = islice(sounds(plan.first + 2600), int(seconds * 44_100 / 1152))
    file = io.BytesIO()
    shown = units(lengths, rate, plan.first)
    muxed = send(file, kind, plan, shown, heard, SOUND, lambda _: None)
    return file.getvalue(), muxed


def test_the_rate_of_a_video_cd_is_the_one_its_standard_names() -> None:
    assert video_rate("vcd", SOUND, Fraction(0)) == 1_151_929
    assert video_rate("vcd", SOUND) > 1_151_000


def test_the_buffer_of_every_player_fits() -> None:
    assert video_buffer("vcd", SOUND) >= 327_680
    assert video_buffer("svcd", SOUND) >= 917_504


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seed", range(3))
def test_pictures_at_the_limit_of_rate_and_buffer_are_in_time(
    kind: str, rate: Fraction, seed: int
) -> None:
    bits, buffer, seconds = video_rate(kind, SOUND), video_buffer(kind, SOUND), 40
    lengths = sizes(seed, int(seconds * rate), bits, buffer, rate)
    stream, muxed = made(kind, lengths, buffer, rate, seconds)
    decoded = play(stream, kind, rate)
    assert len(decoded[PICTURES]) == muxed.pictures == int(seconds * rate)
    assert muxed.packs * 2324 == len(stream)


@pytest.mark.parametrize("kind", KINDS)
def test_a_still_slide_takes_no_more_than_it_needs(kind: str) -> None:
    lengths = (9000 if n % 15 == 0 else 60 for n in range(500))
    stream, muxed = made(kind, lengths, 327_680, Fraction(25), 20)
    play(stream, kind, Fraction(25))
    clocks = sorted({one.clock for one in packets(stream)})
    if kind == "vcd":
        assert clocks == list(range(0, 1200 * muxed.packs, 1200))
    else:
        assert muxed.packs < 20 * (28_000 / 2293 + 15_000 / 2291 + 2)
        assert max(b - a for a, b in pairwise(clocks)) < 63_000


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_over_the_rate_is_refused(kind: str) -> None:
    size = int(video_rate(kind, SOUND) * 1.02 / 8 / 25)
    with pytest.raises(Faulty, match=r"picture .* lower maxrate"):
        made(kind, iter([size] * 750), 327_680, Fraction(25), 30)


def test_what_is_larger_than_the_buffer_is_refused() -> None:
    with pytest.raises(Faulty, match="takes 47105 bytes, more than the 47104"):
        made("vcd", iter([500, 47_105]), 327_680, Fraction(25), 1)


def test_sound_without_end_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="leave no room"):
        video_rate("vcd", 1_400_000)


@pytest.mark.parametrize(("kind", "count"), [("vcd", 2), ("svcd", 1)])
def test_system_headers_come_first_and_alone(kind: str, count: int) -> None:
    stream, _ = made(kind, iter([500] * 50), 327_680, Fraction(25), 2)
    found = list(packets(stream))
    first = [one for one in found if one.clock < count * CLOCK // DISCS[kind].sectors]
    assert [one.stream for one in first] == [SYSTEM, PADDING] * count
    assert all(one.stream != SYSTEM for one in found[len(first) :])
