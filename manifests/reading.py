"""Canonical JSON, and reading it back with a plain sentence for every fault."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from manifests.errors import ManifestError

T = TypeVar("T")

_FRACTION = re.compile(r"\d{1,18}(/[1-9]\d{0,17})?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


def canonical(value: Mapping[str, Any]) -> bytes:
    """Sorted keys, UTF-8, one line end at the end: equal values give equal bytes.

    Raises ManifestError for what JSON cannot hold (not-a-number, lone surrogates, other types).
    """
    try:
        text = json.dumps(
            value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return text.encode() + b"\n"
    except (TypeError, ValueError) as fault:
        raise ManifestError(f"The values cannot be written as JSON: {fault}.") from fault


def fraction_text(value: Fraction) -> str:
    """`n` or `n/d`: the one way times are written, by `farm` too."""
    return str(value)


def is_path(text: str) -> bool:
    """Whether it is a relative path of letters that need no escaping, without `..`."""
    return _PATH.fullmatch(text) is not None


class Fields:
    """An object of a manifest; each getter raises ManifestError naming the field."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise ManifestError(f"{place} should be an object.")
        self.place = place
        self.value = value

    def _fault(self, name: str, expected: str) -> ManifestError:
        return ManifestError(f"{self.place}: {name!r} should be {expected}.")

    def text(self, name: str) -> str:
        found = self.value.get(name)
        if not isinstance(found, str):
            raise self._fault(name, "a text")
        return found

    def maybe_text(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.text(name)

    def integer(self, name: str, least: int = 0) -> int:
        found = self.value.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or found < least:
            raise self._fault(name, f"a whole number from {least}")
        return found

    def maybe_integer(self, name: str, least: int = 0) -> int | None:
        return None if self.value.get(name) is None else self.integer(name, least)

    def fraction(self, name: str) -> Fraction:
        found = self.value.get(name)
        if not isinstance(found, str) or not _FRACTION.fullmatch(found):
            raise self._fault(name, "seconds written as n or n/d")
        return Fraction(found)

    def sha256(self, name: str) -> str:
        found = self.text(name)
        if not re.fullmatch("[0-9a-f]{64}", found):
            raise self._fault(name, "64 hex digits")
        return found

    def maybe_sha256(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.sha256(name)

    def maybe_flag(self, name: str) -> bool:
        """False where it is left out."""
        found = self.value.get(name, False)
        if not isinstance(found, bool):
            raise self._fault(name, "true or false")
        return found

    def path(self, name: str) -> str:
        """Relative, without `..`, of letters that need no escaping."""
        found = self.text(name)
        if not is_path(found):
            raise self._fault(name, "a relative path of letters, digits, '.', '_' and '-'")
        return found

    def maybe_path(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.path(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        found = self.value.get(name)
        if not isinstance(found, Mapping):
            raise self._fault(name, "an object")
        return found

    def each(self, name: str, read: Callable[["Fields"], T]) -> tuple[T, ...]:
        found = self.value.get(name)
        if not isinstance(found, list):
            raise self._fault(name, "a list")
        return tuple(read(Fields(f"{self.place}, {name} {n}", one)) for n, one in enumerate(found))

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.value.get(name)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self._fault(name, "a list of texts")
        return tuple(found)


def parsed(data: bytes, form: str, versions: Sequence[int] = (1,)) -> Fields:
    """The object in `data`. Raises ManifestError where it is not JSON, or not of this `form`."""
    try:
        fields = Fields(f"The {form}", json.loads(data))
    except (ValueError, RecursionError) as fault:
        raise ManifestError(f"The {form} is not JSON; restore it from a release.") from fault
    if fields.value.get("format") not in [f"courseware-{form}-{one}" for one in versions]:
        raise ManifestError(f"This is not a {form} this version can read.")
    return fields
