"""`farm nodes`: the machines that work, and what they are to do."""

import json
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from farm.cli.jobs_view import screen
from farm.cli.service_options import asking, service_options
from farm.client.api import Api

NODES = "/api/v1/operator/nodes"


@click.command()
@service_options
@click.option("--drain", metavar="NODE", help="Give it nothing more; what runs there goes on.")
@click.option("--rest", metavar="NODE", help="Give it nothing for --minutes.")
@click.option(
    "--minutes",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.1, 10080),
    help="Of a rest.",
)
@click.option("--back", metavar="NODE", help="Bring it back to work.")
@click.option(
    "--scale", type=click.IntRange(0), help="Ask the cluster for so many slots; 0: its own."
)
@click.option("--pause", "pause", is_flag=True, help="Begin nothing more; what runs goes on.")
@click.option("--resume", "resume", is_flag=True, help="Go on.")
@click.option("--base", help="That --pause and --resume are of; of all without it.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
def nodes(server: str, key: str, as_json: bool, **options: Any) -> None:
    """Show nodes and what runs on them. NODE is an id, or the beginning of one."""
    if options["pause"] and options["resume"]:
        raise click.UsageError("Give --pause or --resume, not both.")
    with asking(server, key) as api:
        _act(api, options)
        found = api.get("/api/v1/operator/board")
    if as_json:
        click.echo(json.dumps(found["nodes"], ensure_ascii=False, indent=1))
        return
    table = Table("node", "host", "state", "busy", "runs", box=None, pad_edge=False)
    for one in found["nodes"]:
        runs = escape(", ".join(f"{run['name']} {run['task']}" for run in one["running"]))
        state = one["state"] if one["here"] else "gone"
        busy = f"{len(one['running'])}/{one['slots']}"
        table.add_row(one["id"][:12], one["host"], state, busy, runs)
    screen().print(table)


def _act(api: Api, options: dict[str, Any]) -> None:
    states: list[tuple[str, dict[str, Any]]] = [
        ("drain", {"state": "draining"}),
        ("rest", {"state": "resting", "seconds": options["minutes"] * 60}),
        ("back", {"state": "active"}),
    ]
    for act, wanted in states:
        if options[act]:
            api.post(f"{NODES}/{_whole(api, options[act])}", wanted)
    if options["scale"] is not None:
        api.put("/api/v1/operator/scale", {"slots": options["scale"]})
    if options["pause"] or options["resume"]:
        paused = bool(options["pause"])
        if options["base"]:
            api.patch(f"/api/v1/operator/bases/{options['base']}", {"paused": paused})
        else:
            api.put("/api/v1/operator/paused", {"on": paused})


def _whole(api: Api, start: str) -> str:
    """The id that begins so."""
    known: list[str] = [one["id"] for one in api.get("/api/v1/operator/board")["nodes"]]
    found = [id for id in known if id.startswith(start)]
    if len(found) != 1:
        many = "several nodes" if found else "no node"
        raise click.UsageError(f"There is {many} whose id begins with {start}; see `farm nodes`.")
    return found[0]
