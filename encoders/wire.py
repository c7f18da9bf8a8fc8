"""Frozen values as JSON and back, checked against their types. Fractions travel as `"n/d"`."""

from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def _encode(value: object) -> str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(type(value))


def _decode(kind: type, value: Any) -> Fraction:
    if kind is Fraction and isinstance(value, str):
        return Fraction(value)
    raise NotImplementedError(kind)


def dumps(value: object) -> bytes:
    """Canonical JSON: sorted keys, so that equal values give equal bytes."""
    return msgspec.json.encode(value, enc_hook=_encode, order="sorted")


def loads(data: bytes, kind: type[T]) -> T:
    """Raises msgspec.ValidationError naming the place that does not fit `kind`."""
    return msgspec.json.decode(data, type=kind, dec_hook=_decode)


def plain(value: object) -> Any:
    """As values that any JSON writer takes."""
    return msgspec.to_builtins(value, enc_hook=_encode, order="sorted")


def read(path: Path, kind: type[T]) -> T:
    return loads(path.read_bytes(), kind)


def write(path: Path, value: object) -> None:
    """Written aside, then renamed: a reader never sees half."""
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(dumps(value))
    aside.replace(path)
