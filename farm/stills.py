"""Pictures of what an inspection found: where in a recording, and what is to be seen and heard.

They lie in `cache/stills/<sha256 of the recording>/`, may be dropped at any time, and are made
again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from encoders.facts import AudioTrack, Facts, Finding, KeyFrame
from encoders.tasks import MOST_STILLS, Limits, Span, StillsResult, StillsTask
from farm.child import run_task
from farm.model import Recording
from farm.store import Store
from workers.workspace import workspace

WIDTH = 320
"""Pixels."""
WITHIN = Fraction(2)
"""Seconds behind the beginning of a span, or its middle where that is sooner: the first picture may
still be one from before."""
SOUND = frozenset(
    {
        "audio-ends-early",
        "audio-gap",
        "audio-starts-late",
        "clipping",
        "dead-channel",
        "loud",
        "out-of-phase",
        "quiet",
        "silent-audio",
    }
)
"""Codes of findings that are shown in the picture of the sound."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown of a recording."""

    times: tuple[Fraction, ...]
    """Lesson clock, seconds: of pictures."""
    strip: bool
    """Whether its sound is drawn."""
    marks: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Names of objects in the store."""

    stills: dict[Fraction, str]
    """By the time asked for; without those where nothing decodes."""
    strip: str | None


NOTHING_SHOWN = Shown({}, None)


def place(sha256: str) -> str:
    return f"cache/stills/{sha256}/"


def still_name(sha256: str, time: Fraction) -> str:
    return f"{place(sha256)}{round(time * 1000)}.jpg"


def strip_name(sha256: str) -> str:
    return f"{place(sha256)}sound.svg"


def time_of(finding: Finding) -> Fraction | None:
    """When to look at what was found; None where it is of the whole recording."""
    if finding.start is None:
        return None
    length = Fraction(0) if finding.stop is None else max(finding.stop - finding.start, Fraction(0))
    return finding.start + min(length / 2, WITHIN)


def wish_of(findings: Iterable[Finding]) -> Wish:
    """Pictures of the first `MOST_STILLS` places, and the sound where any finding is of it."""
    found = tuple(findings)
    times = dict.fromkeys(time for one in found if (time := time_of(one)) is not None)
    heard = [one for one in found if one.code in SOUND]
    marks = (
        Span(one.start, one.start if one.stop is None else one.stop)
        for one in heard
        if one.start is not None
    )
    return Wish(tuple(times)[:MOST_STILLS], bool(heard), tuple(marks))


def show(store: Store, recording: Recording, facts: Facts, wish: Wish, work: Path) -> Shown:
    """What is wished for, in the store; what is there already is not made again.

    Raises Retryable and EncodeFailed as `run_task` does, StoreError.
    """
    sha256 = recording.sha256
    there = {info.name for info in store.list(place(sha256))}
    names = {time: still_name(sha256, time) for time in wish.times}
    missing = tuple(time for time, name in names.items() if name not in there)
    draws = wish.strip and strip_name(sha256) not in there
    task = _task(recording, facts, replace(wish, times=missing, strip=draws))
    if task.times or task.audio:
        there |= _made(store, recording, task, work)
    return Shown(
        stills={time: name for time, name in names.items() if name in there},
        strip=strip_name(sha256) if wish.strip and strip_name(sha256) in there else None,
    )


def _made(store: Store, recording: Recording, task: StillsTask, work: Path) -> set[str]:
    """Names of what was made and stored."""
    names: set[str] = set()
    with workspace(work, f"stills-{recording.sha256}") as folder:
        task = replace(task, folder=str(folder))
        made = run_task(task, StillsResult, [recording.path], folder, lambda _: None)
        files = [(still_name(recording.sha256, one.time), one.file) for one in made.stills]
        if made.strip is not None:
            files.append((strip_name(recording.sha256), made.strip))
        for name, file in files:
            store.put(name, folder / file.name, type=file.type)
            names.add(name)
    return names


def _task(recording: Recording, facts: Facts, wish: Wish) -> StillsTask:
    """`folder` is filled in where it is run."""
    video = facts.video
    times = wish.times[:MOST_STILLS] if video is not None else ()
    return StillsTask(
        source=str(recording.path),
        video=video and replace(video, key_frames=around(video.key_frames, times)),
        times=times,
        width=WIDTH,
        audio=_heard(facts) if wish.strip else None,
        marks=wish.marks,
        origin=facts.origin,
        duration=facts.duration,
        pixels=Limits().pixels,
        folder="",
    )


def _heard(facts: Facts) -> AudioTrack | None:
    return facts.audio[0] if facts.audio and facts.duration > 0 else None


def around(keys: Sequence[KeyFrame], times: Sequence[Fraction]) -> tuple[KeyFrame, ...]:
    """Those next to the times, on both sides; the first always."""
    kept = {key.packet: key for key in keys[:1]}
    for before, after in pairwise(keys):
        if any(before.time <= time < after.time for time in times):
            kept |= {before.packet: before, after.packet: after}
    if keys and any(time >= keys[-1].time for time in times):
        kept[keys[-1].packet] = keys[-1]
    return tuple(kept[packet] for packet in sorted(kept))
