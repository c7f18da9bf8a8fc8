"""Finished pieces become one lesson: `manifests` values out of `encoders` values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from encoders.profiles import Streaming
from encoders.tasks import (
    Artifact,
    AudioResult,
    Elementary,
    Encoded,
    SoundResult,
    SubtitleResult,
    VideoRendition,
)
from encoders.tasks import Sheet as MadeSheet
from farm.errors import EncodeFailed
from farm.notes import MediaPiece, Pictures
from farm.plan.model import AudioPlan, Plan, SubtitlePlan
from manifests.model import Audio, Object, Presentation, Segment, Sheet, Subtitle, Video


@dataclass(frozen=True, slots=True)
class Pieces:
    """Everything that was made by a plan, by the name the plan gives it."""

    encoded: dict[str, list[Encoded]]
    """By rendition: its chunks in order."""
    rasters: dict[str, list[Elementary]]
    pictures: list[Pictures]
    """Of each chunk."""
    audio: dict[str, AudioResult]
    sounds: dict[str, SoundResult]
    subtitles: dict[str, SubtitleResult]

    def add(self, name: str, piece: MediaPiece) -> None:
        match piece:
            case Encoded():
                self.encoded.setdefault(piece.rendition, []).append(piece)
            case Elementary():
                self.rasters.setdefault(piece.rendition, []).append(piece)
            case Pictures():
                self.pictures.append(piece)
            case AudioResult():
                self.audio[name] = piece
            case SoundResult():
                self.sounds[name] = piece
            case SubtitleResult():
                self.subtitles[name] = piece


def presentation(plan: Plan, pieces: Pieces) -> Presentation | None:
    """The lesson as HLS; None where no profile asked for it.

    Raises EncodeFailed where pieces that must agree do not.
    """
    made = next((one for one in plan.profiles if isinstance(one.profile, Streaming)), None)
    if made is None:
        return None
    return Presentation(
        duration=plan.duration,
        video=tuple(_video(plan, name, pieces.encoded[name]) for name in made.renditions),
        audio=tuple(
            _audio(one, pieces.audio[one.name]) for one in plan.audio if one.name in made.audio
        ),
        subtitles=tuple(_subtitle(one, pieces.subtitles[one.name]) for one in plan.subtitles),
        sheets=tuple(_sheet(one.sheet) for one in pieces.pictures if one.sheet),
        poster=poster(pieces),
    )


def poster(pieces: Pieces) -> Object | None:
    return next((object_of(one.poster) for one in pieces.pictures if one.poster), None)


def _sheet(sheet: MadeSheet) -> Sheet:
    return Sheet(
        object=object_of(sheet.file),
        width=sheet.width,
        height=sheet.height,
        columns=sheet.columns,
        times=sheet.times,
    )


def _video(plan: Plan, name: str, runs: Sequence[Encoded]) -> Video:
    rendition = rendition_of(plan, name)
    if plan.rate is None:
        raise ValueError(f"{name} has pictures where the plan has none")
    _check_joined(runs, plan, plan.rate)
    return Video(
        name=name,
        width=rendition.width,
        height=rendition.height,
        frame_rate=plan.rate,
        codecs=runs[0].codecs,
        init=object_of(runs[0].init),
        segments=tuple(segment for run in runs for segment in _segments(run)),
    )


def rendition_of(plan: Plan, name: str) -> VideoRendition:
    return next(one for one in plan.chunks[0].task.renditions if one.name == name)


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
            object=object_of(segment.file),
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
        init=object_of(result.encoded.init),
        segments=_segments(result.encoded),
    )


def _subtitle(plan: SubtitlePlan, result: SubtitleResult) -> Subtitle:
    return Subtitle(
        name=plan.name,
        language=plan.language,
        label=plan.label,
        segments=tuple(
            Segment(object=object_of(segment.file), duration=segment.duration)
            for segment in result.segments
        ),
    )


def object_of(file: Artifact) -> Object:
    return Object(path=f"media/{file.name}", size=file.size, sha256=file.sha256, type=file.type)
