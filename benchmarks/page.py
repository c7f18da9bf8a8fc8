"""`docs/benchmarks.md`, written from the results."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from benchmarks import plots, report
from benchmarks.figures import cpu, figures, precision, recall, told, wall
from benchmarks.results import Results, Who

TEMPLATE = Path(__file__).parent / "page.md.jinja"


def write(results: Results, docs: Path) -> None:
    """The page and its plots."""
    plots.draw(results, docs / "images")
    template = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    ).from_string(TEMPLATE.read_text(encoding="utf-8"))
    text = template.render(
        figures=figures(results),
        length=report.length,
        value=report.value,
        target=report.target,
        verdict=report.verdict,
        medians=_medians(results),
        memory=results.memory,
        discs=results.discs,
        turns=_turns(results),
        finder=results.finder,
        dispatch=results.dispatch,
        catalogs=results.catalogs,
        foretold=results.foretold,
        stations=results.stations,
        machine=results.machine,
        plots=plots,
    )
    (docs / "benchmarks.md").write_text(text, encoding="utf-8")


def _medians(results: Results) -> list[tuple[str, Who, str, str]]:
    """Recording, contestant, wall and CPU seconds."""
    measured = sorted({(run.seconds, list(Who).index(run.who), run.who) for run in results.runs})
    return [
        (
            report.length(seconds),
            who,
            f"{wall(results, who, seconds):.1f}",
            f"{cpu(results, who, seconds):.1f}",
        )
        for seconds, _, who in measured
    ]


def _turns(results: Results) -> list[tuple[str, int, list[str]]]:
    """Kind of lecture, changes, precision and recall of lectures as they are, and coded."""
    kinds: list[tuple[str, str | None]] = [(one.kind, one.kind) for one in results.turns]
    rows = []
    for name, kind in [*kinds, *([("**all**", None)] if kinds else [])]:
        scores = told(results, kind)
        values = [f"{of(score):.2f}" for score in scores for of in (precision, recall)]
        rows.append((name, scores[0].right + scores[0].missed, values))
    return rows
