"""`farm collect`: remove what nobody needs any more."""

import click

from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.cli.subjects import subjects
from farm.housekeeping import GRACE, KEEP, drop_pieces
from farm.housekeeping import collect as collect_subject
from farm.pointers import COURSES
from farm.shown import shown_releases


@click.command()
@click.argument("names", nargs=-1, metavar="[LESSON|COURSE...]")
@store_option
@click.option(
    "--keep",
    default=KEEP,
    show_default=True,
    type=click.IntRange(1),
    help="Releases kept of each lesson and course, the current one included.",
)
@click.option(
    "--grace",
    default=GRACE / 3600,
    show_default=True,
    type=click.FloatRange(0),
    help="Hours for which nothing new is removed.",
)
@click.option("--cache", is_flag=True, help="Drop the chunk cache too; it is made again.")
def collect(names: tuple[str, ...], store: str, keep: int, grace: float, cache: bool) -> None:
    """Remove releases and objects of the LESSONs and of the discs of the COURSEs (all where none is
    named) that nothing names, and pieces that only served to make products.

    What waits for the office, or was approved, stays, and what its last 10 catalogs name."""
    opened = existing_store(store)
    found = tuple(subjects(opened, names))
    listed = shown_releases(opened)
    for shown, subject in found:
        gone = collect_subject(opened, subject, keep=keep, grace=grace * 3600, shown=listed)
        click.echo(
            f"{shown}: {counted(len(gone.releases), 'release')} and "
            f"{counted(gone.objects, 'object')} removed, "
            f"{gone.bytes / 1e6:.1f} MB"
        )
    lessons = [subject for _, subject in found if not subject.startswith(COURSES)]
    dropped = [
        drop_pieces(opened, lesson, grace=grace * 3600) for lesson in (lessons if names else [None])
    ]
    pieces, size = (sum(one) for one in zip((0, 0), *dropped, strict=True))
    click.echo(f"{counted(pieces, 'piece')} of products dropped, {size / 1e6:.1f} MB")
    if cache:
        results = [info.name for info in opened.list("cache/")]
        for name in results:
            opened.delete(name)
        click.echo(f"{len(results)} cached results dropped")
