"""Durations as other standards write them."""

from fractions import Fraction


def iso_duration(time: Fraction) -> str:
    """ISO 8601, to the second: `PT1H2M3S`. Halves round up; what lasts is at least a second."""
    whole = max(int(time + Fraction(1, 2)), 1 if time > 0 else 0)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + ("".join(f"{n}{unit}" for n, unit in parts if n) or "0S")
