"""Exact lesson time, with jumps mended."""

from fractions import Fraction

from encoders.facts import Shift
from encoders.timeline import Clock


def test_without_shifts_only_the_origin_is_taken_off() -> None:
    clock = Clock(Fraction(1, 90_000), (), Fraction(1, 2))
    assert clock.time(135_000, 0) == 1
    assert clock.time(0, 7) == Fraction(-1, 2)


def test_a_shift_holds_from_its_packet_and_is_replaced_by_the_next() -> None:
    clock = Clock(Fraction(1, 1000), (Shift(10, -5000), Shift(20, 3)), Fraction(0))
    assert [clock.offset(packet) for packet in (0, 9, 10, 19, 20, 99)] == [
        0, 0, -5000, -5000, 3, 3,
    ]  # fmt: skip
    assert clock.time(6000, 10) == 1
