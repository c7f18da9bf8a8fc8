"""ASS and SSA scripts: the dialogue, without positions and effects.

The format is Aegisub's (https://aegisub.org/docs/latest/ass_tags/); the order of an event's fields
is what its `Format:` line says.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from encoders.captions.cuetext import script_text
from encoders.captions.findings import Faults
from encoders.captions.raw import Raw
from encoders.captions.srt import quoted
from encoders.captions.times import seconds_of

_FIELDS = (
    "layer",
    "start",
    "end",
    "style",
    "name",
    "marginl",
    "marginr",
    "marginv",
    "effect",
    "text",
)
"""Where no `Format:` line says otherwise."""


def read_script(lines: Sequence[str], faults: Faults) -> Iterator[Raw]:
    """Every event whose times can be read, once: scripts draw outlines by saying a line twice."""
    fields: tuple[str, ...] = _FIELDS
    events = True
    seen: set[tuple[Fraction, Fraction, str]] = set()
    for at, line in enumerate(lines, 1):
        key, _, value = line.partition(":")
        kind = key.strip().lower()
        if kind.startswith("["):
            events = kind == "[events]"
        elif kind == "format" and events:
            fields = _order(value) or fields
        elif kind == "dialogue":
            raw = _event(at, line, value, fields, faults)
            if raw is not None and (raw.start, raw.stop, raw.text) not in seen:
                seen.add((raw.start, raw.stop, raw.text))
                yield raw


def _order(value: str) -> tuple[str, ...] | None:
    """The fields as named; None for an order no event could be read by."""
    names = tuple(name.strip().lower() for name in value.split(","))
    return names if {"start", "end"} <= set(names) and names[-1] == "text" else None


def _event(at: int, line: str, value: str, fields: tuple[str, ...], faults: Faults) -> Raw | None:
    values = value.split(",", len(fields) - 1)
    named = dict(zip(fields, values, strict=False))
    start, stop = (seconds_of(named.get(name, "")) for name in ("start", "end"))
    if start is None or stop is None or len(values) < len(fields):
        faults.add("captions-bad-time", at, text=quoted(line))
        return None
    text = named["text"]
    return Raw(at, start, stop, len(text), script_text(text))
