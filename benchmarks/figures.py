"""From runs to medians to ratios, and whether each holds. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from benchmarks.results import Results, Told, Who

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
    """None where the figure only informs."""
    at_least: bool
    """Whether the target is the least the value may be; otherwise it is the most."""
    unit: str
    """`ratio`, `share`, `MB`, `kB`, `s`, `ms` or `VMAF`."""
    seconds: float | None
    """Of the recording; None where it is not about one."""
    holds: bool | None
    """None where nothing is judged."""


@dataclass(frozen=True, slots=True)
class _Wish:
    name: str
    title: str
    measure: Measure
    target: float | None = None
    at_least: bool = False
    unit: str = "ratio"


def figures(results: Results) -> tuple[Figure, ...]:
    """Every figure, those not measured too, in the order of the table."""
    short, middle, hour = results.lengths.short, results.lengths.middle, results.lengths.hour
    wished = (
        (short, _Wish("multi-output", f"wall, over {Who.MULTI}", over(Who.MULTI), 1.00)),
        (middle, _Wish("multi-output-longer", f"wall, over {Who.MULTI}", over(Who.MULTI), 0.92)),
        (short, _Wish("per-rendition", f"wall, over {Who.SINGLE}", over(Who.SINGLE), 0.65)),
        (short, _Wish("shaka", f"wall, over {Who.SHAKA}", over(Who.SHAKA), 0.75)),
        (
            short,
            _Wish(
                "shaka-as-shipped", f"wall, over {Who.SHAKA_AS_SHIPPED}", over(Who.SHAKA_AS_SHIPPED)
            ),
        ),
        (short, _Wish("cpu-over-floor", f"CPU, over {Who.FLOOR}", cpu_over_floor, 1.08)),
        (short, _Wish("second-run", "wall, second run over first", second_over_first, 0.05)),
        (short, _Wish("memory", "peak memory of a worker", memory, 600, unit="MB")),
        (hour, _Wish("memory-hour", "peak memory of a worker", memory, 600, unit="MB")),
        (hour, _Wish("inspection-hour", "inspection, over duration", inspection, 0.02)),
        (short, _Wish("ways", f"wall, five ways out, over {Who.SEPARATE}", ways_wall, 0.75)),
        (short, _Wish("ways-cpu", f"CPU, five ways out, over {Who.SEPARATE}", ways_cpu)),
        (short, _Wish("ways-each", "wall, five ways out, each rendition by itself", ways_each)),
        *((None, one) for one in _OTHERS),
    )
    return tuple(_figure(results, seconds, wish) for seconds, wish in wished)


def _figure(results: Results, seconds: float | None, wish: _Wish) -> Figure:
    value = wish.measure(results, seconds or 0.0)
    holds = None
    if value is not None and wish.target is not None and results.full:
        holds = value >= wish.target if wish.at_least else value <= wish.target
    return Figure(
        name=wish.name,
        title=wish.title,
        value=value,
        target=wish.target,
        at_least=wish.at_least,
        unit=wish.unit,
        seconds=seconds,
        holds=holds,
    )


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


def ways_wall(results: Results, seconds: float) -> float | None:
    return _ratio(wall(results, Who.WAYS, seconds), wall(results, Who.SEPARATE, seconds))


def ways_cpu(results: Results, seconds: float) -> float | None:
    return _ratio(cpu(results, Who.WAYS, seconds), cpu(results, Who.SEPARATE, seconds))


def ways_each(results: Results, seconds: float) -> float | None:
    """The same commands with one for each HLS rendition in place of one for all."""
    whole, one, each = (
        wall(results, who, seconds) for who in (Who.SEPARATE, Who.MULTI, Who.SINGLE)
    )
    if whole is None or one is None or each is None:
        return None
    return _ratio(wall(results, Who.WAYS, seconds), whole - one + each)


def filled(results: Results, _seconds: float) -> float | None:
    """Of the emptiest disc; one whose every picture is of the finest quality has nothing to fill
    it with."""
    fills = results.discs.fills if results.discs else ()
    return min((one.size / one.capacity for one in fills if not one.ceiling), default=None)


def discs_over_least(results: Results, _seconds: float) -> float | None:
    discs = results.discs
    return None if discs is None else len(discs.fills) / discs.least


def vmaf_gained(results: Results, _seconds: float) -> float | None:
    """Over all pictures of the course."""
    fills = results.discs.fills if results.discs else ()
    seconds = sum(one.seconds for one in fills)
    gained = sum((one.vmaf - one.naive_vmaf) * one.seconds for one in fills)
    return gained / seconds if fills else None


def told(results: Results, kind: str | None = None) -> tuple[Told, Told]:
    """Of one kind of lecture, or of all: as they are, and coded."""
    chosen = [one for one in results.turns if kind in (None, one.kind)]
    return _sum(one.plain for one in chosen), _sum(one.coded for one in chosen)


def _sum(scores: Iterable[Told]) -> Told:
    total = Told(0, 0, 0)
    for one in scores:
        total = Told(total.right + one.right, total.wrong + one.wrong, total.missed + one.missed)
    return total


def precision(score: Told) -> float:
    return score.right / max(1, score.right + score.wrong)


def recall(score: Told) -> float:
    return score.right / max(1, score.right + score.missed)


def _worse(of: Callable[[Told], float]) -> Measure:
    """Of lectures as they are, and coded."""

    def measure(results: Results, _seconds: float) -> float | None:
        return min(map(of, told(results))) if results.turns else None

    return measure


def finder_over_encoders(results: Results, _seconds: float) -> float | None:
    cost = results.finder
    return None if cost is None else _ratio(cost.finder, cost.encoders)


def call_cost(results: Results, _seconds: float) -> float | None:
    """Milliseconds."""
    done = results.dispatch
    return None if done is None else 1000 * done.wall / done.calls


def call_memory(results: Results, _seconds: float) -> float | None:
    """By how much the dispatcher's process grew, MB."""
    done = results.dispatch
    return None if done is None else max(0, done.last - done.warm) / MB


