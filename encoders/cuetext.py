"""The text of one ASS event, which FFmpeg makes of every text subtitle, as WebVTT cue text."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from operator import itemgetter

_FIELDS = 8
"""Commas before an event's text: ReadOrder, Layer, Style, Name, three margins, Effect."""

_LONGEST = 2000
"""Characters of a cue; no one reads more in the time."""

_TOKEN = re.compile(r"\\[{}]|\{[^}]*\}|\\[Nn]|\\h|[^\\{]+|.", re.DOTALL)
_OVERRIDE = re.compile(r"\\(?:([biu])(\d+)?(?![a-z])|(r)|p(\d+))")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2060\ufeff]")
"""Controls, and the word joiner FFmpeg puts behind a backslash to keep it from being a code."""

_PLAIN = {r"\{": "{", r"\}": "}", r"\N": "\n", r"\n": "\n", r"\h": "\u00a0"}


def cue_text(event: str, script: bool) -> str:
    """Bold, italic and underline kept, all other styling left out; empty where nothing shows.

    `script` says that the source was ASS, where braces without a code are a comment.
    """
    text = event.split(",", _FIELDS)[-1][:_LONGEST]
    styled: list[tuple[str, frozenset[str]]] = []
    for piece, style in _runs(text, script):
        clean = _UNSEEN.sub("", piece.replace("\r", ""))
        if clean:
            styled.append((clean, style))
    lines = _lines(styled)
    return "\n".join(line for line in lines if line)


def _runs(text: str, script: bool) -> Iterator[tuple[str, frozenset[str]]]:
    """Pieces of plain text with the styles that hold for them; vector drawings left out."""
    style: frozenset[str] = frozenset()
    drawing = False
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part in _PLAIN:
            part = _PLAIN[part]
        elif part.startswith("{") and (script or "\\" in part or part == "{}"):
            style, drawing = _overridden(part, style, drawing)
            continue
        if not drawing:
            yield part, style


def _overridden(block: str, style: frozenset[str], drawing: bool) -> tuple[frozenset[str], bool]:
    for letter, weight, reset, scale in _OVERRIDE.findall(block):
        if reset:
            style = frozenset()
        elif scale:
            drawing = scale != "0"
        elif letter:
            style = style - {letter} if weight in ("", "0") else style | {letter}
    return style, drawing


def _lines(styled: list[tuple[str, frozenset[str]]]) -> list[str]:
    """Each line with its own tags, so that blank lines, which would end a cue, can go."""
    lines: list[list[tuple[str, frozenset[str]]]] = [[]]
    for piece, style in styled:
        first, *more = piece.split("\n")
        lines[-1].append((first, style))
        lines.extend([[(text, style)] for text in more])
    return [_tagged(line) for line in lines]


def _tagged(line: list[tuple[str, frozenset[str]]]) -> str:
    if not "".join(text for text, _ in line).strip():
        return ""
    out = []
    for style, run in groupby(line, key=itemgetter(1)):
        tags = sorted(style)
        opened = "".join(f"<{tag}>" for tag in tags)
        closed = "".join(f"</{tag}>" for tag in reversed(tags))
        text = escape("".join(piece for piece, _ in run), quote=False)
        out.append(f"{opened}{text}{closed}")
    return "".join(out).strip()
