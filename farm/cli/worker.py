"""`farm head` and `farm worker`: a cluster of plain machines."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Never

import click

from workers.errors import WorkerError
from workers.join import head as be_head
from workers.join import join

FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address the others reach it at."
)
@click.option(
    "--port",
    default=6379,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="To listen on.",
)
@click.option("--folder", type=FOLDER, help="For Ray's logs and sockets; its name is short.")
def head(host: str, port: int, folder: Path | None) -> None:
    """Be the head of a cluster: workers meet here, and nothing is encoded.

    RAY_AUTH_MODE=token, and a token in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH, must be set.
    """
    _end(lambda: be_head(host, port, folder or _own("head")))


@click.command()
@click.option("--head", "address", required=True, metavar="HOST:PORT", help="Where the head is.")
@click.option(
    "--slots",
    type=click.IntRange(0, 1024),
    help="Tasks at once; one for each core otherwise. 0: none, to be where `farm serve` is.",
)
@click.option("--host", help="Address the others reach this machine at.")
@click.option("--folder", type=FOLDER, help="For Ray's logs and sockets; its name is short.")
@click.option(
    "--grace",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 86400),
    help="Seconds for which running tasks are finished after the first Ctrl-C or SIGTERM.",
)
def worker(
    address: str, slots: int | None, host: str | None, folder: Path | None, grace: float
) -> None:
    """Join this machine to a cluster and work for it until it is stopped.

    The same token as on the head must be in the environment.
    """
    count = slots if slots is not None else os.cpu_count() or 1
    own = folder or _own("worker")
    _end(lambda: join(address, count, own, host=host, grace=grace))


def _end(member: Callable[[], int]) -> Never:
    """With its status; 2 where it could not be started as it was asked to."""
    try:
        status = member()
    except WorkerError as error:
        click.echo(f"Error: {error}.", err=True)
        status = 2
    raise SystemExit(status)


def _own(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"farm-{name}-{os.getuid()}"
