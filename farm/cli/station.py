"""`farm station`: a receiving station."""

import json
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.progress import TransferSpeedColumn as Speed

from farm.signing import read_public
from farm.station import Choice, Event, Options, Synced
from farm.station import sync as synced
from farm.station.model import Accepted, Brought, Failed, Progressed, Removed, Skipped, Warned
from manifests.entries import CATEGORIES

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
KILOBIT = 1000 / 8
"""Bytes."""


class Size(click.ParamType[int]):
    """`500M`, `40G`: bytes."""

    name = "size"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(value.strip())
        if not found:
            self.fail(f"{value!r} is no size; write it as 500M or 40G.", param, ctx)
        return int(float(found[1]) * _UNITS[found[2].upper()])


@click.group()
def station() -> None:
    """Bring a library's lessons to a receiving station, and keep them in line with it."""


@station.command()
@click.argument("url", metavar="CATALOG-URL")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="BASE64|FILE",
    help="The office's public key, needed the first time; may be given again.",
)
@click.option(
    "--trust-first", is_flag=True, help="Believe the key of the first catalog that comes."
)
@click.option("--unsigned", is_flag=True, help="Take a library nobody signs, for trying out.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    help="Take only these products; may be given again. All but discs without it.",
)
@click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice(list(CATEGORIES)),
    help="Take only lessons of this category; may be given again.",
)
@click.option(
    "--course", "courses", multiple=True, help="Take only lessons of this course; again too."
)
@click.option(
    "--max-height",
    type=click.IntRange(1),
    metavar="ROWS",
    help="Leave out larger pictures of streams; the smallest there is always comes.",
)
@click.option("--quota", type=Size(), help="What lessons may take, such as 40G; newest first.")
@click.option(
    "--rate", type=click.FloatRange(1), metavar="KBPS", help="Kilobits a second to use at most."
)
@click.option("--check", is_flag=True, help="Read again what is held; fetch what rotted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line on standard output.")
def sync(
    url: str,
    folder: Path,
    keys: tuple[str, ...],
    profiles: tuple[str, ...],
    categories: tuple[str, ...],
    courses: tuple[str, ...],
    max_height: int | None,
    quota: int | None,
    rate: float | None,
    as_json: bool,
    **switches: bool,
) -> None:
    """Bring DIR in line with the library at CATALOG-URL.

    Exit status: 0 done; 1 another sync works on DIR; 2 usage, or no key; 5 the library or the disk
    failed; 6 the catalog, or a lesson, is not what the office signed.
    """
    options = Options(
        url=url,
        folder=folder,
        keys=tuple(map(read_public, keys)),
        choice=Choice(profiles, categories, courses, max_height),
        quota=quota,
        rate=None if rate is None else rate * KILOBIT,
        **switches,
    )
    with JsonLines() if as_json else Bars() as emit:
        synced(options, emit)


class JsonLines:
    """One JSON object a line on standard output."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        name = "progress" if isinstance(event, Progressed) else type(event).__name__.lower()
        line = json.dumps({"event": name, **msgspec.to_builtins(event)}, ensure_ascii=False)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Bars:
    """A bar for the lesson that comes, with its speed; a line for each that came or went."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=24),
            DownloadColumn(),
            Speed(),
            console=self._console,
            transient=True,
        )
        self._bar: tuple[str, TaskID] | None = None

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
        if isinstance(event, Progressed):
            self._move(event)
            return
        if self._bar is not None:
            self._progress.remove_task(self._bar[1])
            self._bar = None
        self._console.print(_line(event), soft_wrap=True)

    def _move(self, event: Progressed) -> None:
        if self._bar is None or self._bar[0] != event.lesson:
            if self._bar is not None:
                self._progress.remove_task(self._bar[1])
            bar = self._progress.add_task(escape(event.title), total=max(event.size, 1))
            self._bar = event.lesson, bar
        self._progress.update(self._bar[1], completed=event.done)


def _line(event: Event) -> str:
    match event:
        case Accepted():
            return f"目录 catalog {event.number}: 需要 {event.lessons} 课 lessons wanted"
        case Warned():
            return f"[yellow]{escape(event.warning)}[/]"
        case Brought():
            return f"  [green]+[/] {escape(event.title)}  {event.lesson}  {_size(event.size)}"
        case Removed():
            why = "空间已满 quota" if event.reason == "evicted" else "已撤下 withdrawn"
            return f"  [yellow]-[/] {event.lesson}  {why}"
        case Skipped(reason="quota"):
            return (
                f"  [yellow]![/] {escape(event.title)}  {_size(event.size)}: 超过全部配额 "
                "larger than the whole quota"
            )
        case Skipped():
            return f"  {escape(event.title)}: 没有所选的产品 has none of the products chosen"
        case Failed():
            return f"  [red]![/] {escape(event.error)}"
        case Synced():
            return _end(event)
        case Progressed():
            return ""


def _end(event: Synced) -> str:
    if not event.changed:
        return f"没有新内容。 Nothing is new: catalog {event.number}, as before."
    left = f"; {event.left_out} 课超出配额 beyond the quota" if event.left_out else ""
    return (
        f"已同步 synced: {event.lessons} 课 lessons, {_size(event.held_bytes)}; "
        f"+{event.brought} -{event.removed}, {_size(event.fetched)} 下载 fetched{left}"
    )


def _size(size: int) -> str:
    for unit, power in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= power:
            return f"{size / power:.1f} {unit}"
    return f"{size} B"
