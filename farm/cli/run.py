"""`farm run`: the main job."""

import os
import tempfile
from pathlib import Path

import click

from encoders.profiles import Profile
from farm.cli.display import Bars, JsonLines
from farm.cli.options import checked_base, load_profiles, profile_dir_option, store_option
from farm.cli.plainly import ERRORS, readable, status_of
from farm.events import Failed
from farm.model import Category, Metadata, clean_title
from farm.pipeline import Farm
from farm.recording import identify
from farm.store import open_store


@click.command()
@click.argument("recordings", nargs=-1, required=True, metavar="RECORDING...")
@store_option
@click.option("--title", help="The lesson's title; its title so far, or the file's name.")
@click.option(
    "--base",
    default="local",
    show_default=True,
    callback=lambda _context, _option, value: checked_base(value),
    help="The production base, part of the lesson id.",
)
@click.option(
    "--category",
    type=click.Choice([category.value for category in Category]),
    help="feature 专题片, agriculture 农科片, computer 计算机课件, audio 语音节目.",
)
@click.option("--course", help="The course the lesson belongs to; empty takes it out of one.")
@click.option(
    "--profile",
    "names",
    multiple=True,
    default=("hls",),
    show_default=True,
    help="A way of delivery; see `farm profiles`.",
)
@profile_dir_option
@click.option("--ray", "address", metavar="ADDRESS", help="A running Ray cluster to work on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Tasks at once; one for each core where none is given.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    envvar="FARM_WORK",
    help="Folder for files in progress; a folder of your own under the system's temporary one.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line on standard output.")
def run(
    recordings: tuple[str, ...],
    store: str,
    title: str | None,
    base: str,
    category: str | None,
    course: str | None,
    names: tuple[str, ...],
    profile_dir: tuple[Path, ...],
    address: str | None,
    workers: int | None,
    work: Path | None,
    as_json: bool,
) -> None:
    """Turn each RECORDING into a published lesson.

    The same recording again costs nothing: what is finished is kept, whatever stopped the run.
    Exit status: 0 done; 2 usage; 3 a recording was refused; 4 an encode failed; 5 the store failed.
    """
    profile = _one_profile(names, load_profiles(profile_dir))
    if title is not None and len(recordings) > 1:
        raise click.UsageError("One --title cannot name several recordings; run them one by one.")
    asked_category = Category(category) if category else None
    status = 0
    with (
        JsonLines() if as_json else Bars() as emit,
        Farm(
            store=open_store(store),
            profile=profile,
            workers=workers,
            address=address,
            work=work or Path(tempfile.gettempdir()) / f"farm-work-{os.getuid()}",
            emit=emit,
        ) as farm,
    ):
        for name in recordings:
            shown = readable(name)
            try:
                metadata = Metadata(
                    title=clean_title(title) if title else None,
                    base=base,
                    category=asked_category,
                    course=None if course is None else clean_title(course),
                )
                farm.produce(identify(Path(name), metadata), shown)
            except ERRORS as error:
                failed = status_of(error)
                emit(Failed(recording=shown, error=str(error), status=failed))
                where = "" if shown in str(error) else f"{shown}: "
                click.echo(f"Error: {where}{error}", err=True)
                status = max(status, failed)
    if status:
        raise SystemExit(status)


def _one_profile(names: tuple[str, ...], profiles: dict[str, Profile]) -> Profile:
    for name in names:
        if name not in profiles:
            known = ", ".join(sorted(profiles))
            raise click.UsageError(f"There is no profile {name!r}; there are: {known}.")
    if len(set(names)) > 1:
        raise click.UsageError("A lesson has one streaming profile; give one --profile.")
    return profiles[names[0]]
