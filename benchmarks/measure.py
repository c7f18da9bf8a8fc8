"""The experiments, as steps: each adds to the results of a bench."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from benchmarks import contestants, meter
from benchmarks.bench import Bench
from benchmarks.memory import Peak, PeakWatch
from benchmarks.results import Inspection, Memory, Run, Who
from benchmarks.tasks import peak_of_tasks, stages


class Experiment(StrEnum):
    WALL = "wall"
    """All contestants on the short recording; CPU, memory and the second run too."""
    LENGTH = "length"
    """The farm and FFmpeg on the other lengths."""
    STAGES = "stages"
    """Where the farm's CPU seconds go."""
    HOUR = "hour"
    """Inspection and memory of an hour."""


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
}
"""Seconds a second of recording costs on two processors, roughly."""
JUDGED = (Who.FARM, Who.MULTI, Who.SINGLE, Who.SHAKA, Who.FLOOR)
"""They take turns."""


def steps(bench: Bench, wanted: frozenset[Experiment]) -> tuple[Step, ...]:
    made = {
        Experiment.WALL: _wall_steps,
        Experiment.LENGTH: _length_steps,
        Experiment.STAGES: _stage_steps,
        Experiment.HOUR: _hour_steps,
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
