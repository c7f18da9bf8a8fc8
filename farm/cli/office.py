"""`farm office`: catalogs released, signed and taken back on a store alone, without the service."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from farm.cli.options import DEFAULT_STORE, existing_store
from farm.cli.plainly import counted
from farm.errors import NotFound
from farm.office.difference import Change, Difference
from farm.office.draft import Draft, plan_back, plan_release, weighed
from farm.office.head import numbered_snapshot, read_head, read_snapshot
from farm.office.release import LIFETIME, Signing, release_catalog, renew
from farm.office.settle import settle
from farm.office.shelf import check_whole, entered, published_courses, reader, waiting
from farm.settings import library_of, make_office, read_settings
from farm.signing import Signer, fingerprint, load_key, new_key, passphrase, public_text
from farm.store import Store, open_store
from manifests.snapshot import release_in
from manifests.statement import Statement, time_text

SHOWN = 40
"""Changes listed one by one, of each kind."""

store_option = click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="URL", help="The library."
)
file_type = click.Path(dir_okay=False, path_type=Path)
key_option = click.option(
    "--key",
    "key_files",
    type=file_type,
    multiple=True,
    required=True,
    help="A signing key stations trust from now on; may be given again.",
)
retiring_option = click.option(
    "--retiring",
    type=file_type,
    multiple=True,
    help="A key that signs for the last times: stations that know it learn of the others.",
)
days_option = click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=LIFETIME.days,
    show_default=True,
    help="Until the signature expires, and stations take nothing any more.",
)
lost_option = click.option(
    "--key-lost",
    is_flag=True,
    help="Go over a catalog another key has signed; stations have to be given the new key.",
)
only_option = click.option(
    "--only",
    multiple=True,
    metavar="LESSON",
    help="Take this alone of what waits; may be given again.",
)
withdraw_option = click.option(
    "--withdraw",
    multiple=True,
    metavar="LESSON",
    help="Leave this out of the catalog; may be given again.",
)


@click.group()
def office() -> None:
    """An office's catalogs: released, signed, taken back."""


@office.command()
@store_option
def enable(store: str) -> None:
    """From now on lessons of this library are shown by the office's catalogs alone."""
    library = open_store(store)
    library.probe()
    make_office(library)
    click.echo(f"Library {library_of(library)} of {library.url} has an office now.")


@office.command()
@click.argument("file", type=file_type)
@click.option("--show", is_flag=True, help="Make none; show the public half of the key in FILE.")
def key(file: Path, show: bool) -> None:
    """Make a signing key in FILE and print its public half, which stations are given."""
    made = load_key(file, passphrase()) if show else new_key(file, passphrase())
    click.echo(public_text(made.public))
    click.echo(f"fingerprint {fingerprint(made.public)}", err=True)


@office.command()
@only_option
@withdraw_option
@store_option
def diff(store: str, only: tuple[str, ...], withdraw: tuple[str, ...]) -> None:
    """Show what the next catalog changes, and what stations will fetch for it."""
    library = existing_store(store)
    _show(_draft(library, only, withdraw, None))


@office.command()
@key_option
@retiring_option
@only_option
@withdraw_option
@days_option
@lost_option
@store_option
def release(store: str, only: tuple[str, ...], withdraw: tuple[str, ...], **said: Any) -> None:
    """Release a catalog: what is shown now, and with it all that waits."""
    library, signing = _office(store), _signing(**said)
    _release(library, _draft(library, only, withdraw, signing.keys), signing)


@office.command()
@click.argument("number", type=click.IntRange(1))
@key_option
@retiring_option
@days_option
@lost_option
@store_option
def back(number: int, store: str, **said: Any) -> None:
    """Step back: a new catalog with the content of release NUMBER."""
    library, signing = _office(store), _signing(**said)
    before = read_snapshot(library, read_head(library, signing.keys))
    try:
        earlier = numbered_snapshot(library, number)
    except NotFound as error:
        raise NotFound(f"There is no release {number} of the catalog in {library.url}.") from error
    draft = plan_back(before, earlier, lambda *which: entered(library, *which))
    _release(library, weighed(draft, reader(library)), signing)


