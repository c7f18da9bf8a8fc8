"""The experiments, as steps: each adds to the results of a bench."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from benchmarks import contestants, meter
from benchmarks.bench import Bench
from benchmarks.catalog import catalogs
from benchmarks.chapters import finder_cost, turns
from benchmarks.discs import discs
from benchmarks.dispatcher import dispatch
from benchmarks.estimates import CLIMATES, foretold
from benchmarks.memory import Peak, PeakWatch
from benchmarks.results import Inspection, Memory, Run, Who
from benchmarks.stations import AT_ONCE, stations
from benchmarks.tasks import peak_of_tasks, stages
from benchmarks.ways import run_separate, run_ways, ways_of
from tests.encoders.known_changes import KINDS


class Experiment(StrEnum):
    WALL = "wall"
    """All contestants on the short recording; CPU, memory and the second run too."""
    LENGTH = "length"
    """The farm and FFmpeg on the other lengths."""
    STAGES = "stages"
    """Where the farm's CPU seconds go."""
    HOUR = "hour"
    """Inspection and memory of an hour."""
    WAYS = "ways"
    """All ways out from one submission, and one command after another."""
    DISCS = "discs"
    """A course on discs: how full, and how good for their size."""
    CHAPTERS = "chapters"
    """How well changes of slide and scene are told."""
    DISPATCHER = "dispatcher"
    """What a call costs that does nothing, through the dispatcher and Ray."""
    CATALOG = "catalog"
    """Catalogs of 100,000 lessons, with deltas."""
    ESTIMATES = "estimates"
    """When jobs will be ready, and when they were."""
    STATIONS = "stations"
    """Receiving stations that sync from one bucket at once."""


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    weight: float
    """Expected seconds, roughly, for the progress bar."""
    do: Callable[[Bench], None]


COST = {
    Who.FARM: 0.55,
    Who.MULTI: 0.55,
    Who.SINGLE: 0.8,
    Who.SHAKA: 0.6,
    Who.SHAKA_AS_SHIPPED: 0.9,
    Who.FLOOR: 0.6,
    Who.WAYS: 0.7,
    Who.SEPARATE: 0.9,
}
"""Seconds a second of recording costs on two processors, roughly."""
KIND_COST = 15.0
"""Seconds."""
LECTURES, SLIDES, FINDER_SECONDS = 3, 10, 20
"""Of each kind; in each; and of the lecture the finder's cost is measured with."""
QUICK_KINDS = ("clean slides", "film")
DISPATCHED, QUICK_DISPATCHED = 10_000, 500
"""Calls."""
QUICK_STATIONS = 10
CATALOGED, QUICK_CATALOGED = 100_000, 500
"""Lessons."""
QUICK_LECTURES, QUICK_SLIDES, QUICK_SECONDS = 1, 3, 2
JUDGED = (Who.FARM, Who.MULTI, Who.SINGLE, Who.SHAKA, Who.FLOOR)
"""They take turns."""


def steps(bench: Bench, wanted: frozenset[Experiment]) -> tuple[Step, ...]:
    made = {
        Experiment.WALL: _wall_steps,
        Experiment.LENGTH: _length_steps,
        Experiment.STAGES: _stage_steps,
        Experiment.HOUR: _hour_steps,
        Experiment.WAYS: _ways_steps,
        Experiment.DISCS: _disc_steps,
        Experiment.CHAPTERS: _chapter_steps,
        Experiment.DISPATCHER: _dispatcher_steps,
        Experiment.CATALOG: _catalog_steps,
        Experiment.ESTIMATES: _estimate_steps,
        Experiment.STATIONS: _station_steps,
    }
    return tuple(step for one in Experiment if one in wanted for step in made[one](bench))


def _wall_steps(bench: Bench) -> Iterator[Step]:
    seconds = bench.results.lengths.short
    yield _plan_step(seconds)
    yield Step(f"{seconds:g} s: memory", seconds * COST[Who.FARM], partial(watch_run, seconds))
    for turn in range(bench.rounds):
        for who in JUDGED:
            yield _run_step(who, seconds, turn)
    # Only for information.
    yield _run_step(Who.SHAKA_AS_SHIPPED, seconds, 0)


