"""Inspections for tests: what was found, by code."""

from pathlib import Path

from encoders.facts import AudioTrack, Facts, Finding, VideoTrack
from encoders.inspect import inspect
from encoders.tasks import InspectTask, Limits


def inspected(path: Path, limits: Limits | None = None) -> Facts:
    return inspect(InspectTask(source=str(path), limits=limits or Limits()))


def codes(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings}


def named(facts: Facts, code: str) -> list[Finding]:
    return [finding for finding in facts.findings if finding.code == code]


def video_of(facts: Facts) -> VideoTrack:
    assert facts.video is not None, facts.findings
    return facts.video


def audio_of(facts: Facts) -> AudioTrack:
    assert facts.audio, facts.findings
    return facts.audio[0]
