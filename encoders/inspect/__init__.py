"""Inspect a recording: everything that is known of it before anything is made of it.

One pass over the packets, in which all sound is decoded, and two dozen pictures.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from encoders.facts import Facts, Finding
from encoders.findings import clock, finding
from encoders.inspect.assemble import Found, choose_video, facts_of
from encoders.inspect.protection import is_protected
from encoders.inspect.scan import Scan, is_cover, scan
from encoders.opening import Unreadable, decodable, open_media
from encoders.tasks import InspectTask, Limits

__all__ = ["inspect"]

Report = Callable[[float], None]

_SCANNED = 0.9
"""Part of the work that is done when all packets are read."""
_SMALLEST = 16
"""Pixels a side: H.264 codes squares of that size."""


def inspect(task: InspectTask, report: Report = lambda _: None) -> Facts:
    """Facts and findings of `task.source`; a refusal is a finding.

    `report` is told how much is done, 0 to 1. Raises OSError where the file itself cannot be read,
    MemoryError where the memory allowed does not suffice.
    """
    path = Path(task.source)
    size = path.stat().st_size
    try:
        container = open_media(path, task.limits.pixels)
    except Unreadable as error:
        return _refused(size, "", [unreadable(error)])
    with container:
        refusals = list(_refusals_at_sight(container, task.limits))
        if refusals:
            return _refused(size, container.format.name, refusals)
        read = scan(container, size, lambda done: report(done * _SCANNED))
        if is_protected(container, read, path):
            return _refused(size, container.format.name, [finding("scrambled")])
        video = choose_video(read, path, task.limits.pixels)
        heard = tuple(listener for listener in read.audio if listener.start is not None)
        if video is None and not heard:
            return _refused(size, container.format.name, [_nothing(read)])
        facts = facts_of(Found(container, path, size, read, video, heard))
    report(1.0)
    return _within(facts, read.endless, task.limits)


def unreadable(error: Unreadable) -> Finding:
    """The finding of a file that did not open."""
    detail = f" ({error.detail})" if error.detail else ""
    detail_zh = f"（{error.detail}）" if error.detail else ""
    return finding(error.code, detail=detail, detail_zh=detail_zh)


def _refusals_at_sight(container: InputContainer, limits: Limits) -> Iterator[Finding]:
    if not container.streams:
        yield finding("no-streams")
    if len(container.streams) > limits.streams:
        yield finding("too-many-streams", count=len(container.streams), limit=limits.streams)
    for stream in container.streams.video:
        if is_cover(stream) or stream.codec_context is None:
            continue
        width, height = stream.width, stream.height
        if width * height > limits.pixels:
            yield finding("too-large-picture", width=width, height=height)
        elif 0 < width < _SMALLEST or 0 < height < _SMALLEST:
            yield finding("tiny-picture", width=width, height=height)


def _nothing(read: Scan) -> Finding:
    """Why nothing of a recording can be used."""
    if not read.tracks:
        return finding("no-streams")
    if not any(track.packets for track in read.tracks):
        return finding("zero-duration")
    banned = [
        track.stream.codec_context.name
        for track in read.tracks
        if track.stream.codec_context is not None and not decodable(track.stream)
    ]
    if len(banned) == len(read.tracks):
        return finding("codec-not-allowed", codec=", ".join(banned))
    return finding("undecodable")


def _within(facts: Facts, endless: bool, limits: Limits) -> Facts:
    """Refused where the recording is longer than a lesson may be, or not long at all."""
    refusals = []
    if facts.duration > limits.duration or endless:
        refusals.append(
            finding("too-long", length=clock(facts.duration), limit=clock(limits.duration))
        )
    if facts.duration <= 0:
        refusals.append(finding("zero-duration"))
    return _refused(facts.size, facts.container, refusals) if refusals else facts


def _refused(size: int, container: str, findings: Iterable[Finding]) -> Facts:
    return Facts(
        container=container,
        size=size,
        origin=Fraction(0),
        duration=Fraction(0),
        video=None,
        audio=(),
        subtitles=(),
        chapters=(),
        pictures=(),
        findings=tuple(findings),
    )
