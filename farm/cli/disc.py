"""`farm disc`: a course's discs, and whether one is whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from farm.catalog import enter_course
from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.disc.computer import is_for_computers, make_data_discs
from farm.disc.datadisc import CD, DVD
from farm.disc.dvdset import hand_out_dvds
from farm.disc.handout import MadeSet, Progress
from farm.disc.names import safe_name
from farm.disc.published import publish_discs, published_sets
from farm.disc.shelf import Shelved, Unready, lacking, lessons_on_shelf, unready
from farm.disc.vcdset import hand_out_vcds
from farm.disc.verify import Checked, verify_disc
from farm.errors import StoreError
from farm.pointers import course_subject
from farm.settings import refuse_office
from farm.store import Store
from manifests.model import DiscSet, Product
from manifests.plain import plain

KINDS = ("dvd", "datadisc", "vcd", "svcd")
CAPACITIES = {"cd": CD, "dvd": DVD}
VERIFY = "verify"

_MADE_OF: Mapping[str, Callable[[Product], bool]] = {
    "dvd": lambda product: product.kind == "dvd" and bool(product.parts),
    "datadisc": is_for_computers,
    "vcd": lambda product: product.kind == "vcd",
    "svcd": lambda product: product.kind == "svcd",
}
"""By the kind of disc: whether a product is what it is made of."""
_PROFILES = {"datadisc": "download"}
"""Of kinds that are called otherwise: what lessons are run with."""


@dataclass(frozen=True, slots=True)
class Options:
    """See `farm disc --help`."""

    kinds: tuple[str, ...]
    store: str
    out: Path | None
    capacity: int | None
    standard: str | None
    publish: bool


def _capacity(_context: click.Context, _option: click.Parameter, given: str | None) -> int | None:
    """Bytes of `cd`, `dvd`, or a number of megabytes."""
    if given is None:
        return None
    if given.lower() in CAPACITIES:
        return CAPACITIES[given.lower()]
    try:
        megabytes = int(given)
    except ValueError:
        megabytes = 0
    if megabytes < 1:
        raise click.BadParameter(f"{given!r} is no capacity: give cd, dvd or megabytes.")
    return megabytes * 1_000_000


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="COURSE | verify DISC")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Which discs; may be given again. Without it all that every lesson is ready for.",
)
@store_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder the discs are written to; ./discs/COURSE where none is given.",
)
@click.option(
    "--capacity",
    callback=_capacity,
    metavar="cd|dvd|MB",
    help="What one DVD or data disc holds; a DVD-R where none is given.",
)
@click.option(
    "--standard",
    type=click.Choice(("pal", "ntsc")),
    help="Of DVDs, where the lessons have both.",
)
@click.option(
    "--publish/--no-publish",
    default=True,
    help="Put a course's discs into the store and its catalog too, or write files alone.",
)
def disc(words: tuple[str, ...], **options: Any) -> None:
    """Make the discs of a COURSE (or of the one lesson with that id), or check a DISC.

    A course's discs are published too, and listed in the catalog; a single lesson's are not: what
    is made of it is in its own release.

    `farm disc verify DISC` takes an image (.iso, .cue, .bin), a folder or a drive. Exit status 5
    where anything is missing or damaged. A course that is called verify is given alone.
    """
    match words:
        case (word, path) if word == VERIFY:
            _verify(Path(path))
        case (course,):
            _make(course, Options(**options))
        case _:
            raise click.UsageError("Give one course; put a name of several words in quotes.")


def _make(course: str, options: Options) -> None:
    store = existing_store(options.store)
    shelf = lessons_on_shelf(store, course)
    named = shelf[0].release.entry.course
    alone = shelf[0].lesson == course or named is None
    name = course if alone or named is None else plain(named)
    if options.publish and not alone:
        refuse_office(store)
    out = (options.out or Path("discs") / safe_name(name)).resolve()
    said: list[str] = []
    with bar() as progress:
        for kind in options.kinds or _ready(shelf, name):
            before = published_sets(store, name)
            made = _discs(kind, store, name, shelf, options, out, progress)
            said += (f"{path}  {size_said(path.stat().st_size)}" for path in made.written)
            if options.publish and not alone:
                said.append(_published(store, name, shelf, made, before, progress))
    for line in (*said, *(() if options.kinds else _left_out(shelf, name))):
        click.echo(line)


def size_said(size: int) -> str:
    """Of a file, in the unit that shows it."""
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(0.1, size / 1e3):.1f} kB"


def _published(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    made: MadeSet,
    before: Sequence[DiscSet],
    progress: Progress,
) -> str:
    """Published and entered into the catalog; says so."""
    kind, place = made.discs.kind, course_subject(course)
    done = publish_discs(
        store, course, shelf, made, before, lambda done: progress(f"{kind} publish 发布", done)
    )
    enter_course(store, done.entry)
    how = "published 已发布" if done.changed else "published already 无变化"
    return f"{kind}: {how} ({place}, release {done.release})"


def _discs(
    kind: str,
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    options: Options,
    out: Path,
    progress: Progress,
) -> MadeSet:
    match kind:
        case "dvd":
            return hand_out_dvds(
                store,
                course,
                shelf,
                standard=options.standard,
                capacity=options.capacity,
                out=out,
                progress=progress,
            )
        case "datadisc":
            capacity = options.capacity or DVD
            return make_data_discs(
                store, course, shelf, out=out, capacity=capacity, progress=progress
            )
        case _:
            return hand_out_vcds(store, course, shelf, kind=kind, out=out, progress=progress)


def _ready(shelf: Sequence[Shelved], course: str) -> tuple[str, ...]:
    """The kinds every lesson has what they are made of for. Raises Unready where there is none."""
    found = tuple(kind for kind, has in _MADE_OF.items() if not lacking(shelf, has))
    if not found:
        raise Unready(
            f"No kind of disc has all {len(shelf)} lessons of {course} yet. Run their recordings "
            "again with --profile dvd, download or vcd, or ask for one --kind to see what lacks."
        )
    return found


def _left_out(shelf: Sequence[Shelved], course: str) -> Iterator[str]:
    """A line for each kind that some lessons are ready for, and others are not."""
    for kind, has in _MADE_OF.items():
        without = lacking(shelf, has)
        if 0 < len(without) < len(shelf):
            why = unready(shelf, without, course, _PROFILES.get(kind, kind))
            yield f"{kind}: left out 未制作: {why}"


def _verify(path: Path) -> None:
    with bar() as progress:
        checked = verify_disc(path, lambda done: progress("verify 校验", done))
    for line in table(checked):
        click.echo(line)
    if checked.faults:
        raise StoreError(
            f"Not whole: {counted(len(checked.faults), 'fault')}; make the disc again from its "
            "course. 光盘不完整，请重新制作。"
        )
    click.echo(f"{path}: {verdict(checked)}")


def verdict(checked: Checked) -> str:
    """Of a disc without a fault: whole, or how far that was looked at."""
    compared = f"{counted(checked.files, 'file')} compared"
    if not checked.unsummed:
        return f"whole 完好 ({checked.kind}, {compared})"
    which = ", ".join(checked.unsummed)
    return (
        "structure in order, contents not compared 结构正常，内容未比对 "
        f"({checked.kind}, {compared}; there is no checksum 无校验和: {which})"
    )


def table(checked: Checked) -> Iterator[str]:
    """A line a fault: where, and what."""
    width = min(60, max((len(fault.path) for fault in checked.faults), default=0))
    for fault in checked.faults:
        yield f"  {fault.path:<{width}}  {fault.what} {fault.what_zh}"


@contextmanager
def bar() -> Iterator[Progress]:
    """A bar for each step, on standard error; gives what it is told of: the step, and 0 to 1.

    A step is done when the next one begins, and the last when the context ends, whatever share was
    told last: what works in a child need not say the end.
    """
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=32),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Bars(*columns, console=Console(stderr=True, highlight=False)) as shown:
        steps: dict[str, TaskID] = {}

        def finish() -> None:
            for step in steps.values():
                shown.update(step, completed=1.0)

        def progress(step: str, done: float) -> None:
            if step not in steps:
                finish()
                steps[step] = shown.add_task(step, total=1.0)
            shown.update(steps[step], completed=done)

        yield progress
        finish()
