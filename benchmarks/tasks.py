"""The farm's own tasks run one by one, outside a run: CPU by stage, memory by task."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.memory import Peak, PeakWatch
from encoders.tasks import AudioResult, AudioTask, ChunkResult, ChunkTask
from farm.child import run_task
from farm.plan import Plan


def stages(bench: Bench, seconds: float) -> dict[str, float]:
    """CPU seconds of every task of a recording by stage, as many at once as the farm's workers."""
    plan = bench.plan(seconds)
    chunks = sorted(plan.chunks, key=lambda chunk: -chunk.weight)
    tasks = [*(sound.task for sound in plan.audio), *(chunk.task for chunk in chunks)]
    with ThreadPoolExecutor(os.cpu_count()) as crowd:
        results = list(crowd.map(lambda task: _result(bench, seconds, task), tasks))
    spent: dict[str, float] = {}
    for result in results:
        sound = isinstance(result, AudioResult)
        by_stage = {"audio": sum(result.cpu.values())} if sound else result.cpu
        for stage, cpu in by_stage.items():
            spent[stage] = spent.get(stage, 0.0) + cpu
    return spent


def peak_of_tasks(bench: Bench, seconds: float) -> Peak:
    """Peak memory over the inspection and the tasks that could need most, one after another."""
    watch = PeakWatch()
    with watch.of(os.getpid()):
        bench.inspect(seconds)
        for task in _heaviest(bench.plan(seconds)):
            _result(bench, seconds, task)
    return watch.peak


def _heaviest(plan: Plan) -> Iterator[ChunkTask | AudioTask]:
    """All sound, which is one task whatever its length, and the longest and heaviest chunks."""
    yield from (sound.task for sound in plan.audio)
    heaviest = max(plan.chunks, key=lambda chunk: chunk.weight)
    longest = max(plan.chunks, key=lambda chunk: chunk.task.last - chunk.task.first)
    yield from (chunk.task for chunk in {heaviest.index: heaviest, longest.index: longest}.values())


def _result(bench: Bench, seconds: float, task: ChunkTask | AudioTask) -> ChunkResult | AudioResult:
    source = bench.lecture(seconds)
    with bench.scratch() as folder:
        if isinstance(task, AudioTask):
            placed = replace(task, folder=str(folder))
            return run_task(placed, AudioResult, [source], folder, lambda _: None)
        return run_task(
            replace(task, folder=str(folder)), ChunkResult, [source], folder, lambda _: None
        )
