"""From runs to ratios and verdicts; results go on where an earlier benchmark stopped."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import page, plots, report
from benchmarks.bench import Bench
from benchmarks.cli import begun, full_lengths, main, quick_lengths
from benchmarks.figures import Figure, figures
from benchmarks.measure import Experiment, steps
from benchmarks.results import Inspection, Lengths, Memory, Results, Run, Who

LENGTHS = full_lengths(3.0)


def runs(who: Who, seconds: float, *walls: float, cpu: float = 1.0) -> tuple[Run, ...]:
    return tuple(Run(who, seconds, wall, cpu) for wall in walls)


RESULTS = Results(
    machine={"processors": "2"},
    lengths=LENGTHS,
    full=True,
    runs=(
        *runs(Who.FARM, 180, 90, 95, 300, cpu=110),
        *runs(Who.AGAIN, 180, 5, 4, 3.8, cpu=3),
        *runs(Who.MULTI, 180, 100, 101, 99, cpu=105),
        *runs(Who.FLOOR, 180, 60, 60, 60, cpu=100),
        *runs(Who.FARM, 600, 300),
        *runs(Who.MULTI, 600, 310),
    ),
    memory=(
        Memory(180, child=300_000_000, own=150_000_000, whole=True),
        Memory(3600, child=310_000_000, own=150_000_000, whole=False),
    ),
    inspections=(Inspection(3600, 90, 80), Inspection(3600, 54, 80), Inspection(3600, 36, 80)),
    stages={"encode": 95.0, "decode": 5.0},
)


def by_name(results: Results) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures(results)}


def test_a_ratio_is_of_medians() -> None:
    found = by_name(RESULTS)

    assert found["multi-output"].value == pytest.approx(95 / 100)
    assert found["second-run"].value == pytest.approx(4 / 95)
    assert found["cpu-over-floor"].value == pytest.approx(1.10)
    assert found["memory"].value == pytest.approx(450)
    assert found["memory-hour"].value == pytest.approx(460)
    assert found["inspection-hour"].value == pytest.approx(54 / 3600)


def test_each_figure_is_judged_by_its_own_target() -> None:
    found = by_name(RESULTS)

    assert found["multi-output"].holds is True
    assert found["multi-output-longer"].holds is False
    assert found["cpu-over-floor"].holds is False
    assert found["shaka"].value is None
    assert found["shaka"].holds is None


def test_short_recordings_are_not_judged() -> None:
    assert {figure.holds for figure in figures(replace(RESULTS, full=False))} == {None}


def test_results_come_back_as_saved(tmp_path: Path) -> None:
    report.save(RESULTS, tmp_path / "new" / "benchmarks.json")

    assert report.saved(tmp_path / "new" / "benchmarks.json") == RESULTS
    assert report.saved(tmp_path / "none.json") is None


def test_earlier_results_are_kept_only_of_the_same_machine_and_lengths() -> None:
    fresh = Results(machine=RESULTS.machine, lengths=LENGTHS, full=True)

    assert begun(RESULTS, fresh) == RESULTS
    assert begun(None, fresh) == fresh
    for other in (
        replace(fresh, machine={"processors": "4"}),
        replace(fresh, lengths=quick_lengths()),
        replace(fresh, full=False),
    ):
        assert begun(RESULTS, other) == other


def test_contestants_take_turns(tmp_path: Path) -> None:
    bench = Bench(RESULTS, rounds=3, long=False, recording=None, folder=tmp_path)
    labels = [step.label for step in steps(bench, frozenset({Experiment.WALL}))]

    turns = [label for label in labels if "farm run" in label or "all outputs" in label]
    assert turns == [f"180 s: {who}, {turn}" for turn in (1, 2, 3) for who in (Who.FARM, Who.MULTI)]


def test_the_page_has_every_figure_and_every_option(tmp_path: Path) -> None:
    page.write(RESULTS, tmp_path)

    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    for figure in figures(RESULTS):
        assert f"| {figure.title} | {report.length(figure.seconds)} |" in text
    for option in main.params:
        assert f"`{option.opts[0]}" in text
    for experiment in Experiment:
        assert f"`{experiment}`" in text
    assert "≤ 1.08 | misses |" in text


def test_plots_are_the_same_for_the_same_results(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        plots.draw(RESULTS, tmp_path / folder)

    for name in (plots.WALL, plots.STAGES):
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "two" / name).read_bytes()
        assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"


def test_what_a_run_costs_beyond_its_tasks_is_a_stage_of_its_own() -> None:
    spent = plots.stage_seconds(RESULTS)

    assert list(spent) == ["encode", plots.AROUND, "decode"]
    assert spent[plots.AROUND] == pytest.approx(10.0)


def test_plots_can_be_drawn_of_nothing(tmp_path: Path) -> None:
    empty = Results(machine={}, lengths=Lengths(1, 1, 1, ()), full=False)

    page.write(empty, tmp_path)

    assert "not measured" in (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
