"""Where text goes on the face of a disc: as large as the ring has room for, and wrapped to it."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

REACH = 53.0
"""Millimetres from the middle that text may go."""
_HUB = 23.0
"""Millimetres from the middle that stay free."""
_GAP = 1.5
"""Millimetres between two columns, on each side of the middle."""
_LINE = 0.46
"""Millimetres of a line by a point of type."""
_NAME = (-50.0, -_HUB)
_NAME_SIZES = (24.0, 22.0, 20.0, 18.0, 16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 10.0, 9.0, 8.0)
_BELOW, _BELOW_SIZES = (_HUB, 36.0), (13.0, 12.0, 11.0, 10.0, 9.0)
_SIDES, _SIDE_SIZES = (-20.0, 22.0), (9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
"""Millimetres below the middle, and sizes that are tried."""

Measure = Callable[[str, float], float]
"""Millimetres a text takes in a size, points."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    x: float
    y: float
    """Millimetres from the middle to its upper left corner."""
    width: float
    """Millimetres it has room in."""
    size: float
    """Points."""
    align: str
    """`L`, `C` or `R`."""

    @property
    def height(self) -> float:
        return self.size * _LINE


@dataclass(frozen=True, slots=True)
class _Row:
    x: float
    y: float
    width: float


def name_lines(text: str, measure: Measure) -> tuple[Line, ...]:
    """The course's name above the hub; cut where even the smallest size has no room."""
    for size in _NAME_SIZES:
        for count in range(1, 6):
            rows = _middle_rows(_NAME, size, count)
            for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0) if rows else ():
                narrow = [_Row(r.x * share, r.y, r.width * share) for r in rows]
                lines = wrapped(text, [r.width for r in narrow], size, measure)
                if lines is not None:
                    return _placed(lines, narrow, size, "C")
    rows = _middle_rows(_NAME, _NAME_SIZES[-1], 5)
    return _placed(_cut(text, rows, _NAME_SIZES[-1], measure), rows, _NAME_SIZES[-1], "C")


def title_lines(titles: Sequence[str], measure: Measure) -> tuple[Line, ...]:
    """Few below the hub; many beside it, from left to right, and then below it."""
    for size in _BELOW_SIZES:
        rows = _middle_rows(_BELOW, size)
        lines = list(_stacked(titles, rows, size, measure))
        if len(lines) <= len(rows) and None not in lines:
            return tuple(one for one in lines if one)
    for size in _SIDE_SIZES:
        found = _columns(titles, size, measure)
        if found is not None:
            return found
    return _shortened(titles, measure)


def _stacked(
    titles: Sequence[str], rows: Sequence[_Row], size: float, measure: Measure
) -> Iterator[Line | None]:
    """None at the end: there is no room."""
    at = 0
    for title in titles:
        lines = wrapped(title, [row.width for row in rows[at : at + 2]], size, measure)
        if lines is None:
            yield None
            return
        yield from _placed(lines, rows[at:], size, "C")
        at += len(lines)


def _columns(titles: Sequence[str], size: float, measure: Measure) -> tuple[Line, ...] | None:
    """Every title whole, in one column; None where that does not fit."""
    waiting = list(titles)
    found: list[Line] = []
    for rows, align in _areas(size):
        at = 0
        while waiting:
            lines = wrapped(waiting[0], [r.width for r in rows[at : at + 3]], size, measure)
            if lines is None:
                break
            found += _placed(lines, rows[at:], size, align)
            at += len(lines)
            del waiting[0]
    return None if waiting else tuple(found)


def _shortened(titles: Sequence[str], measure: Measure) -> tuple[Line, ...]:
    """A line each in the smallest size, and `…` for those that have none."""
    size = _SIDE_SIZES[-1]
    rows = [(row, align) for rows, align in _areas(size) for row in rows]
    shown = titles if len(titles) <= len(rows) else [*titles[: len(rows) - 1], "…"]
    return tuple(
        line
        for title, (row, align) in zip(shown, rows, strict=False)
        for line in _placed(_cut(title, [row], size, measure), [row], size, align)
    )


def _areas(size: float) -> Iterator[tuple[list[_Row], str]]:
    """Left and right of the hub, then two columns below it."""
    for (top, bottom), free, left, right in (
        (_SIDES, _HUB, "R", "L"),
        (_BELOW, _GAP, "R", "L"),
    ):
        widths = [
            (y, _half(y, size * _LINE) - free) for y in _tops(top, bottom, size * _LINE * 1.15)
        ]
        yield [_Row(-free - width, y, width) for y, width in widths], left
        yield [_Row(free, y, width) for y, width in widths], right


def _tops(top: float, bottom: float, step: float) -> list[float]:
    return [top + n * step for n in range(int((bottom - top) / step))]


def _middle_rows(band: tuple[float, float], size: float, count: int | None = None) -> list[_Row]:
    """Across the disc; so many in the middle of the band, or all it holds. None where too few."""
    height = size * _LINE
    most = int((band[1] - band[0]) / height)
    if count is not None and count > most:
        return []
    top = band[0] if count is None else (band[0] + band[1] - count * height) / 2
    tops = [float(top) + n * height for n in range(most if count is None else count)]
    return [_Row(-_half(y, height), y, 2 * _half(y, height)) for y in tops]


def _half(y: float, height: float) -> float:
    """Millimetres from the middle to the edge that a line has on each side."""
    return math.sqrt(max(0.0, REACH**2 - max(abs(y), abs(y + height)) ** 2))


def _placed(
    lines: Sequence[str], rows: Sequence[_Row], size: float, align: str
) -> tuple[Line, ...]:
    return tuple(
        Line(text, row.x, row.y, row.width, size, align)
        for text, row in zip(lines, rows, strict=False)
    )


def wrapped(
    text: str, widths: Sequence[float], size: float, measure: Measure, *, whole: bool = True
) -> list[str] | None:
    """In lines of these widths, words of Latin letters `whole` or not. None: there is no room."""
    lines, rest = [], text.strip()
    for width in widths:
        if not rest:
            break
        count = _fitting(rest, width, size, measure, whole)
        if count == 0:
            return None
        lines.append(rest[:count].rstrip())
        rest = rest[count:].lstrip()
    return None if rest else lines


def _fitting(text: str, width: float, size: float, measure: Measure, whole: bool) -> int:
    count = len(text)
    while count and measure(text[:count], size) > width:
        count -= 1
    if whole and 0 < count < len(text):
        while count and _within_word(text[count - 1], text[count]):
            count -= 1
    return count


def _within_word(before: str, after: str) -> bool:
    return before.isascii() and after.isascii() and not before.isspace() and not after.isspace()


def _cut(text: str, rows: Sequence[_Row], size: float, measure: Measure) -> list[str]:
    widths = [row.width for row in rows]
    shown, rest = wrapped(text, widths, size, measure, whole=False), text
    while shown is None and rest:
        rest = rest[:-1]
        shown = wrapped(rest.rstrip() + "…", widths, size, measure, whole=False)
    return shown or []
