"""`farm watch`: see a library in a browser."""

from pathlib import Path

import click

from farm.watch import watch as watch_library


@click.command()
@click.argument(
    "library", default="./library", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="On 127.0.0.1; 0 takes any free one.",
)
@click.option("--open/--no-open", "browse", default=True, help="Open the page in a browser.")
def watch(library: Path, port: int, browse: bool) -> None:
    """Serve LIBRARY on this machine alone and open its catalog."""
    watch_library(library, port=port, browse=browse)
