"""`farm verify`: is everything there?"""

import click

from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.cli.subjects import subjects
from farm.errors import StoreError
from farm.housekeeping import verify as faults_in
from farm.pointers import folder_of
from farm.store import Store


@click.command()
@click.argument("names", nargs=-1, metavar="[LESSON|COURSE...]")
@store_option
@click.option("--deep", is_flag=True, help="Read every object whole and hash it again.")
def verify(names: tuple[str, ...], store: str, deep: bool) -> None:
    """Follow every reference of the LESSONs and of the discs of the COURSEs (all where none is
    named).

    Exit status 5 where anything is missing or damaged.
    """
    opened = existing_store(store)
    bad = 0
    named = tuple(subjects(opened, names))
    for shown, subject in named:
        if names and not _is_there(opened, subject):
            raise click.UsageError(
                f"There is no lesson {shown!r} in {opened.url}, and no course of that name with "
                "discs; check the name."
            )
    for shown, subject in named:
        faults = faults_in(opened, subject, deep=deep)
        bad += bool(faults)
        click.echo(f"{shown}: {'whole' if not faults else counted(len(faults), 'fault')}")
        for fault in faults:
            click.echo(f"  {fault}")
    if bad:
        raise StoreError(
            f"Not whole: {bad} of what is published; remove what is damaged, then run the "
            "recordings, or `farm disc COURSE`, again."
        )


def _is_there(store: Store, subject: str) -> bool:
    """Anything of it: what has lost its pointer is damaged, not unknown."""
    return any(store.list(folder_of(subject)))
