"""`python -m benchmarks`: what is asked for, step by step, saved after each."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks import page, report
from benchmarks.bench import Bench
from benchmarks.machine import machine
from benchmarks.measure import Experiment, Step, steps
from benchmarks.results import Lengths, Results

FULL = 180.0
"""Seconds of the short recording from which on the targets hold."""
QUICK = 6.0


@click.command()
@click.option("--quick", is_flag=True, help="Six seconds at every length, one round, no verdict.")
@click.option(
    "--only",
    type=click.Choice([one.value for one in Experiment]),
    multiple=True,
    help="Measure this alone; the rest is kept from the JSON. May be given again.",
)
@click.option("--minutes", type=float, default=3.0, help="Length of the short recording.")
@click.option("--rounds", type=click.IntRange(1), default=3, help="Timed runs of each contestant.")
@click.option("--long", is_flag=True, help="Run the hour as a whole for its memory.")
@click.option(
    "--recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this recording at every length.",
)
@click.option("--render", is_flag=True, help="Measure nothing; write the page from the JSON.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), default=Path("build/benchmarks.json")
)
@click.option("--docs", type=click.Path(path_type=Path), help="Folder the page goes to.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("build/bench"))
def main(
    quick: bool,
    only: tuple[str, ...],
    minutes: float,
    rounds: int,
    long: bool,
    recording: Path | None,
    render: bool,
    file: Path,
    docs: Path | None,
    folder: Path,
) -> None:
    """Measure the farm beside what people would use instead."""
    console = Console(stderr=True)
    lengths = quick_lengths() if quick else full_lengths(minutes)
    full = recording is None and lengths.short >= FULL
    earlier = report.saved(file)
    if render and earlier is None:
        raise click.UsageError(f"There is no {file} to render; measure first.")
    fresh = Results(machine(), lengths, full)
    bench = Bench(
        results=earlier if render and earlier else begun(earlier, fresh),
        rounds=1 if quick else rounds,
        long=long,
        recording=recording.resolve() if recording else None,
        folder=folder.resolve(),
    )
    if not render:
        wanted = frozenset(map(Experiment, only)) or frozenset(Experiment)
        _measure(bench, steps(bench, wanted), file, console)
    report.print_table(bench.results, console)
    page.write(bench.results, docs or (file.parent if quick else Path("docs")))


def quick_lengths() -> Lengths:
    return Lengths(short=QUICK, middle=QUICK, hour=QUICK, others=())


def full_lengths(minutes: float) -> Lengths:
    return Lengths(short=minutes * 60, middle=600.0, hour=3600.0, others=(60.0,))


def begun(earlier: Results | None, fresh: Results) -> Results:
    """Go on from earlier results where they are of the same machine, programs and lengths."""
    if earlier is None:
        return fresh
    same = (earlier.machine, earlier.lengths, earlier.full)
    return earlier if same == (fresh.machine, fresh.lengths, fresh.full) else fresh


def _measure(bench: Bench, todo: tuple[Step, ...], file: Path, console: Console) -> None:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>4.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with progress:
        bar = progress.add_task("", total=sum(step.weight for step in todo))
        for step in todo:
            progress.update(bar, description=step.label)
            step.do(bench)
            report.save(bench.results, file)
            progress.advance(bar, step.weight)