@office.command("renew")
@key_option
@retiring_option
@days_option
@lost_option
@store_option
def renew_command(store: str, **said: Any) -> None:
    """Sign the current catalog again, for later."""
    _signed(renew(existing_store(store), _signing(**said)))


@office.command("settle")
@click.option("--everything", is_flag=True, help="Look at every lesson, not at what changed alone.")
@store_option
def settle_command(store: str, everything: bool) -> None:
    """Bring lessons' own links, pages and feeds in line with the catalog once more."""
    _settled(existing_store(store), everything=everything)


def _office(url: str) -> Store:
    store = existing_store(url)
    if not read_settings(store).office:
        raise click.UsageError(
            f"{store.url} has no office; say `farm office enable --store {url}` first."
        )
    return store


def _signing(
    key_files: tuple[Path, ...], retiring: tuple[Path, ...], days: int, key_lost: bool
) -> Signing:
    secret = passphrase()
    signer = Signer(
        tuple(load_key(one, secret) for one in key_files),
        tuple(load_key(one, secret) for one in retiring),
    )
    now = datetime.now(UTC)
    return Signing(signer, now, lifetime=timedelta(days=days), key_lost=key_lost)


def _draft(
    store: Store,
    only: tuple[str, ...],
    withdraw: tuple[str, ...],
    keys: tuple[bytes, ...] | None,
) -> Draft:
    before = read_snapshot(store, read_head(store, keys))
    shown = {one: release_in(text) for one, text in before.lessons.items()} if before else {}
    held = waiting(store)
    _known(only, held, "waits")
    _known(withdraw, shown, "is shown")
    held = {one: number for one, number in held.items() if one in only or not only}
    wanted = {one: number for one, number in {**shown, **held}.items() if one not in withdraw}
    courses = published_courses(store)
    draft = plan_release(before, wanted, lambda *which: entered(store, *which), courses)
    return weighed(draft, reader(store))


def _known(lessons: tuple[str, ...], among: dict[str, int], what: str) -> None:
    for one in lessons:
        if one not in among:
            raise click.UsageError(f"No lesson {one} {what}; see `farm office diff`.")


def _release(store: Store, draft: Draft, signing: Signing) -> None:
    check_whole(store, draft)
    _show(draft)
    _signed(release_catalog(store, draft, signing))
    _settled(store)


def _signed(made: Statement) -> None:
    click.echo(
        f"Catalog release {made.number}, signing {made.version}, valid until "
        f"{time_text(made.expires)}."
    )


def _settled(store: Store, *, everything: bool = False) -> None:
    done = settle(store, everything=everything)
    for fault in done.faults.values():
        click.echo(f"Not yet: {fault}", err=True)
    click.echo(f"{counted(done.lessons, 'lesson')} looked at, {len(done.faults)} with faults.")


def _show(draft: Draft) -> None:
    found = draft.difference
    table = Table("", "lesson", "title", "changed", "to fetch", box=None)
    for name, changes in _kinds(found):
        for one in changes[:SHOWN]:
            entry = one.after or one.before
            size = decimal(one.total) if one.after else ""
            title = entry.title if entry else ""
            table.add_row(name, one.lesson, title, ", ".join(one.fields), size)
        if len(changes) > SHOWN:
            table.add_row(name, f"and {len(changes) - SHOWN} more", "", "", "")
    if not found.empty:
        Console().print(table)
    counts = ", ".join(f"{len(changes)} {name}" for name, changes in _kinds(found))
    click.echo(f"{counts}; a station fetches {decimal(found.total)}{_each(found.download)}.")
    if found.discs:
        click.echo(f"It fetches discs where it is told to{_each(found.discs)}.")


def _each(sizes: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {decimal(size)}" for name, size in sizes.items())
    return told and f" ({told})"


def _kinds(found: Difference) -> Iterator[tuple[str, tuple[Change, ...]]]:
    yield "added", found.added
    yield "changed", found.changed
    yield "withdrawn", found.withdrawn
