"""The commands, and how errors end."""

import logging
import os
import signal
import sys
from types import FrameType

import click

from farm.cli.budget import budget
from farm.cli.catalog import catalog
from farm.cli.collect import collect
from farm.cli.disc import disc
from farm.cli.import_ import import_
from farm.cli.inspect import inspect
from farm.cli.plainly import ERRORS, status_of
from farm.cli.profiles import profiles
from farm.cli.run import run
from farm.cli.verify import verify
from farm.cli.watch import watch

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="courseware-farm", prog_name="farm")
@click.option("--verbose", is_flag=True, help="Log what is done, on standard error.")
def farm(verbose: bool) -> None:
    """Turn raw lecture recordings into lessons every village can watch."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")


for command in (
    *(run, import_, inspect, profiles, budget, disc),
    *(watch, catalog, verify, collect),
):
    farm.add_command(command)


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
