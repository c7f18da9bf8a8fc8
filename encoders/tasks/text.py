"""Captions."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Finding, Shift
from encoders.tasks.common import Artifact


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption as it is shown; text in the WebVTT cue syntax (b, i and u tags, escaped)."""

    start: Fraction
    stop: Fraction
    """Half-open, lesson clock, seconds."""
    text: str


@dataclass(frozen=True, slots=True)
class SubtitleTask:
    """One text track as WebVTT: segments that span the whole lesson, and one file of it all."""

    path: str
    stream: int | None
    """Of the recording; None where `path` is a file of captions (SRT, WebVTT, ASS) of its own,
    whose times are on the lesson clock already."""
    shifts: tuple[Shift, ...]
    origin: Fraction
    duration: Fraction
    name: str
    segment: Fraction
    folder: str


@dataclass(frozen=True, slots=True)
class SubtitleSegment:
    file: Artifact
    start: Fraction
    duration: Fraction


@dataclass(frozen=True, slots=True)
class SubtitleResult:
    segments: tuple[SubtitleSegment, ...]
    whole: Artifact
    """One WebVTT file with every cue once, for players of files."""
    captions: tuple[Caption, ...]
    findings: tuple[Finding, ...]
    """What was wrong in a file of captions, with line numbers."""
