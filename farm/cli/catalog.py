"""`farm catalog`: the office's list, written again."""

import click

from farm.catalog import rebuild
from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.settings import refuse_office


@click.command()
@store_option
@click.option(
    "--public-url",
    help="Where the store is seen from outside, for feeds; remembered in the store.",
)
def catalog(store: str, public_url: str | None) -> None:
    """Write the catalog again from the lessons in the store.

    The catalogs of an office are released at its door, and not by this command."""
    opened = existing_store(store)
    refuse_office(opened)
    made = rebuild(opened, public_url)
    click.echo(f"Catalog release {made.number}: {counted(len(made.lessons), 'lesson')}.")
