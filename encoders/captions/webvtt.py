"""WebVTT files (https://www.w3.org/TR/webvtt1/#file-parsing); settings and styles are left out."""

import re
from collections.abc import Iterator, Sequence

from encoders.captions.cuetext import LONGEST, tagged_text
from encoders.captions.findings import Faults
from encoders.captions.raw import Raw
from encoders.captions.srt import Times, quoted, times_of

_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")

Numbered = tuple[int, str]


def read_webvtt(lines: Sequence[str], faults: Faults) -> Iterator[Raw]:
    """Every cue whose times can be read, in the order of the file."""
    blocks = _blocks(lines)
    next(blocks, None)  # the header, and whatever stands with it
    for block in blocks:
        if _BLOCK.match(block[0][1]) and "-->" not in block[0][1]:
            continue
        if not any("-->" in line for _, line in block):
            faults.add("captions-stray", block[0][0])
            continue
        yield from _cues(block, faults)


def _blocks(lines: Sequence[str]) -> Iterator[list[Numbered]]:
    """What stands between blank lines, with the numbers of its lines."""
    block: list[Numbered] = []
    for at, line in enumerate(lines, 1):
        if line.strip():
            block.append((at, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _cues(block: list[Numbered], faults: Faults) -> Iterator[Raw]:
    """The cue of a block; more than one where blank lines are missing."""
    times: Times | None = None
    opened = 0
    body: list[str] = []
    for at, line in block:
        if "-->" not in line:
            body.append(line)
            continue
        if times is not None:
            yield _raw(opened, times, body)
        times, opened, body = times_of(line), at, []
        if times is None:
            faults.add("captions-bad-time", at, text=quoted(line))
    if times is not None:
        yield _raw(opened, times, body)


def _raw(opened: int, times: Times, body: list[str]) -> Raw:
    text = "\n".join(body[:LONGEST])
    return Raw(opened, *times, len(text), tagged_text(text, strict=True))
