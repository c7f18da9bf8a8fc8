"""A service's jobs on a terminal."""

import json
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from farm.client.api import Api

EVERY = 0.7
"""Seconds between two looks."""
WIDE = 240
"""Columns of what goes into a file or another program."""
OVER = ("done", "failed", "refused", "cancelled", "asking")
COLOURS = {"done": "green", "failed": "red", "refused": "red", "note": "dim", "refusal": "red"}


def jsonl(event: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def follow(api: Api, job: str, *, as_json: bool) -> dict[str, Any]:
    """The job, once it is over or asks; tells how far it is meanwhile."""
    bar = Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>4.0f} %"),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True, quiet=as_json),
        transient=True,
    )
    told: Mapping[str, Any] = {}
    with bar:
        task = bar.add_task("", total=1.0, left="")
        while True:
            found: dict[str, Any] = api.patiently(f"/api/v1/jobs/{job}")
            now = {name: found[name] for name in ("state", "stage", "progress", "estimate")}
            if as_json and now != told:
                jsonl("job", job=job, **now)
            told = now
            if found["state"] in OVER:
                if as_json:
                    jsonl(found["state"], job=job, **_end(found))
                return found
            bar.update(
                task,
                description=f"{escape(found['name'])}  {found['state']}",
                completed=found["progress"] or 0.0,
                left=until(found["estimate"]),
            )
            time.sleep(EVERY)


def _end(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("lesson", "release", "error", "findings")}


def until(estimate: Mapping[str, Any] | None) -> str:
    """`ready 14:05-14:20`, on this machine's clock."""
    if estimate is None:
        return ""
    first, last = local(estimate["earliest"]), local(estimate["latest"])
    days = "" if first.date() == last.date() else f"{last:%m-%d} "
    return f"ready {first:%H:%M}-{days}{last:%H:%M}"


def local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone()


def described(finding: Mapping[str, Any]) -> tuple[str, str]:
    """Two lines, English and Chinese, each with what to do."""
    colour = COLOURS.get(finding["severity"], "yellow")
    return (
        f"  [{colour}]{finding['severity']}[/] {escape(finding['message'])} "
        f"{escape(finding['remedy'])}",
        f"          {escape(finding['message_zh'])}{escape(finding['remedy_zh'])}",
    )


def screen() -> Console:
    """As wide as the terminal; where there is none, wide enough for ids to stay whole."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=WIDE)


def show(jobs: list[dict[str, Any]]) -> Console:
    """A table, and below it why those that failed did; the screen it is on."""
    console = screen()
    console.print(table_of(jobs))
    for one in jobs:
        if one["error"]:
            console.print(f"[red]{one['id'][:8]}[/] {escape(one['error'])}", soft_wrap=True)
    return console


def table_of(jobs: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("job", no_wrap=True, min_width=32)
    for name in ("name", "base", "state", "done", "ready"):
        table.add_column(name)
    for one in jobs:
        share = "" if one["progress"] is None else f"{100 * one['progress']:.0f} %"
        colour = COLOURS.get(one["state"], "yellow")
        table.add_row(
            one["id"],
            escape(one["name"]),
            one["base"],
            f"[{colour}]{one['state']}[/]",
            share,
            until(one["estimate"]),
        )
    return table