def _length_steps(bench: Bench) -> Iterator[Step]:
    lengths = bench.results.lengths
    for seconds in sorted({*lengths.others, lengths.middle} - {lengths.short}):
        yield _plan_step(seconds)
        for turn in range(bench.rounds):
            yield _run_step(Who.FARM, seconds, turn)
            yield _run_step(Who.MULTI, seconds, turn)
        # Only drawn, not judged.
        yield _run_step(Who.SINGLE, seconds, 0)


def _stage_steps(bench: Bench) -> Iterator[Step]:
    seconds = bench.results.lengths.short
    yield _plan_step(seconds)
    yield Step(f"{seconds:g} s: stages", seconds * COST[Who.FARM], partial(spend, seconds))


def _hour_steps(bench: Bench) -> Iterator[Step]:
    seconds = bench.results.lengths.hour
    yield _plan_step(seconds)
    for turn in range(bench.rounds):
        label = f"{seconds:g} s: inspection"
        yield Step(label, seconds / 50, partial(inspect, seconds, turn))
    watched = watch_run if bench.long else watch_tasks
    yield Step(
        f"{seconds:g} s: memory",
        seconds * COST[Who.FARM] if bench.long else seconds / 20,
        partial(watched, seconds),
    )


def _ways_steps(bench: Bench) -> Iterator[Step]:
    seconds = bench.results.lengths.short
    yield _plan_step(seconds)
    for turn in range(bench.rounds):
        yield _run_step(Who.WAYS, seconds, turn)
        yield _run_step(Who.SEPARATE, seconds, turn)


def _disc_steps(bench: Bench) -> Iterator[Step]:
    yield Step("a course on discs", 2 * bench.results.lengths.short, fit_discs)


def _chapter_steps(bench: Bench) -> Iterator[Step]:
    kinds = tuple(KINDS) if bench.results.full else QUICK_KINDS
    for index, kind in enumerate(kinds):
        yield Step(f"chapters: {kind}", KIND_COST, partial(tell_changes, kind, index == 0))
    yield Step("chapters: what they cost", KIND_COST, cost_finder)


def _dispatcher_steps(bench: Bench) -> Iterator[Step]:
    calls = DISPATCHED if bench.results.full else QUICK_DISPATCHED
    yield Step(f"{calls} calls that do nothing", 10 + calls / 400, partial(dispatch_calls, calls))


def _estimate_steps(_bench: Bench) -> Iterator[Step]:
    for index, name in enumerate(CLIMATES):
        yield Step(f"estimates: {name}", KIND_COST, partial(foretell, name, index == 0))


def _station_steps(bench: Bench) -> Iterator[Step]:
    count = AT_ONCE if bench.results.full else QUICK_STATIONS
    yield Step(f"{count} stations at once", 10 + count / 5, partial(sync_stations, count))


def _catalog_steps(bench: Bench) -> Iterator[Step]:
    lessons = CATALOGED if bench.results.full else QUICK_CATALOGED
    yield Step(f"catalogs of {lessons} lessons", 3 + lessons / 1500, partial(catalog, lessons))


def _plan_step(seconds: float) -> Step:
    def do(bench: Bench) -> None:
        bench.plan(seconds)

    return Step(f"{seconds:g} s: the recording, and its plan", seconds / 10, do)


def _run_step(who: Who, seconds: float, turn: int) -> Step:
    label = f"{seconds:g} s: {who}, {turn + 1}"
    return Step(label, seconds * COST[who], partial(run_once, who, seconds, turn))


