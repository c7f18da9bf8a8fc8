"""To find out what is in a recording."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class InspectTask:
    """Result: `Facts`. Never raises for what is in the file: a refusal is a finding."""

    source: str
    limits: "Limits"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recording may be at most; beyond it is refused."""

    pixels: int = 35_389_440
    """8K UHD."""
    streams: int = 32
    duration: Fraction = Fraction(12 * 3600)
    """Seconds."""
