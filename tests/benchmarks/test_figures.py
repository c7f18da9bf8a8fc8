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
from benchmarks.results import (
    Catalogs,
    Discs,
    Dispatch,
    Fill,
    FinderCost,
    Inspection,
    Lengths,
    Memory,
    Results,
    Run,
    Stations,
    Told,
    Turns,
    Who,
)

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
        *runs(Who.WAYS, 180, 105, 100, 104, cpu=190),
        *runs(Who.SEPARATE, 180, 130, 131, 129, cpu=200),
    ),
    memory=(
        Memory(180, child=300_000_000, own=150_000_000, whole=True),
        Memory(3600, child=310_000_000, own=150_000_000, whole=False),
    ),
    inspections=(Inspection(3600, 90, 80), Inspection(3600, 54, 80), Inspection(3600, 36, 80)),
    stages={"encode": 95.0, "decode": 5.0},
    discs=Discs(
        fills=(
            Fill(1000, 990, False, 100, vmaf=95, naive_size=985, naive_vmaf=93),
            Fill(1000, 980, False, 300, vmaf=94, naive_size=990, naive_vmaf=94.5),
            Fill(1000, 500, True, 100, vmaf=97, naive_size=500, naive_vmaf=96.5),
        ),
        least=2,
    ),
    turns=(
        Turns("film", plain=Told(9, 1, 1), coded=Told(6, 0, 4)),
        Turns("slides", plain=Told(10, 0, 0), coded=Told(10, 0, 0)),
    ),
    finder=FinderCost(finder=0.005, encoders=0.25),
    dispatch=Dispatch(10_000, wall=30.0, cpu=12.0, warm=100_000_000, last=112_000_000),
    catalogs=Catalogs(
        *(100_000, 18.0, 61.0, 2.0),
        *(92_000_000, 9_300, 10, 760_000_000),
    ),
    stations=Stations(500, wall=20.0, unchanged=2.0, requests=9000, failures=10, bytes=80_000_000),
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


def test_one_submission_is_compared_with_all_commands_together() -> None:
    found = by_name(RESULTS)

    assert found["ways"].value == pytest.approx(104 / 130)
    assert found["ways"].holds is False
    assert found["ways-cpu"].value == pytest.approx(0.95)
    assert found["ways-cpu"].holds is None
    assert found["ways-each"].value is None  # one ffmpeg per rendition was not measured

    more = replace(RESULTS, runs=(*RESULTS.runs, *runs(Who.SINGLE, 180, 120)))
    assert by_name(more)["ways-each"].value == pytest.approx(104 / (130 - 100 + 120))


def test_a_disc_that_has_nothing_finer_to_hold_need_not_be_full() -> None:
    found = by_name(RESULTS)

    assert found["disc-filled"].value == pytest.approx(0.98)
    assert found["disc-filled"].holds is True
    assert found["disc-count"].value == pytest.approx(1.5)
    assert found["disc-count"].holds is False


def test_vmaf_gained_is_weighted_by_time() -> None:
    gained = by_name(RESULTS)["disc-vmaf"]

    assert gained.value == pytest.approx((100 * 2 - 300 * 0.5 + 100 * 0.5) / 500)
    assert gained.holds is True


def test_chapters_are_judged_by_the_worse_of_plain_and_coded_lectures() -> None:
    found = by_name(RESULTS)

    assert found["chapters-precision"].value == pytest.approx(19 / 20)
    assert found["chapters-recall"].value == pytest.approx(16 / 20)
    assert found["chapters-recall"].holds is False
    assert found["chapters-cost"].value == pytest.approx(0.02)


def test_the_dispatcher_is_judged_by_what_a_call_costs_and_how_it_grows() -> None:
    found = by_name(RESULTS)

    assert found["dispatcher-call"].value == pytest.approx(3.0)
    assert found["dispatcher-call"].holds is True
    assert found["dispatcher-memory"].value == pytest.approx(12)
    assert found["dispatcher-memory"].holds is False


def test_stations_are_judged_by_those_that_failed() -> None:
    found = by_name(RESULTS)

    assert found["stations"].value == pytest.approx(0.99)
    assert found["stations"].holds is False
    assert found["stations-cost"].value == pytest.approx(40)


def test_catalogs_are_judged_by_time_and_by_what_stations_fetch() -> None:
    found = by_name(RESULTS)

    assert (found["catalog-first"].value, found["catalog-first"].holds) == (18.0, True)
    assert (found["catalog-later"].value, found["catalog-later"].holds) == (61.0, False)
    assert (found["catalog-delta"].value, found["catalog-delta"].holds) == (9.3, True)


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
    assert "| 98.0 % | ≥ 97.0 % | holds |" in text
    assert "| **all** | 20 | 0.95 | 0.95 | 1.00 | 0.80 |" in text


def test_plots_are_the_same_for_the_same_results(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        plots.draw(RESULTS, tmp_path / folder)

    for name in (plots.WALL, plots.STAGES, plots.DISCS):
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
