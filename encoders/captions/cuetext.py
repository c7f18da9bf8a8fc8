"""The text of a cue: out of ASS and of tagged text, into WebVTT cue text, and back into runs.

Of all styling bold, italic and underline are kept. What is made here cannot break out of its cue
(https://www.w3.org/TR/webvtt1/#webvtt-cue-text-span): `<`, `>` and `&` are escaped, and no line is
blank.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from itertools import groupby
from operator import itemgetter

LONGEST = 2000
"""Characters of a cue; no one reads more in the time."""

Style = frozenset[str]
"""Of `b`, `i` and `u`."""
Run = tuple[str, Style]

_PLAIN: Style = frozenset()
_FIELDS = 8
"""Commas before an event's text: ReadOrder, Layer, Style, Name, three margins, Effect."""

_TOKEN = re.compile(r"\\[{}]|\{[^}]*\}|\\[Nn]|\\h|[^\\{]+|.", re.DOTALL)
_OVERRIDE = re.compile(r"\\(?:([biu])(\d+)?(?![a-z])|(r)|p(\d+))")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
"""Controls, those that turn the order of text around, and the word joiner that FFmpeg puts behind a
backslash to keep it from being a code."""

_CODES = {r"\{": "{", r"\}": "}", r"\N": "\n", r"\n": "\n", r"\h": "\u00a0"}

_TAGGED = re.compile(r"\{\\[^{}]{0,200}\}|</?[A-Za-z0-9.:][^<>]{0,300}>|</>|[^<{]+|.", re.S)
_OWN_TAG = re.compile("(</?[biu]>)")
_NAME = re.compile(r"</?\s*([A-Za-z]+|\d+:|)")
_LETTERS = {"b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "ins": "u"}
_LOOKS = {"font", "span", "s", "strike", "del", "c", "v", "lang", "ruby", "rt", "p", "big", "small"}
"""Tags that say how text looks or who speaks: left out, their text kept."""


def cue_text(event: str, script: bool) -> str:
    """WebVTT cue text of one ASS event; empty where nothing shows.

    `script` says that the source was ASS, where braces without a code are a comment.
    """
    return script_text(event.split(",", _FIELDS)[-1], script)


def script_text(text: str, script: bool = True) -> str:
    """WebVTT cue text of an ASS event's text field; empty where nothing shows."""
    return cue_of(_script_runs(text[:LONGEST], script))


def tagged_text(text: str, strict: bool) -> str:
    """WebVTT cue text of SRT or WebVTT text; empty where nothing shows.

    `strict` is WebVTT, where whatever is in angle brackets is a tag; in SRT only tags that are
    known are, and the rest is text.
    """
    return cue_of(_tagged_runs(text[:LONGEST], strict))


def cue_of(runs: Iterable[Run]) -> str:
    """Runs of plain text as WebVTT cue text."""
    styled = []
    for piece, style in runs:
        clean = _UNSEEN.sub("", piece.replace("\r", ""))
        if clean:
            styled.append((clean, style))
    return "\n".join(filter(None, (_tagged(line) for line in _lines(styled))))


def lines_of(cue: str) -> tuple[tuple[Run, ...], ...]:
    """Each line of WebVTT cue text as runs of plain text; the reverse of `cue_of`."""
    return tuple(tuple(line) for line in _lines(_cue_runs(cue)))


def _cue_runs(cue: str) -> Iterator[Run]:
    style = _PLAIN
    for part in _OWN_TAG.split(cue):
        if _OWN_TAG.fullmatch(part):
            style = style - {part[-2]} if part[1] == "/" else style | {part[1]}
        elif part:
            yield unescape(part), style


def _script_runs(text: str, script: bool) -> Iterator[Run]:
    """Pieces of plain text with the styles that hold for them; vector drawings left out."""
    style = _PLAIN
    drawing = False
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part in _CODES:
            part = _CODES[part]
        elif part.startswith("{") and (script or "\\" in part or part == "{}"):
            style, drawing = _overridden(part, style, drawing)
            continue
        if not drawing:
            yield part, style


def _overridden(block: str, style: Style, drawing: bool) -> tuple[Style, bool]:
    for letter, weight, reset, scale in _OVERRIDE.findall(block):
        if reset:
            style = _PLAIN
        elif scale:
            drawing = scale != "0"
        elif letter:
            style = style - {letter} if weight in ("", "0") else style | {letter}
    return style, drawing


def _tagged_runs(text: str, strict: bool) -> Iterator[Run]:
    style = _PLAIN
    for match in _TAGGED.finditer(text):
        part = match[0]
        if part.startswith("{\\"):
            style, _ = _overridden(part, style, False)
        elif len(part) > 1 and part[0] == "<":
            name = _name(part)
            if name in _LETTERS:
                letter = _LETTERS[name]
                style = style - {letter} if part[1] == "/" else style | {letter}
            elif name == "br":
                yield "\n", style
            elif not strict and name not in _LOOKS:
                yield part, style
        else:
            yield unescape(part), style


def _name(tag: str) -> str:
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def _lines(styled: Iterable[Run]) -> list[list[Run]]:
    """Each line on its own, so that blank lines, which would end a cue, can go."""
    lines: list[list[Run]] = [[]]
    for piece, style in styled:
        first, *more = piece.split("\n")
        lines[-1].append((first, style))
        lines.extend([[(text, style)] for text in more])
    return lines


def _tagged(line: list[Run]) -> str:
    """Every line has its own tags, opened and closed in it."""
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
