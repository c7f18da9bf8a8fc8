"""Column types that give back the same values from SQLite and from PostgreSQL."""

from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import BigInteger, Dialect, Enum, Integer, SmallInteger, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class Words(TypeDecorator[str]):
    """Text, ordered by code point on both. A NUL and half a surrogate pair, which encoders' logs
    and broken file names carry and no database takes, become U+FFFD."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return Text(collation=collation)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        whole = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        return whole.replace("\0", "\ufffd")


class Ranked(TypeDecorator[IntEnum]):
    """A whole number as a member of its enumeration."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, ranks: type[IntEnum]) -> None:
        super().__init__()
        self.ranks = ranks

    def process_bind_param(self, value: IntEnum | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> IntEnum | None:  # noqa: ARG002
        return None if value is None else self.ranks(value)


def one_of(words: type[StrEnum], name: str) -> Enum:
    """Text that is one of `words`, held by the check `name`."""
    return Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A number the database gives out; SQLite does so for INTEGER alone."""
