"""`farm import`: old stock by the table."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from encoders.facts import Facts
from encoders.profiles import Profile
from farm.batch import Means, produce_all
from farm.categories import Bases
from farm.cli.display import Bars, JsonLines
from farm.cli.import_view import JsonView, TextView, View
from farm.cli.metadata import bases_option, load_bases
from farm.cli.options import load_profiles, profile_dir_option, store_option
from farm.cli.plainly import counted
from farm.errors import Refused
from farm.events import Emit, Event, Failed, Published
from farm.inspection import inspect
from farm.model import Recording
from farm.plan import resolved, timing_of
from farm.request import Asked, Request
from farm.settings import refuse_office
from farm.stock import Item, Outcome, report_csv, survey
from farm.store import open_store
from farm.table import LARGEST, Table, read_table
from manifests.addresses import checked_url


class Produce(Protocol):
    """What `farm run` does: make each, tell what happens, go on where one fails; the exit status.

    Events call a recording by its request's `shown`.
    """

    def __call__(self, means: Means, requests: Sequence[Request], emit: Emit) -> int: ...


_OPTIONS = (
    click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    store_option,
    click.option("--run", "really", is_flag=True, help="Do it; otherwise nothing is made."),
    click.option(
        "--inspect",
        "look",
        is_flag=True,
        help="Inspect every recording first: hours, and which would be refused.",
    ),
    click.option("--skip-bad-rows", is_flag=True, help="With --run: do the others."),
    click.option(
        "--report",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write what became of every row to this CSV file.",
    ),
    click.option(
        "--profile", "names", multiple=True, help="A way of delivery for all rows; wins over them."
    ),
    profile_dir_option,
    bases_option,
    click.option(
        "--public-url", help="Where the store is seen from outside; remembered in the store."
    ),
    click.option("--ray", "address", metavar="ADDRESS", help="A running Ray cluster to work on."),
    click.option("--workers", type=click.IntRange(1, 1024), help="Tasks at once."),
    click.option(
        "--work",
        type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
        envvar="FARM_WORK",
        help="Folder for files in progress.",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON object a line."),
)


def import_command(produce: Produce) -> click.Command:
    """The command `farm import`, which makes lessons by `produce`."""

    def command(**options: Any) -> None:
        """Turn every row of TABLE, a CSV file, into a published lesson.

        Without --run it only says what would be done, what is done already, and what is wrong with
        which row. The same command again goes on where it stopped. docs/import.md has the columns.
        Exit status: 0 done; 2 usage; 3 rows are bad or refused; 4 an encode failed; 5 the store
        failed.
        """
        status = _import(produce, **options)
        if status:
            raise SystemExit(status)

    decorated: Callable[..., Any] = command
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return click.command(name="import")(decorated)


def _import(
    produce: Produce,
    *,
    table: Path,
    store: str,
    really: bool,
    look: bool,
    skip_bad_rows: bool,
    report: Path | None,
    names: tuple[str, ...],
    profile_dir: tuple[Path, ...],
    bases_file: Path | None,
    public_url: str | None,
    address: str | None,
    workers: int | None,
    work: Path | None,
    as_json: bool,
) -> int:
    means = Means(
        store=open_store(store),
        profiles=load_profiles(profile_dir),
        workers=workers,
        address=address,
        work=work or Path(tempfile.gettempdir()) / f"farm-work-{os.getuid()}",
        public_url=checked_url(public_url) if public_url else public_url,
    )
    if really:
        refuse_office(means.store)
    asked = Asked({}, profiles=_checked(names, means.profiles) or None)
    view: View = JsonView() if as_json else TextView()
    job = Import(means, asked, load_bases(bases_file), view)
    job.look(table, look)
    try:
        if not really:
            return job.plan()
        with JsonLines() if as_json else Bars() as emit:
            return job.run(produce, emit, skip_bad=skip_bad_rows)
    finally:
        if report is not None:
            _write_report(report, tuple(job.outcomes.values()))


class Import:
    """One table, looked at and worked off."""

    def __init__(self, means: Means, asked: Asked, bases: Bases, view: View) -> None:
        self._means = means
        self._asked = asked
        self._bases = bases
        self._view = view
        self._table = Table((), (), ())
        self._items: tuple[Item, ...] = ()
        self.outcomes: dict[int, Outcome] = {}
        """What became of every row so far, by its line."""

    def look(self, path: Path, inspected: bool) -> None:
        """Raises Refused where the table as a whole cannot be understood."""
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        table = read_table(data, path.resolve().parent, self._means.profiles, self._bases)
        if table.faults and not table.bad_lines:
            raise Refused("\n".join(map(str, table.faults)))
        inspection = self._inspect if inspected else None
        items = survey(
            self._means.store, table.rows, self._asked, self._bases, inspection, self._conflict
        )
        self._table = table
        self._items = tuple(self._view.seen(items, len(table.rows)))
        self.outcomes = {one.line: one for one in _before(self._table, self._items)}

    def plan(self) -> int:
        """Show what would be done; the exit status."""
        self._view.plan(self._table, self._items)
        bad = any(one.outcome == "bad" for one in self.outcomes.values())
        return Refused.status if bad else 0

    def run(self, produce: Produce, emit: Emit, *, skip_bad: bool) -> int:
        """Do what is to do; the exit status."""
        status = self.plan()
        if status and not skip_bad:
            raise Refused(
                "Nothing was done: mend the bad rows, or leave them out with --skip-bad-rows. "
                "未执行：请改正有误的行，或加 --skip-bad-rows 跳过。"
            )
        requests = [item.request for item in self._items if item.todo and item.request]
        if requests:
            watch = _Watch(emit, self._items, self.outcomes)
            status = max(status, produce(self._means, requests, watch.see))
        self._view.ended(tuple(self.outcomes.values()))
        return status

    def _conflict(self, names: tuple[str, ...]) -> str | None:
        try:
            timing_of(resolved(names, self._means.profiles))
        except KeyError as error:
            return f"There is no profile {error}; see `farm profiles`. 没有这个配置。"
        except ValueError as error:
            return f"These profiles cannot be made together: {error} 这些配置不能同时制作。"
        return None

    def _inspect(self, recording: Recording) -> Facts:
        return inspect(self._means.store, recording, self._means.work, lambda _: None)


class _Watch:
    """Follows what happens, and notes what became of each row."""

    def __init__(self, emit: Emit, items: Sequence[Item], outcomes: dict[int, Outcome]) -> None:
        self._emit = emit
        self._lines = {item.row.name: item.row.line for item in items}
        self._outcomes = outcomes

    def see(self, event: Event) -> None:
        match event:
            case Published():
                self._note(event.recording, event.lesson, "published", event.release, "")
            case Failed():
                self._note(event.recording, None, "failed", None, event.error)
            case _:
                pass
        self._emit(event)

    def _note(
        self, name: str, lesson: str | None, outcome: str, release: int | None, message: str
    ) -> None:
        line = self._lines[name]
        known = self._outcomes[line].lesson
        self._outcomes[line] = Outcome(line, name, lesson or known, outcome, release, message)


def _before(table: Table, items: Sequence[Item]) -> tuple[Outcome, ...]:
    """What is known of every row while nothing is done."""
    unread = zip(table.bad_lines, table.bad_names, strict=True)
    return (
        *(
            Outcome(line, name, "", "bad", None, " ".join(_faults_of(table, line)))
            for line, name in unread
        ),
        *(
            Outcome(
                line=item.row.line,
                name=item.row.name,
                lesson=item.recording.lesson if item.recording else "",
                outcome="left" if item.todo else item.state.value,
                release=None,
                message=item.why,
            )
            for item in items
        ),
    )


def _faults_of(table: Table, line: int) -> list[str]:
    return [str(fault) for fault in table.faults if fault.line == line]


def _checked(names: tuple[str, ...], known: Mapping[str, Profile]) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            raise click.UsageError(
                f"There is no profile {name!r}; there are: {', '.join(sorted(known))}."
            )
    return tuple(dict.fromkeys(names))


def _write_report(path: Path, outcomes: tuple[Outcome, ...]) -> None:
    """Aside, then renamed: a spreadsheet never opens half a report."""
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_bytes(report_csv(outcomes))
        aside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    click.echo(f"Report: {path}, {counted(len(outcomes), 'row')}.", err=True)


import_ = import_command(produce_all)
"""`farm import`."""
