"""From runs to medians to ratios, and whether each holds. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.results import Results, Who

MB = 1_000_000

Measure = Callable[[Results, float], float | None]
"""Of results and the recording's seconds; None where something it needs was not measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    title: str
    value: float | None
    """None where it was not measured."""
    target: float | None
    """At most; None where the figure only informs."""
    unit: str
    """`ratio` or `MB`."""
    seconds: float
    """Of the recording."""
    holds: bool | None
    """None where nothing is judged."""


def figures(results: Results) -> tuple[Figure, ...]:
    """Every figure, those not measured too, in the order of the table."""
    short, middle, hour = results.lengths.short, results.lengths.middle, results.lengths.hour
    wished: tuple[tuple[str, str, float, float | None, str, Measure], ...] = (
        ("multi-output", f"wall, over {Who.MULTI}", short, 1.00, "ratio", over(Who.MULTI)),
        ("multi-output-longer", f"wall, over {Who.MULTI}", middle, 0.92, "ratio", over(Who.MULTI)),
        ("per-rendition", f"wall, over {Who.SINGLE}", short, 0.65, "ratio", over(Who.SINGLE)),
        ("shaka", f"wall, over {Who.SHAKA}", short, 0.75, "ratio", over(Who.SHAKA)),
        (
            "shaka-as-shipped",
            f"wall, over {Who.SHAKA_AS_SHIPPED}",
            short,
            None,
            "ratio",
            over(Who.SHAKA_AS_SHIPPED),
        ),
        ("cpu-over-floor", f"CPU, over {Who.FLOOR}", short, 1.08, "ratio", cpu_over_floor),
        ("second-run", "wall, second run over first", short, 0.05, "ratio", second_over_first),
        ("memory", "peak memory of a worker", short, 600, "MB", memory),
        ("memory-hour", "peak memory of a worker", hour, 600, "MB", memory),
        ("inspection-hour", "inspection, over duration", hour, 0.02, "ratio", inspection),
    )
    return tuple(
        _figure(results, name, title, seconds, target, unit, measure)
        for name, title, seconds, target, unit, measure in wished
    )


def _figure(
    results: Results,
    name: str,
    title: str,
    seconds: float,
    target: float | None,
    unit: str,
    measure: Measure,
) -> Figure:
    value = measure(results, seconds)
    holds = None
    if value is not None and target is not None and results.full:
        holds = value <= target
    return Figure(name, title, value, target, unit, seconds, holds)


def wall(results: Results, who: Who, seconds: float) -> float | None:
    """Median wall seconds of a contestant on the recording of this length."""
    return _median([r.wall for r in results.runs if r.who == who and r.seconds == seconds])


def cpu(results: Results, who: Who, seconds: float) -> float | None:
    """Median CPU seconds."""
    return _median([r.cpu for r in results.runs if r.who == who and r.seconds == seconds])


def over(peer: Who) -> Measure:
    """The farm's wall time over a peer's."""

    def measure(results: Results, seconds: float) -> float | None:
        return _ratio(wall(results, Who.FARM, seconds), wall(results, peer, seconds))

    return measure


def cpu_over_floor(results: Results, seconds: float) -> float | None:
    return _ratio(cpu(results, Who.FARM, seconds), cpu(results, Who.FLOOR, seconds))


def second_over_first(results: Results, seconds: float) -> float | None:
    return _ratio(wall(results, Who.AGAIN, seconds), wall(results, Who.FARM, seconds))


def memory(results: Results, seconds: float) -> float | None:
    """Peak of the largest worker, MB."""
    peaks = [one.worker / MB for one in results.memory if one.seconds == seconds]
    return max(peaks, default=None)


def inspection(results: Results, seconds: float) -> float | None:
    return _ratio(_median([i.wall for i in results.inspections if i.seconds == seconds]), seconds)


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None
