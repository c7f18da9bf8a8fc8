"""The plots of `docs/benchmarks.md`, as SVG: the same results give the same bytes."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.figures import cpu, wall
from benchmarks.results import Results, Who

WALL = "benchmark-wall.svg"
STAGES = "benchmark-stages.svg"
DISCS = "benchmark-discs.svg"
ESTIMATES = "benchmark-estimates.svg"

TEXT = "#6e7781"
"""Grey that is read on white and on near-black: pages are shown on both, plots have no ground."""
LINES = {Who.FARM: "#2da44e", Who.MULTI: "#218bff", Who.SINGLE: "#d4762c"}
BAR = "#2da44e"
BY_HAND = "#d4762c"
AROUND = "inspection, Ray, publishing"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "courseware-farm",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": TEXT,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


def draw(results: Results, folder: Path) -> None:
    """All plots, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        _save(_wall(results), folder / WALL)
        _save(_stages(results), folder / STAGES)
        _save(_discs(results), folder / DISCS)
        if results.foretold:
            _save(_estimates(results), folder / ESTIMATES)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _wall(results: Results) -> Figure:
    figure = Figure(figsize=(7.2, 4), layout="constrained")
    axes: Axes = figure.subplots()
    for who, colour in LINES.items():
        lengths = sorted({run.seconds for run in results.runs if run.who == who})
        if not lengths:
            continue
        walls = [wall(results, who, seconds) or 0 for seconds in lengths]
        minutes = [seconds / 60 for seconds in lengths]
        axes.plot(minutes, [one / 60 for one in walls], marker="o", color=colour, label=str(who))
    axes.set(xlabel="recording, minutes", ylabel="wall time, minutes", xlim=(0, None))
    axes.set_ylim(bottom=0)
    axes.grid()
    if axes.lines:
        axes.legend()
    return figure


def stage_seconds(results: Results) -> dict[str, float]:
    """CPU seconds by stage; with what a whole run costs beyond its tasks."""
    spent = dict(results.stages or {})
    whole = cpu(results, Who.FARM, results.lengths.short)
    if spent and whole is not None:
        spent[AROUND] = max(0.0, whole - sum(spent.values()))
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def _stages(results: Results) -> Figure:
    spent = stage_seconds(results)
    figure = Figure(figsize=(7.2, 0.8 + 0.45 * max(1, len(spent))), layout="constrained")
    axes: Axes = figure.subplots()
    whole = sum(spent.values()) or 1.0
    names, seconds = list(spent), list(spent.values())
    bars = axes.barh(names, seconds, color=BAR)
    axes.bar_label(bars, [f"{one:.1f} s, {one / whole:.1%}" for one in seconds], padding=4)
    axes.set(xlabel="CPU seconds", xlim=(0, max(seconds, default=1.0) * 1.25))
    axes.invert_yaxis()
    return figure


def _discs(results: Results) -> Figure:
    """Of each disc, its quality beside that of programs of the same size."""
    fills = results.discs.fills if results.discs else ()
    figure = Figure(figsize=(7.2, 1.4 + 0.6 * max(1, len(fills))), layout="constrained")
    axes: Axes = figure.subplots()
    rows = range(len(fills))
    disc, hand = [one.vmaf for one in fills], [one.naive_vmaf for one in fills]
    axes.hlines(rows, hand, disc, color=TEXT, alpha=0.5, zorder=1)
    axes.scatter(hand, rows, color=BY_HAND, s=60, label="-target pal-dvd, same size", zorder=2)
    axes.scatter(disc, rows, color=BAR, s=60, label="farm disc", zorder=2)
    full = [
        f"disc {n}\n{100 * one.size / one.capacity:.1f} % full" for n, one in enumerate(fills, 1)
    ]
    axes.set_yticks(rows, full)
    axes.set(xlabel="VMAF", ylim=(max(1, len(fills)) - 0.5, -0.5))
    axes.margins(x=0.1)
    axes.grid(axis="x")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def _estimates(results: Results) -> Figure:
    """What was told against what came of it, minutes; on the line it was right."""
    figure = Figure(figsize=(7.2, 6), layout="constrained")
    axes: Axes = figure.subplots()
    points = [point for one in results.foretold for point in one.points]
    for inside, colour, label in ((True, BAR, "in the range told"), (False, BY_HAND, "outside")):
        some = [(told / 60, took / 60) for told, took, holds in points if holds is inside]
        told, took = zip(*some, strict=True) if some else ((), ())
        axes.scatter(told, took, s=9, color=colour, alpha=0.6, linewidths=0, label=label)
    ends = [min(min(point[:2]) for point in points) / 60, max(max(p[:2]) for p in points) / 60]
    axes.plot(ends, ends, color=TEXT, alpha=0.6)
    axes.set(xscale="log", yscale="log", xlabel="minutes told", ylabel="minutes it took")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid()
    axes.legend(loc="upper left")
    return figure
