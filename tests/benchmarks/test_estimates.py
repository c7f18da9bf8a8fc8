"""The benchmark of estimates measures, judges and draws."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import page, plots
from benchmarks.estimates import CLIMATES, foretold
from benchmarks.figures import figures
from benchmarks.results import Results
from tests.benchmarks.test_figures import RESULTS


def measured() -> Results:
    return replace(RESULTS, foretold=(foretold("usual", quick=True),))


def test_a_climate_is_measured_and_drawn(tmp_path: Path) -> None:
    results = measured()
    (one,) = results.foretold
    assert one.estimates > 100
    assert 0.7 < one.held <= 1
    assert one.points
    page.write(results, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert f"| usual | {one.estimates} | {100 * one.held:.1f} % |" in text
    drawn = (tmp_path / "images" / plots.ESTIMATES).read_bytes()
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_worst_climate_is_judged() -> None:
    results = measured()
    (one,) = results.foretold
    poor = replace(one, world="poor", held=0.5)
    (figure,) = [
        each for each in figures(replace(results, foretold=(one, poor))) if each.name == "estimates"
    ]
    assert (figure.value, figure.target, figure.at_least) == (0.5, 0.8, True)
    assert set(CLIMATES) >= {"usual", "busy", "machines come and go"}
