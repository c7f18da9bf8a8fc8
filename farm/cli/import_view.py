"""What a person or a program sees of a table: what would be done, and what became of it."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table as Grid

from farm.cli.plainly import counted
from farm.stock import WORDS, Item, Outcome, State
from farm.table import Table

SHOWN = 40
"""Rows shown of what is to do; the report has them all."""
_COLOURS = {"done": "green", "published": "green", "failed": "red", "bad": "red", "left": "yellow"}
_OUTCOMES = {
    "done": "done before 早已完成",
    "published": "published 已发布",
    "failed": "failed 失败",
    "bad": "bad 有误",
    "left": "left 未执行",
}


class View(Protocol):
    def seen(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """The items, while they are looked at."""
        ...

    def plan(self, table: Table, items: Sequence[Item]) -> None: ...

    def ended(self, outcomes: Sequence[Outcome]) -> None: ...


class TextView:
    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._errors = Console(stderr=True, highlight=False)

    def seen(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        yield from track(items, "  looking 检查", total, console=self._errors, transient=True)

    def plan(self, table: Table, items: Sequence[Item]) -> None:
        todo = [item for item in items if item.todo]
        if todo:
            self._console.print(_grid(todo[:SHOWN]))
        if len(todo) > SHOWN:
            self._console.print(f"  and {len(todo) - SHOWN} more 以及另外 {len(todo) - SHOWN} 行")
        for fault in table.faults:
            self._console.print(f"  [red]bad[/] {escape(str(fault))}", soft_wrap=True)
        for item in items:
            if item.state is State.BAD:
                place = f"line {item.row.line} 第 {item.row.line} 行"
                for why in item.why.splitlines():
                    self._console.print(f"  [red]bad[/] {place}: {escape(why)}", soft_wrap=True)
        for line in _summary(table, items):
            self._console.print(f"  {line}", soft_wrap=True)

    def ended(self, outcomes: Sequence[Outcome]) -> None:
        for one in sorted(outcomes, key=lambda one: one.line):
            if one.outcome == "failed":
                self._console.print(
                    f"  [red]failed[/] line {one.line} {escape(one.name)}: {escape(one.message)}",
                    soft_wrap=True,
                )
        counts = Counter(one.outcome for one in outcomes)
        parts = [
            f"[{_COLOURS[name]}]{counts[name]} {words}[/]"
            for name, words in _OUTCOMES.items()
            if counts[name]
        ]
        self._console.print("  " + ", ".join(parts), soft_wrap=True)


class JsonView:
    """One JSON object a line on standard output."""

    def seen(self, items: Iterable[Item], total: int) -> Iterator[Item]:  # noqa: ARG002 - of a View
        yield from items

    def plan(self, table: Table, items: Sequence[Item]) -> None:
        for fault in table.faults:
            _line("bad-row", line=fault.line, column=fault.field, error=str(fault))
        for item in items:
            _line(
                "row",
                line=item.row.line,
                recording=item.row.name,
                lesson=item.recording.lesson if item.recording else None,
                state=item.state.value,
                profiles=list(item.profiles),
                duration=None if item.duration is None else float(item.duration),
                error=item.why or None,
            )

    def ended(self, outcomes: Sequence[Outcome]) -> None:
        counts = Counter(one.outcome for one in outcomes)
        _line("imported", **{name: counts[name] for name in _OUTCOMES})


def _line(event: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _grid(items: Sequence[Item]) -> Grid:
    grid = Grid(title="To do 待办", title_justify="left")
    for heading in (
        "line 行",
        "recording 文件",
        "title 标题",
        "state 状态",
        "profiles 配置",
        "min",
    ):
        grid.add_column(heading, overflow="fold")
    for item in items:
        title = item.request.metadata.title if item.request else None
        minutes = "?" if item.duration is None else f"{float(item.duration) / 60:.1f}"
        grid.add_row(
            str(item.row.line),
            escape(item.row.name),
            escape(title or ""),
            WORDS[item.state],
            " ".join(item.profiles),
            minutes,
        )
    return grid


def _summary(table: Table, items: Sequence[Item]) -> Iterator[str]:
    counts = Counter(item.state for item in items)
    counts[State.BAD] += len(table.bad_lines)
    total = len(items) + len(table.bad_lines)
    parts = ", ".join(f"{counts[state]} {WORDS[state]}" for state in State if counts[state])
    yield f"{counted(total, 'row')} 行: {parts}"
    todo = [item for item in items if item.todo]
    known = [item.duration for item in todo if item.duration is not None]
    size = sum(item.recording.size for item in todo if item.recording)
    hours = float(sum(known, Fraction(0))) / 3600
    of = "" if len(known) == len(todo) else f" (known of {len(known)}; --inspect finds all)"
    yield f"to do 待办: {hours:.1f} h 小时{of}, {size / 1e9:.2f} GB"
