"""What a person or a program sees while the farm works."""

import json
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from encoders.facts import Finding, Severity
from farm.cli.plainly import counted
from farm.events import (
    Captioned,
    Encoded,
    Event,
    Failed,
    Inspected,
    Planned,
    Progressed,
    Published,
    Retried,
    Stage,
    Started,
)

STAGES = {
    Stage.INSPECT: "inspect 检查",
    Stage.ENCODE: "encode  编码",
    Stage.PRODUCTS: "produce 制作",
    Stage.PUBLISH: "publish 发布",
}
COLOURS = {Severity.NOTE: "dim", Severity.WARNING: "yellow", Severity.REFUSAL: "red"}


class JsonLines:
    """One JSON object a line on standard output."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        fields = msgspec.to_builtins(event, enc_hook=float)
        name = type(event).__name__.lower()
        if isinstance(event, Progressed):
            name = "progress"
        line = json.dumps({"event": name, **fields}, ensure_ascii=False)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Bars:
    """A bar a stage with speed and time left; findings as they come, in both languages."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>4.0f} %"),
            TextColumn("{task.fields[speed]}"),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            transient=False,
        )
        self._bars: dict[Stage, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Started():
                self._begin(event)
            case Inspected():
                for finding in event.findings:
                    # a refusal comes as the error
                    if finding.severity is not Severity.REFUSAL:
                        self._say("\n".join(describe(finding)))
            case Captioned():
                for finding in event.findings:
                    self._say("\n".join(describe(finding)))
            case Planned():
                self._say(_plan_line(event))
            case Progressed():
                self._move(event)
            case Retried():
                self._say(f"  [yellow]again:[/] {event.task}: {escape(event.reason)}")
            case Published():
                self._say(_published_line(event))
            case Encoded() | Failed():
                pass

    def _begin(self, event: Started) -> None:
        for bar in self._bars.values():
            self._progress.remove_task(bar)
        self._bars = {}
        self._say(f"[bold]{escape(Path(event.recording).name)}[/]  {event.lesson}")

    def _move(self, event: Progressed) -> None:
        if event.stage not in self._bars:
            self._bars[event.stage] = self._progress.add_task(
                STAGES[event.stage], total=1.0, speed="", left=""
            )
        self._progress.update(
            self._bars[event.stage],
            completed=event.done,
            speed=f"{event.speed:6.1f}x" if event.speed is not None else "",
            left=_clock(event.left) if event.done < 1 else "",
        )

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


def describe(finding: Finding) -> tuple[str, str]:
    """A finding for the terminal: two lines, English and Chinese, each with what to do."""
    colour = COLOURS[finding.severity]
    return (
        f"  [{colour}]{finding.severity}[/] {escape(finding.message)} {escape(finding.remedy)}",
        f"          {escape(finding.message_zh)}{escape(finding.remedy_zh)}",
    )


def _plan_line(event: Planned) -> str:
    if event.tasks == 0:
        return "  everything is encoded already"
    kept = f", {counted(event.kept, 'part')} kept from before" if event.kept else ""
    return f"  {', '.join(event.renditions)}: {counted(event.tasks, 'task')}{kept}"


def _published_line(event: Published) -> str:
    what = "published" if event.changed else "already published"
    page = event.master or f"lessons/{event.lesson}/index.html"
    lines = [f"  [green]{what}[/] release {event.release}: {escape(event.store)}/{page}"]
    lines += [f"    {profile}: {escape(path)}" for profile, path in event.products]
    return "\n".join(lines)


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} left"
