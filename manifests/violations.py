"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An `error` must not be published; a `warning` is advice the source may not allow."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    """A number of Apple's HLS Authoring Specification (`9.13`), a section of RFC 8216
    (`RFC 4.3.3.1`), or a rule of this farm (`farm/resolves`)."""
    severity: Severity
    place: str
    """Path of the text, relative to the lesson's folder."""
    message: str


def error(rule: str, place: str, message: str) -> Violation:
    return Violation(rule, Severity.ERROR, place, message)


def warning(rule: str, place: str, message: str) -> Violation:
    return Violation(rule, Severity.WARNING, place, message)
