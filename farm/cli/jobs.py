"""`farm jobs` and `farm status`: what a service has in hand."""

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from farm.cli.jobs_view import described, local, screen, show
from farm.cli.service_options import asking, service_options

STATES = (
    *("received", "inspecting", "asking", "queued", "running"),
    *("done", "failed", "refused", "cancelled"),
)


@click.command()
@service_options
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Of these alone.")
@click.option("--base", help="Of one base alone; with an operator's key.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 500), help="At most."
)
@click.option("--cancel", metavar="JOB", help="End that job: its encoders stop in two seconds.")
@click.option("--retry", metavar="JOB", help="Try that job again.")
@click.option("--go-on", metavar="JOB", help="Its findings are known: make the lesson.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
def jobs(server: str, key: str, as_json: bool, **options: Any) -> None:
    """List jobs, the latest first: a base's own, or all with an operator's key."""
    with asking(server, key) as api:
        root = _root(api.me())
        acts = [(name, options[name.replace("-", "_")]) for name in ("cancel", "retry", "go-on")]
        for act, job in acts:
            if job is not None:
                _show(api.post(f"{root}/jobs/{job}/{act}"), as_json)
        if any(job is not None for _, job in acts):
            return
        query = {"state": list(options["states"]) or None, "limit": options["limit"]}
        if options["base"] and root.endswith("operator"):
            query["base"] = options["base"]
        found = api.get(f"{root}/jobs", **query)["jobs"]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found)


@click.command()
@click.argument("job", required=False)
@service_options
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
def status(job: str | None, server: str, key: str, as_json: bool) -> None:
    """Show how JOB stands; without one, the base's own figures, or the whole service's."""
    with asking(server, key) as api:
        me = api.me()
        root = _root(me)
        if job is not None:
            _show(api.get(f"{root}/jobs/{job}"), as_json)
            return
        if me["role"] == "base":
            found = api.get(f"/api/v1/bases/{me['base']}")
        else:
            found = api.get("/api/v1/operator/board")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif me["role"] == "base":
        _show_base(found)
    else:
        _show_board(found)


def _root(me: Mapping[str, Any]) -> str:
    return "/api/v1/operator" if me["role"] == "operator" else "/api/v1"


def _show(job: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(job, ensure_ascii=False, indent=1))
        return
    console = show([job])
    for finding in job["findings"]:
        console.print("\n".join(described(finding)), soft_wrap=True)


def _show_base(found: dict[str, Any]) -> None:
    wanted = found["hours_wanted"]
    of = "" if wanted is None else f" of {wanted:g}"
    table = Table("", "", box=None, show_header=False, pad_edge=False)
    table.add_row(f"{found['name_zh']} {found['name']}", "paused" if found["paused"] else "")
    table.add_row("hours delivered this year", f"{found['hours_delivered']:.1f}{of}")
    table.add_row("lessons", str(found["lessons"]))
    for state, count in found["jobs"].items():
        table.add_row(f"jobs {state}", str(count))
    screen().print(table)


def _show_board(found: dict[str, Any]) -> None:
    console = screen()
    leader = escape(found["leader"] or "") or "[red]nobody: nothing will begin[/]"
    paused = "  [yellow]paused[/]" if found["paused"] else ""
    console.print(f"{found['busy']} of {found['slots']} slots busy, led by {leader}{paused}")
    table = Table("base", "jobs", "waiting", "oldest", "weight", box=None, pad_edge=False)
    for one in found["queues"]:
        name = f"{one['base']} (paused)" if one["paused"] else one["base"]
        waiting = "" if one["waiting"] is None else str(one["waiting"])
        oldest = f"{local(one['oldest']):%m-%d %H:%M}" if one["oldest"] else ""
        table.add_row(name, str(one["jobs"]), waiting, oldest, f"{one['weight']:g}")
    console.print(table)
    for disk in found["disks"]:
        console.print(f"{disk['name']}: {disk['free'] / 1e9:.1f} GB free")
    for one in found["capsules"]:
        console.print(f"[red]set aside[/] {one['id']}: {escape(one['error'])}", soft_wrap=True)
