"""`farm catalog`: the office's list, written again."""

import click

from farm.catalog import rebuild
from farm.cli.options import store_option
from farm.store import open_store


@click.command()
@store_option
def catalog(store: str) -> None:
    """Write the catalog again from the lessons in the store."""
    made = rebuild(open_store(store))
    click.echo(f"Catalog release {made.number}: {len(made.lessons)} lessons.")