def held(results: Results, _seconds: float) -> float | None:
    """Share of truths in the ranges told, of the worst climate."""
    return min((one.held for one in results.foretold), default=None)


def times_off(results: Results, _seconds: float) -> float | None:
    """Of the worst climate."""
    return max((one.error for one in results.foretold), default=None)


def stations_synced(results: Results, _seconds: float) -> float | None:
    """Share of the syncs that did not fail."""
    done = results.stations
    return None if done is None else 1 - done.failures / (2 * done.count)


def station_cost(results: Results, _seconds: float) -> float | None:
    """Milliseconds until all had the lesson, a station."""
    done = results.stations
    return None if done is None else 1000 * done.wall / done.count


def catalog_first(results: Results, _seconds: float) -> float | None:
    return results.catalogs.first if results.catalogs else None


def catalog_later(results: Results, _seconds: float) -> float | None:
    return results.catalogs.later if results.catalogs else None


def catalog_delta(results: Results, _seconds: float) -> float | None:
    """Kilobytes."""
    return results.catalogs.delta / 1000 if results.catalogs else None


_OTHERS = (
    _Wish("disc-filled", "disc filled, the emptiest of a course", filled, 0.97, True, "share"),
    _Wish("disc-count", "discs, over the fewest that could be", discs_over_least, 1.00),
    _Wish(
        "disc-vmaf", "VMAF above -target pal-dvd of the same size", vmaf_gained, 0.0, True, "VMAF"
    ),
    _Wish("chapters-precision", "chapters, precision", _worse(precision), 0.90, True),
    _Wish("chapters-recall", "chapters, recall", _worse(recall), 0.90, True),
    _Wish("chapters-cost", "chapters, CPU over x264's", finder_over_encoders),
    _Wish("dispatcher-call", "dispatcher and Ray, a call", call_cost, 10, unit="ms"),
    _Wish("estimates", "when jobs are ready, in the range told", held, 0.80, True, "share"),
    _Wish("estimates-error", "the same, times off the likely moment", times_off),
    _Wish("stations", "stations at once, synced", stations_synced, 1.00, True, "share"),
    _Wish("stations-cost", "stations at once, each", station_cost, unit="ms"),
    _Wish("dispatcher-memory", "dispatcher, memory grown", call_memory, 8, unit="MB"),
    _Wish("catalog-first", "catalog of 100,000 lessons, the first", catalog_first, 60, unit="s"),
    _Wish("catalog-later", "catalog, ten changes, ten deltas", catalog_later, 60, unit="s"),
    _Wish("catalog-delta", "catalog, delta of ten changes", catalog_delta, 20, unit="kB"),
)


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None
