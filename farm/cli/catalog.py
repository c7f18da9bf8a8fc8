"""`farm catalog`: the office's list, written again."""

import click

from farm.catalog import rebuild
from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted


@click.command()
@store_option
def catalog(store: str) -> None:
    """Write the catalog again from the lessons in the store."""
    made = rebuild(existing_store(store))
    click.echo(f"Catalog release {made.number}: {counted(len(made.lessons), 'lesson')}.")
