"""`farm collect`: remove what nobody needs any more."""

import click

from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.housekeeping import GRACE, KEEP, lessons_of
from farm.housekeeping import collect as collect_lesson


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON...]")
@store_option
@click.option(
    "--keep",
    default=KEEP,
    show_default=True,
    type=click.IntRange(1),
    help="Releases kept of each lesson, the current one included.",
)
@click.option(
    "--grace",
    default=GRACE / 3600,
    show_default=True,
    type=click.FloatRange(0),
    help="Hours for which nothing new is removed.",
)
@click.option("--cache", is_flag=True, help="Drop the chunk cache too; it is made again.")
def collect(lessons: tuple[str, ...], store: str, keep: int, grace: float, cache: bool) -> None:
    """Remove releases and objects of the LESSONs (all where none is named) that nothing names."""
    opened = existing_store(store)
    for lesson in lessons or lessons_of(opened):
        gone = collect_lesson(opened, lesson, keep=keep, grace=grace * 3600)
        click.echo(
            f"{lesson}: {counted(len(gone.releases), 'release')} and "
            f"{counted(gone.objects, 'object')} removed, "
            f"{gone.bytes / 1e6:.1f} MB"
        )
    if cache:
        dropped = [info.name for info in opened.list("cache/")]
        for name in dropped:
            opened.delete(name)
        click.echo(f"{len(dropped)} cached results dropped")
