"""What a person reads: a table on the terminal; and the results as JSON, to go on from."""

import json
from dataclasses import asdict
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, figures
from benchmarks.results import Results


def save(results: Results, path: Path) -> None:
    """Results and the figures made of them; written aside, then renamed."""
    document = {
        "figures": [asdict(figure) for figure in figures(results)],
        "results": msgspec.to_builtins(results),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)


def saved(path: Path) -> Results | None:
    """Results saved earlier; None where there are none."""
    if not path.exists():
        return None
    return msgspec.convert(json.loads(path.read_text(encoding="utf-8"))["results"], Results)


def print_table(results: Results, console: Console) -> None:
    table = Table(title="Speed and memory")
    for heading in ("", "recording", "measured", "target", ""):
        table.add_column(heading)
    for figure in figures(results):
        table.add_row(
            figure.title, length(figure.seconds), value(figure), target(figure), verdict(figure)
        )
    console.print(table)


def length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def value(figure: Figure) -> str:
    return "not measured" if figure.value is None else _number(figure, figure.value)


def target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {_number(figure, figure.target)}"


def verdict(figure: Figure) -> str:
    if figure.holds is None:
        return ""
    return "holds" if figure.holds else "misses"


def _number(figure: Figure, number: float) -> str:
    match figure.unit:
        case "MB":
            return f"{number:.0f} MB"
        case "ms" | "s" | "kB":
            return f"{number:.1f} {figure.unit}"
        case "share":
            return f"{100 * number:.1f} %"
        case "VMAF":
            return f"{number:+.2f}" if number else "0"
        case _:
            small = figure.target is not None and figure.target < 0.1
            return f"{number:.3f}" if small else f"{number:.2f}"
