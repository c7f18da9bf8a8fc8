"""`farm serve`: the three doors, and the dispatcher behind them."""

import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvicorn

from farm.categories import Bases
from farm.cli.metadata import bases_option, load_bases
from farm.cli.options import ledger_option, load_profiles, profile_dir_option, store_option
from farm.errors import FarmError
from farm.ledger import open_ledger
from farm.service.logs import log_as
from farm.service.means import Means
from farm.service.sample import hand_in_sample
from farm.service.service import Service
from farm.signing import Signer, load_key, new_key, passphrase
from farm.store import open_store
from farm.web.app import create_app
from farm.web.ports import WebSettings

GRACE = 5
"""Seconds in which open requests may end."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)


@click.command()
@store_option
@ledger_option
@click.option(
    "--state",
    type=FOLDER,
    default="./service",
    show_default=True,
    envvar="FARM_STATE",
    help="Folder for uploads, recordings and failure capsules.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="To listen on; 0 takes any free one.",
)
@click.option("--https", is_flag=True, help="A proxy in front speaks https to browsers.")
@click.option(
    "--signing-key",
    type=FILE,
    envvar="FARM_SIGNING_KEY",
    help="Key that catalogs are signed with; one is made in --state where none is given.",
)
@click.option(
    "--incoming",
    metavar="URL",
    help="A folder or s3://bucket/prefix whose folders <base>/ are looked through for recordings.",
)
@click.option(
    "--public-url", help="Where the store is seen from outside, for feeds; remembered in the store."
)
@bases_option
@profile_dir_option
@click.option("--ray", "address", metavar="ADDRESS", help="A running Ray cluster to work on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Tasks at once; one for each core where none is given.",
)
@click.option("--work", type=FOLDER, envvar="FARM_WORK", help="Folder for files in progress.")
@click.option(
    "--logs",
    type=click.Choice(["plain", "json"]),
    default="plain",
    show_default=True,
    help="How the log is written, on standard error.",
)
@click.option(
    "--sample",
    type=FILE,
    help="Where the ledger is empty: two bases, a key for each role, and this recording.",
)
def serve(bases_file: Path | None, **options: Any) -> None:
    """Start the service: bases submit, the office publishes, operators scale.

    It may be stopped at any instant: the next start goes on where it was.
    """
    _serve(Options(bases=load_bases(bases_file), **options))


@dataclass(frozen=True, slots=True)
class Options:
    """See `farm serve --help`."""

    store: str
    ledger: str
    state: Path
    host: str
    port: int
    https: bool
    signing_key: Path | None
    incoming: str | None
    public_url: str | None
    profile_dir: tuple[Path, ...]
    address: str | None
    workers: int | None
    work: Path | None
    logs: str
    sample: Path | None
    bases: Bases


def _serve(options: Options) -> None:
    log_as(options.logs)
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    means = Means(
        ledger=open_ledger(options.ledger),
        store=open_store(options.store),
        profiles=load_profiles(options.profile_dir),
        state=options.state,
        work=options.work or Path(tempfile.gettempdir()) / f"farm-work-{os.getuid()}",
        bases=options.bases,
        workers=options.workers,
        address=options.address,
        incoming=options.incoming,
        public_url=options.public_url,
    )
    means.store.probe()
    signer = _signer(options)
    with _listening(options.host, options.port) as listener, Service(means, signer) as service:
        port = listener.getsockname()[1]
        if options.sample is not None:
            for line in hand_in_sample(means, service, options.sample):
                click.echo(line)
        click.echo(f"http://{options.host}:{port}/  (Ctrl-C to stop)")
        settings = WebSettings(state=options.state, secure=options.https)
        app = create_app(means.ledger, means.store, service, settings)
        _run(app, listener)
    means.ledger.close()


def _run(app: Any, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE, lifespan="on"
    )
    server = _Server(config, app)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        click.echo("Stopped. What was under way goes on at the next start.", err=True)


class _Server(uvicorn.Server):
    """Tells the application when it is to end: streams of events would keep it waiting."""

    def __init__(self, config: uvicorn.Config, app: Any) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._app.state.closing.set()
        super().handle_exit(sig, frame)


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FarmError(
            f"{host}:{port} cannot be listened on ({error.strerror}); choose another --port."
        ) from error
    return listener


def _signer(options: Options) -> Signer:
    """The key that was given, or the service's own, made when it is first started."""
    path = options.signing_key or options.state / "signing-key.pem"
    made = path.exists() or options.signing_key is not None
    return Signer((load_key(path, passphrase()) if made else new_key(path, passphrase()),))
