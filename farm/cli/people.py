"""`farm base` and `farm key`: who may use the service. They work on its ledger, where it lies."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from farm.cli.options import checked_base, ledger_option
from farm.ledger import Ledger, bases, keys, open_ledger
from farm.ledger.model import Base
from farm.ledger.states import Role

DAY = 86400.0


@click.group()
def base() -> None:
    """Production bases: those whose recordings the service takes."""


@base.command("set")
@click.argument("id", callback=lambda _context, _option, value: checked_base(value))
@ledger_option
@click.option("--name", help="As it is shown, in English.")
@click.option("--name-zh", help="As it is shown, in Chinese.")
@click.option(
    "--weight", type=click.FloatRange(0.01, 100), help="Its share of the workers; 1 usually."
)
@click.option(
    "--hours", type=click.FloatRange(0), help="Hours of lessons that are its task a year."
)
def set_base(id: str, ledger: str, **said: Any) -> None:
    """Add the base ID, or change what is said of it."""
    fields = {name: value for name, value in said.items() if value is not None}
    if "hours" in fields:
        fields["hours_wanted"] = fields.pop("hours")
    with _open(ledger) as book, book.begin() as tx:
        if bases.get(tx, id) is None:
            row = Base(id, fields.pop("name", id), fields.pop("name_zh", id), time.time(), **fields)
            bases.add(tx, row)
        elif fields:
            bases.change(tx, id, **fields)


@base.command("list")
@ledger_option
def list_bases(ledger: str) -> None:
    """Show all bases."""
    with _open(ledger) as book, book.read() as tx:
        rows = bases.every(tx)
    table = Table("base", "name", "名称", "weight", "hours a year", "paused")
    for one in rows:
        hours = "" if one.hours_wanted is None else f"{one.hours_wanted:g}"
        table.add_row(one.id, one.name, one.name_zh, f"{one.weight:g}", hours, "yes" * one.paused)
    Console().print(table)


@click.group()
def key() -> None:
    """Keys with which bases, the office and operators log in."""


@key.command("new")
@click.argument("role", type=click.Choice([one.value for one in Role]))
@ledger_option
@click.option("--base", help="Whose key it is; for a base's alone.")
@click.option("--label", default="", help="Who gets it.")
@click.option(
    "--days", type=click.IntRange(1, 3660), help="Days it is valid; without end otherwise."
)
def new_key(role: str, ledger: str, base: str | None, label: str, days: int | None) -> None:
    """Make a key and print it: it is shown this once, and kept by whom it is for."""
    if (role == Role.BASE) != (base is not None):
        raise click.UsageError("A base's key needs --base, and no other has one.")
    expires = None if days is None else time.time() + days * DAY
    with _open(ledger) as book, book.begin() as tx:
        if base is not None and bases.get(tx, base) is None:
            raise click.UsageError(f"There is no base {base}; add it with `farm base set {base}`.")
        _, text = keys.issue(tx, Role(role), base, label or role, expires)
    click.echo(text)


@key.command("list")
@ledger_option
def list_keys(ledger: str) -> None:
    """Show all keys, without their secrets."""
    with _open(ledger) as book, book.read() as tx:
        rows = keys.every(tx)
    table = Table("id", "role", "base", "label", "made", "last used", "ends")
    for one in rows:
        ends = f"revoked {_day(one.revoked)}" if one.revoked else _day(one.expires)
        table.add_row(
            one.id, one.role, one.base or "", one.label, _day(one.created), _day(one.used), ends
        )
    Console().print(table)


@key.command("revoke")
@click.argument("id")
@ledger_option
def revoke_key(id: str, ledger: str) -> None:
    """End the key ID at once, and every log-in with it."""
    with _open(ledger) as book, book.begin() as tx:
        if not keys.revoke(tx, id, time.time()):
            raise click.UsageError(f"There is no valid key {id}; see `farm key list`.")


@contextmanager
def _open(url: str) -> Iterator[Ledger]:
    book = open_ledger(url)
    try:
        yield book
    finally:
        book.close()


def _day(moment: float | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).date().isoformat()
