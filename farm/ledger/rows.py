"""From rows to values and back, for all subjects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, update
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

AT_ONCE = 200
"""Keys in one statement: databases limit its variables."""


def first(tx: Connection, query: Select[Any], into: type[T]) -> T | None:
    row = tx.execute(query).first()
    return None if row is None else value(row, into)


def every(tx: Connection, query: Select[Any], into: type[T]) -> tuple[T, ...]:
    return tuple(value(row, into) for row in tx.execute(query))


def value(row: Row[Any], into: type[T]) -> T:
    return into(**row._mapping)


def columns(row: Any) -> dict[str, Any]:
    """A dataclass as the columns of its table."""
    return {one.name: getattr(row, one.name) for one in fields(row)}


def insert(tx: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can be told what to do where the row is there."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def pairs(tx: Connection, query: Select[Any]) -> dict[Any, Any]:
    """Of two columns: the second by the first."""
    return {first: second for first, second in tx.execute(query)}  # noqa: C416 - rows, not tuples


def add(tx: Connection, table: Table, row: T) -> T:
    """Raises LedgerConflict, at the end of the transaction's context, where its key is taken."""
    tx.execute(table.insert(), columns(row))
    return row


def number(tx: Connection, table: Table, **values: Any) -> int:
    """Adds a row whose number the database gives out; returns it."""
    return int(tx.execute(table.insert().returning(table.c.id), values).scalar_one())


def change(
    tx: Connection, table: Table, where: ColumnElement[bool], fields: dict[str, Any]
) -> bool:
    """Whether there was such a row."""
    if not fields:
        raise ValueError(f"nothing to change in {table.name}")
    return tx.execute(update(table).where(where).values(**fields)).rowcount > 0


def parts(items: Iterable[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    whole = list(items)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]
