"""`farm catalog`: the office's list, written again."""

import click

from farm.catalog import rebuild
from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted


@click.command()
@store_option
@click.option(
    "--public-url",
    help="Where the store is seen from outside, for feeds; remembered in the store.",
)
def catalog(store: str, public_url: str | None) -> None:
    """Write the catalog again from the lessons in the store."""
    made = rebuild(existing_store(store), public_url)
    click.echo(f"Catalog release {made.number}: {counted(len(made.lessons), 'lesson')}.")
