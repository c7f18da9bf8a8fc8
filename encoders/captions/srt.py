"""SubRip as it is found: numbers, blank lines and hours may be missing, and dots be commas.

A cue begins at its line of times and lasts to the next one. FFmpeg's reader does the same
(libavformat/srtdec.c), so what plays elsewhere is read here too.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from encoders.captions.cuetext import LONGEST, tagged_text
from encoders.captions.findings import Faults
from encoders.captions.raw import Raw
from encoders.captions.times import narrowed, seconds_of

_ARROW = re.compile("[-–—]{1,3} ?[>＞]")
_CLOCK = re.compile(r"\d{1,3}\s?:\s?\d")
_NUMBER = re.compile("[0-9]{1,9}")
_SHOWN = 40
"""Characters of a line that a finding quotes."""

Times = tuple[Fraction, Fraction]


def times_of(line: str) -> Times | None:
    """Start and stop of a line of times, whatever follows them; None where it is none."""
    halves = _ARROW.split(line[:500], maxsplit=1)
    if len(halves) != 2 or not halves[1].strip():
        return None
    start, stop = seconds_of(halves[0]), seconds_of(halves[1].split()[0])
    return None if start is None or stop is None else (start, stop)


def quoted(line: str) -> str:
    """The line in short, fit to be shown."""
    clean = "".join(mark if mark.isprintable() else " " for mark in line.strip())
    return clean[:_SHOWN] + ("…" if len(clean) > _SHOWN else "")


def read_srt(lines: Sequence[str], faults: Faults) -> Iterator[Raw]:
    """Every cue whose times can be read, in the order of the file."""
    times: Times | None = None
    opened = 0
    number = 0
    body: list[str] = []
    for at, line in enumerate(lines, 1):
        before = body[-1] if body else ""
        found = times_of(line) or (_bare_times(line) if is_number(before) else None)
        if found is None and not _broken(line, before):
            body.append(line)
            continue
        number = _take_number(body, number)
        if times is not None:
            yield _raw(opened, times, body)
        if found is None:
            faults.add("captions-bad-time", at, text=quoted(line))
        times, opened, body = found, at, []
    if times is not None:
        yield _raw(opened, times, body)


def is_number(line: str) -> bool:
    return _NUMBER.fullmatch(narrowed(line[:20].strip())) is not None


def _raw(opened: int, times: Times, body: list[str]) -> Raw:
    text = "\n".join(body[:LONGEST]).strip("\n")
    return Raw(opened, *times, len(text), tagged_text(text, strict=False))


def _bare_times(line: str) -> Times | None:
    """Times whose arrow is missing, where a number stands above them."""
    words = line[:100].split()
    if len(words) != 2:
        return None
    start, stop = map(seconds_of, words)
    return None if start is None or stop is None else (start, stop)


def _broken(line: str, before: str) -> bool:
    """Whether this was meant to be a line of times, and is none."""
    head = narrowed(line[:200])
    if "-->" in head:
        return is_number(before) or _CLOCK.search(head) is not None
    return is_number(before) and _CLOCK.match(head.strip()) is not None


def _take_number(body: list[str], last: int) -> int:
    """Takes the next cue's number off the end of a cue's lines; `last` is the one before."""
    if not body or not is_number(body[-1]):
        return last
    number = int(narrowed(body[-1]))
    if len(body) == 1 or not body[-2].strip() or number == last + 1:
        body.pop()
        return number
    return last
