"""Finished pieces become one lesson: `manifests` values out of `encoders` values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from encoders.tasks import Artifact, AudioResult, Encoded, SubtitleResult
from farm.errors import EncodeFailed
from farm.notes import Pictures
from farm.plan.model import AudioPlan, Plan, SubtitlePlan
from manifests.model import Audio, Object, Presentation, Segment, Sheet, Subtitle, Video


@dataclass(frozen=True, slots=True)
class Pieces:
    """Everything that was made by a plan, in the plan's order."""

    chunks: tuple[tuple[Encoded, ...], ...]
    pictures: tuple[Pictures, ...]
    audio: tuple[AudioResult, ...]
    subtitles: tuple[SubtitleResult, ...]


def presentation(plan: Plan, pieces: Pieces) -> Presentation:
    """Raises EncodeFailed where pieces that must agree do not."""
    posters = [one.poster for one in pieces.pictures if one.poster]
    return Presentation(
        duration=plan.duration,
        video=_videos(plan, pieces),
        audio=tuple(map(_audio, plan.audio, pieces.audio)),
        subtitles=tuple(map(_subtitle, plan.subtitles, pieces.subtitles)),
        sheets=tuple(
            Sheet(
                object=_object(one.sheet.file),
                width=one.sheet.width,
                height=one.sheet.height,
                columns=one.sheet.columns,
                times=one.sheet.times,
            )
            for one in pieces.pictures
            if one.sheet
        ),
        poster=_object(posters[0]) if posters else None,
    )


def _videos(plan: Plan, pieces: Pieces) -> tuple[Video, ...]:
    if not plan.chunks or plan.rate is None:
        return ()
    videos = []
    for n, rendition in enumerate(plan.chunks[0].task.renditions):
        runs = [chunk[n] for chunk in pieces.chunks]
        _check_joined(runs, plan, plan.rate)
        videos.append(
            Video(
                name=rendition.name,
                width=rendition.width,
                height=rendition.height,
                frame_rate=plan.rate,
                codecs=runs[0].codecs,
                init=_object(runs[0].init),
                segments=tuple(segment for run in runs for segment in _segments(run)),
            )
        )
    return tuple(videos)


def _check_joined(runs: Sequence[Encoded], plan: Plan, rate: Fraction) -> None:
    """The chunks of a rendition share one init segment, and follow each other without a gap."""
    name = runs[0].rendition
    if len({run.init.sha256 for run in runs}) > 1:
        raise EncodeFailed(f"The chunks of {name} do not share one init segment; encode again.")
    ends = 0
    for segment in (segment for run in runs for segment in run.segments):
        if segment.start != ends:
            raise EncodeFailed(f"{name} has a gap before {segment.file.name}; encode again.")
        ends = segment.start + segment.duration
    if Fraction(ends, runs[0].timescale) != plan.pictures / rate:
        raise EncodeFailed(f"{name} does not last as long as the lesson; encode again.")


def _segments(run: Encoded) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            object=_object(segment.file),
            duration=Fraction(segment.duration, run.timescale),
            key_bytes=segment.key_bytes,
        )
        for segment in run.segments
    )


def _audio(plan: AudioPlan, result: AudioResult) -> Audio:
    return Audio(
        name=plan.name,
        language=plan.language,
        label=plan.label,
        channels=plan.task.rendition.channels,
        codecs=result.encoded.codecs,
        init=_object(result.encoded.init),
        segments=_segments(result.encoded),
    )


def _subtitle(plan: SubtitlePlan, result: SubtitleResult) -> Subtitle:
    return Subtitle(
        name=plan.name,
        language=plan.language,
        label=plan.label,
        segments=tuple(
            Segment(object=_object(segment.file), duration=segment.duration)
            for segment in result.segments
        ),
    )


def _object(file: Artifact) -> Object:
    return Object(path=f"media/{file.name}", size=file.size, sha256=file.sha256, type=file.type)
