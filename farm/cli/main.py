"""The commands, and how errors end."""

import logging
import os
import signal
import sys
from importlib import import_module
from types import FrameType

import click

from farm.cli.plainly import ERRORS, status_of

INTERRUPTED = 130


COMMANDS = {
    "run": "run:run",
    "import": "import_:import_",
    "inspect": "inspect:inspect",
    "profiles": "profiles:profiles",
    "budget": "budget:budget",
    "disc": "disc:disc",
    "watch": "watch:watch",
    "catalog": "catalog:catalog",
    "verify": "verify:verify",
    "collect": "collect:collect",
    "office": "office:office",
    "station": "station:station",
    "serve": "serve:serve",
    "submit": "submit:submit",
    "status": "jobs:status",
    "jobs": "jobs:jobs",
    "nodes": "nodes:nodes",
    "head": "worker:head",
    "worker": "worker:worker",
    "base": "people:base",
    "key": "people:key",
    "replay": "replay:replay_command",
}
"""By name: module of this package, and what it is called there. One is imported when it is used:
the service's libraries take a second that no encode should wait for."""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"farm.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="courseware-farm", prog_name="farm")
@click.option("--verbose", is_flag=True, help="Log what is done, on standard error.")
def farm(verbose: bool) -> None:
    """Turn raw lecture recordings into lessons every village can watch."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")


def main() -> None:
    """Run a command and end, whatever Ray's thread is waiting for: its processes are seen off by
    their watchdog when this one is gone."""
    try:
        _run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run() -> None:
    """Errors become one sentence and an exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        farm(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. Run the same command again to go on.", err=True)
        sys.exit(INTERRUPTED)
    except ERRORS as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(status_of(error))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A polite stop ends as Ctrl-C does: children gone, nothing half-published."""
    raise KeyboardInterrupt
