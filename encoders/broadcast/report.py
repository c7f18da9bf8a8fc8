"""What a check found: faults with their place, and figures."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from encoders.broadcast.limits import NAMES

_KEPT = 50


@dataclass(frozen=True, slots=True)
class Fault:
    indicator: str
    """Its number in TR 101 290, e.g. `1.4`; see `encoders.broadcast.limits.NAMES`."""
    packet: int
    """From 0."""
    seconds: float
    """From the stream's beginning."""
    message: str

    def __str__(self) -> str:
        return (
            f"{self.indicator} {NAMES[self.indicator]} at packet {self.packet} "
            f"({self.seconds:.3f} s): {self.message}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    faults: tuple[Fault, ...]
    """In the order of their places, the first 50 of each indicator."""
    counts: dict[str, int]
    """Faults by indicator, all of them."""
    measured: dict[str, float]
    """By name with its unit; what could not be measured is missing."""


@dataclass(slots=True)
class Log:
    """Faults as they are found, before packets have a time."""

    found: list[tuple[str, int, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, indicator: str, packet: int, message: str) -> None:
        self.counts[indicator] += 1
        if self.counts[indicator] <= _KEPT:
            self.found.append((indicator, packet, message))

    def report(self, time: Callable[[int], float], measured: dict[str, float]) -> Report:
        faults = (
            Fault(indicator, packet, time(packet), message)
            for indicator, packet, message in sorted(self.found, key=lambda one: (one[1], one[0]))
        )
        return Report(tuple(faults), dict(sorted(self.counts.items())), measured)
