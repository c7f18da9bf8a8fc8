"""`farm replay`: work that was set aside, run again in front of whoever looks into it."""

import os
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from farm.capsule import Capsule, read_capsule
from farm.capsule.replay import Replayed, replay
from farm.capsule.written import versions
from farm.errors import EncodeFailed
from farm.store import open_store

FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)


@click.command("replay")
@click.argument("capsule", type=click.Path(path_type=Path))
@click.option(
    "--recording",
    "recordings",
    type=FILE,
    multiple=True,
    help="A file the work reads, known by its hash; may be given again. Those that are not given "
    "are taken from where they were, or from the store.",
)
@click.option(
    "--store", metavar="URL", help="Where to look for files; the store the work was done for."
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    envvar="FARM_WORK",
    help="Folder for files in progress; a folder of your own under the system's temporary one.",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    help="Megabytes the work may hold; as many as it had where none are given.",
)
def replay_command(
    capsule: Path,
    recordings: tuple[Path, ...],
    store: str | None,
    work: Path | None,
    memory: int | None,
) -> None:
    """Run the work of a failure CAPSULE again, on this machine; the store is only read.

    Exit status 0 where it succeeds here, 4 where it fails again, 2 where a file is missing.
    """
    known = read_capsule(capsule)
    if memory is not None:
        known = replace(known, limits=replace(known.limits, memory=memory << 20))
    console = Console(stderr=True, highlight=False)
    _introduce(known, console)
    columns = (TextColumn("  {task.description}"), BarColumn(bar_width=32), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.percentage:>4.0f} %"), console=console) as bars:
        bar = bars.add_task("replay 重放", total=1.0)
        done = replay(
            known,
            recordings,
            open_store(store or known.store),
            work or Path(tempfile.gettempdir()) / f"farm-work-{os.getuid()}",
            lambda share: bars.update(bar, completed=share),
        )
    _tell(known, done)
    sys.exit(0 if done.error is None else EncodeFailed.status)


def _introduce(capsule: Capsule, console: Console) -> None:
    when = datetime.fromtimestamp(capsule.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    console.print(f"[bold]{escape(capsule.kind)}[/], {escape(capsule.key)} of {capsule.lesson}")
    console.print(f"  set aside {when}: {escape(capsule.error)}", soft_wrap=True)
    for tried in capsule.attempts:
        console.print(
            f"  attempt {tried.number} on {escape(tried.node or '?')}: {escape(tried.error)}",
            soft_wrap=True,
        )
    here = versions()
    if here.build != capsule.versions.build:
        console.print(
            f"  [yellow]note[/] it was encoder build {capsule.versions.build} of farm "
            f"{capsule.versions.farm}; this is {here.build} of {here.farm} and may do otherwise."
        )


def _tell(capsule: Capsule, done: Replayed) -> None:
    """The log, how the child ended, and the verdict, on standard output."""
    ended = done.ended
    if ended.stderr_tail.strip():
        click.echo(ended.stderr_tail.rstrip())
    status = f"exit status {ended.code}" if ended.code is not None else ended.reason
    click.echo(
        f"{status}; peak memory {ended.peak_rss_bytes >> 20} MB of {capsule.limits.memory >> 20} "
        f"MB allowed; {done.seconds:.1f} s, {ended.cpu_seconds:.1f} CPU s"
    )
    if done.error is None:
        click.echo("It succeeds here. 在本机运行成功。")
    else:
        click.echo(f"It fails again: {done.error} 再次失败。")