def run_once(who: Who, seconds: float, turn: int, bench: Bench) -> None:
    """One timed run; the first turn replaces what was known of this contestant and length."""
    if turn == 0:
        forgotten = {who, Who.AGAIN} if who is Who.FARM else {who}
        kept = [r for r in bench.results.runs if r.who not in forgotten or r.seconds != seconds]
        bench.results = replace(bench.results, runs=tuple(kept))
    with bench.scratch() as folder:
        match who:
            case Who.FARM:
                _add_run(bench, who, seconds, contestants.run_farm(bench.recipe(seconds), folder))
                again = contestants.run_farm_again(bench.recipe(seconds), folder)
                _add_run(bench, Who.AGAIN, seconds, again)
            case Who.WAYS:
                _add_run(bench, who, seconds, run_ways(ways_of(bench, seconds), folder))
            case Who.SEPARATE:
                _add_run(bench, who, seconds, run_separate(ways_of(bench, seconds), folder))
            case Who.FLOOR:
                _add_run(bench, who, seconds, contestants.run_floor(bench.plan(seconds), folder))
            case _:
                usage = contestants.run_peer(who, bench.recipe(seconds), folder)
                _add_run(bench, who, seconds, usage)


def _add_run(bench: Bench, who: Who, seconds: float, usage: meter.Usage) -> None:
    run = Run(who=who, seconds=seconds, wall=usage.wall, cpu=usage.cpu)
    bench.results = replace(bench.results, runs=(*bench.results.runs, run))


def watch_run(seconds: float, bench: Bench) -> None:
    """A whole run, looked at; it also warms what the timed runs read."""
    watch = PeakWatch()
    with bench.scratch() as folder:
        contestants.run_farm(bench.recipe(seconds), folder, watch)
    _add_memory(bench, seconds, watch.peak, whole=True)


def watch_tasks(seconds: float, bench: Bench) -> None:
    """The heaviest tasks; the Ray worker above them is taken from a run of another length."""
    if not bench.results.memory:
        watch_run(bench.results.lengths.short, bench)
    own = max(one.own for one in bench.results.memory)
    peak = peak_of_tasks(bench, seconds)
    _add_memory(bench, seconds, Peak(child=peak.child, own=own), whole=False)


def _add_memory(bench: Bench, seconds: float, peak: Peak, *, whole: bool) -> None:
    memory = Memory(seconds=seconds, child=peak.child, own=peak.own, whole=whole)
    others = (one for one in bench.results.memory if one.seconds != seconds or one.whole != whole)
    bench.results = replace(bench.results, memory=(*others, memory))


def spend(seconds: float, bench: Bench) -> None:
    bench.results = replace(bench.results, stages=stages(bench, seconds))


def inspect(seconds: float, turn: int, bench: Bench) -> None:
    """One timed `farm inspect`; the first turn replaces what was known."""
    recording = str(bench.lecture(seconds))
    usage = meter.run([contestants.farm_command("inspect", recording, "--json")])
    kept = [one for one in bench.results.inspections if turn or one.seconds != seconds]
    one = Inspection(seconds=seconds, wall=usage.wall, cpu=usage.cpu)
    bench.results = replace(bench.results, inspections=(*kept, one))


def fit_discs(bench: Bench) -> None:
    bench.results = replace(bench.results, discs=discs(bench))


def tell_changes(kind: str, first: bool, bench: Bench) -> None:
    """The first kind replaces what was known."""
    lectures, slides = (LECTURES, SLIDES) if bench.results.full else (QUICK_LECTURES, QUICK_SLIDES)
    with bench.scratch() as folder:
        told = turns(kind, lectures, slides, folder)
    kept = () if first else bench.results.turns
    bench.results = replace(bench.results, turns=(*kept, told))


def dispatch_calls(calls: int, bench: Bench) -> None:
    bench.results = replace(bench.results, dispatch=dispatch(calls))


def foretell(name: str, first: bool, bench: Bench) -> None:
    """The first climate replaces what was known."""
    fresh = foretold(name, quick=not bench.results.full)
    kept = () if first else bench.results.foretold
    bench.results = replace(bench.results, foretold=(*kept, fresh))


def sync_stations(count: int, bench: Bench) -> None:
    with bench.scratch() as folder:
        bench.results = replace(bench.results, stations=stations(count, folder))


def cost_finder(bench: Bench) -> None:
    seconds = FINDER_SECONDS if bench.results.full else QUICK_SECONDS
    with bench.scratch() as folder:
        bench.results = replace(bench.results, finder=finder_cost(seconds, folder))


def catalog(lessons: int, bench: Bench) -> None:
    with bench.scratch() as folder:
        bench.results = replace(bench.results, catalogs=catalogs(lessons, folder))
