"""Lines of a caption: broken where Chinese and Latin text may be, and about equally long.

As in W3C's requirements for Chinese (https://www.w3.org/TR/clreq/#line_breaking): closing marks do
not begin a line, opening marks do not end one; words and numbers stay whole.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from encoders.captions.cuetext import Run, Style

Mark = tuple[str, Style]
"""One character."""
Line = tuple[Mark, ...]
Width = Callable[[Mark], float]

_CLOSING = frozenset("，。、；：？！…—～·％‰℃°）》〉」』】〕〗”’,.;:?!%)]}>")
_OPENING = frozenset("（《〈「『【〔〖“‘([{<￥＄$#№")
_SPACE: Mark = (" ", frozenset())


def marks_of(line: Iterable[Run]) -> Line:
    """The visible characters of a line of runs, and its spaces."""
    return tuple(
        (" " if mark.isspace() else mark, style)
        for piece, style in line
        for mark in piece
        if mark.isspace() or unicodedata.category(mark) not in ("Cc", "Cf", "Cs", "Co")
    )


def runs_of(line: Line) -> tuple[Run, ...]:
    grouped = groupby(line, key=itemgetter(1))
    return tuple(("".join(mark for mark, _ in run), style) for style, run in grouped)


def joined(lines: Sequence[Line]) -> Line:
    """Lines as one, with a space between."""
    marks: list[Mark] = []
    for line in lines:
        marks += [_SPACE, *line] if marks else line
    return tuple(marks)


def wrapped(line: Line, room: float, width: Width) -> list[Line]:
    """As few lines as fit `room`, then as narrow as that many lines can be."""
    pieces = [part for piece in _pieces(line) for part in _cut(piece, room, width)]
    fewest = _filled(pieces, room, width)
    narrow, wide = 0.0, room
    while len(fewest) > 1 and wide - narrow > room / 64:
        middle = (narrow + wide) / 2
        tried = _filled(pieces, middle, width)
        if len(tried) > len(fewest) or any(_measured(one, width) > middle for one in tried):
            narrow = middle
        else:
            fewest, wide = tried, middle
    return fewest


def _pieces(line: Line) -> list[list[Mark]]:
    """Runs of characters between which a line may be broken."""
    pieces: list[list[Mark]] = []
    for mark in line:
        if pieces and not _may_break(pieces[-1][-1][0], mark[0]):
            pieces[-1].append(mark)
        else:
            pieces.append([mark])
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return False
    if before == " ":
        return True
    if after in _CLOSING or before in _OPENING:
        return False
    return _ideographic(before) or _ideographic(after) or before == "-"


def _ideographic(mark: str) -> bool:
    return unicodedata.east_asian_width(mark) in ("W", "F")


def _cut(piece: list[Mark], room: float, width: Width) -> list[list[Mark]]:
    """A piece longer than a line is broken anywhere."""
    if _measured(piece, width) <= room:
        return [piece]
    parts: list[list[Mark]] = [[]]
    for mark in piece:
        if parts[-1] and _measured([*parts[-1], mark], width) > room:
            parts.append([])
        parts[-1].append(mark)
    return parts


def _filled(pieces: list[list[Mark]], room: float, width: Width) -> list[Line]:
    lines: list[list[Mark]] = [[]]
    for piece in pieces:
        if lines[-1] and _measured([*lines[-1], *piece], width) > room:
            lines.append([])
        lines[-1] += piece
    return [line for line in map(_trimmed, lines) if line]


def _trimmed(line: Sequence[Mark]) -> Line:
    first, last = 0, len(line)
    while first < last and line[first][0] == " ":
        first += 1
    while last > first and line[last - 1][0] == " ":
        last -= 1
    return tuple(line[first:last])


def _measured(line: Sequence[Mark], width: Width) -> float:
    """Spaces at the end of a line take no room."""
    return sum(map(width, _trimmed(line)))
