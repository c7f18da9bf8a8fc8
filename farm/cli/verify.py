"""`farm verify`: is everything there?"""

import click

from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.errors import StoreError
from farm.housekeeping import lessons_of
from farm.housekeeping import verify as faults_in


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON...]")
@store_option
@click.option("--deep", is_flag=True, help="Read every object whole and hash it again.")
def verify(lessons: tuple[str, ...], store: str, deep: bool) -> None:
    """Follow every reference of the LESSONs (all where none is named).

    Exit status 5 where anything is missing or damaged.
    """
    opened = existing_store(store)
    bad = 0
    for lesson in lessons or lessons_of(opened):
        faults = faults_in(opened, lesson, deep=deep)
        bad += bool(faults)
        click.echo(f"{lesson}: {'whole' if not faults else counted(len(faults), 'fault')}")
        for fault in faults:
            click.echo(f"  {fault}")
    if bad:
        raise StoreError(
            f"Not whole: {counted(bad, 'lesson')}; remove what is damaged, then run the recordings "
            "again."
        )
