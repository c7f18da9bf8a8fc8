"""From facts to tasks."""

import math
from fractions import Fraction

from encoders.facts import AudioTrack, Facts, SubtitleTrack, VideoTrack
from encoders.profiles import Profile
from encoders.tasks import (
    AudioRendition,
    AudioTask,
    ChunkTask,
    Grid,
    Poster,
    Shape,
    Source,
    SubtitleTask,
    Thumbnails,
    VideoRendition,
)
from farm.plan.cuts import Cut, cut
from farm.plan.grids import grid_of, grids_of, settled
from farm.plan.ladder import display_size, fit, output_rate, renditions
from farm.plan.languages import UNKNOWN, language_name, language_tag
from farm.plan.model import AudioPlan, ChunkPlan, Plan, SubtitlePlan

SUBTITLE_SEGMENT = Fraction(60)
"""Seconds: text is small, and 600 files an hour would not be."""
SHEET_COLUMNS = 5
SHEET_SIDE = 16_000
"""Pixels a sheet is wide and high at most: browsers draw that, and a JPEG ends at 65,500."""
POSTER_SIZE = 360
AUDIO_WEIGHT = Fraction(1, 20)
"""Work of a second of sound beside a second of pictures."""


def make_plan(facts: Facts, profile: Profile, path: str) -> Plan:
    """Every task of `profile` for the recording at `path`; `facts` must not be refused."""
    if facts.video is None:
        return Plan(
            profile=profile.name,
            duration=facts.duration,
            rate=None,
            chunks=(),
            audio=_audio(facts, profile, path, facts.duration),
            subtitles=(),
        )
    rate = output_rate(facts.video, profile.max_rate)
    grid = grid_of(facts.video)
    pictures = max(1, slot(settled(facts.duration, grid), rate))
    duration = pictures / rate
    return Plan(
        profile=profile.name,
        duration=duration,
        rate=rate,
        chunks=_chunks(facts, facts.video, profile, path, rate, pictures, grid),
        audio=_audio(facts, profile, path, duration),
        subtitles=_subtitles(facts, path, duration),
    )


def slot(time: Fraction, rate: Fraction) -> int:
    """The slot a picture shown at `time` goes to: round half up."""
    return math.floor(time * rate + Fraction(1, 2))


def _chunks(
    facts: Facts,
    track: VideoTrack,
    profile: Profile,
    path: str,
    rate: Fraction,
    pictures: int,
    grid: Grid | None,
) -> tuple[ChunkPlan, ...]:
    duration = pictures / rate
    total_bytes = max(1, int(track.bitrate * (track.stop - track.start) / 8))
    cuts = cut(
        track.key_frames, duration, total_bytes, chunk=profile.chunk, segment=profile.segment
    )
    chosen = renditions(track, profile)
    poster = _poster(facts, track, rate, pictures)
    grids = tuple(grids_of(grid, track, cuts))
    starts = [
        slot(settled(one.start.time, its), rate) for one, its in zip(cuts, grids, strict=True)
    ]
    firsts = [0, *starts[1:], pictures]
    return tuple(
        ChunkPlan(
            index=index,
            task=_chunk_task(
                one,
                facts,
                track,
                profile,
                path,
                rate,
                chosen,
                poster,
                firsts[index : index + 2],
                grids[index],
            ),
            weight=_weight(one, total_bytes, duration),
        )
        for index, one in enumerate(cuts)
    )


def _chunk_task(
    span: Cut,
    facts: Facts,
    track: VideoTrack,
    profile: Profile,
    path: str,
    rate: Fraction,
    chosen: tuple[VideoRendition, ...],
    poster: Poster | None,
    slots: list[int],
    grid: Grid | None,
) -> ChunkTask:
    first, last = slots
    return ChunkTask(
        source=Source(
            path=path,
            stream=track.stream,
            start=span.start,
            stop=span.stop,
            shifts=track.shifts,
            origin=facts.origin,
            grid=grid,
            seekable=track.seekable,
        ),
        shape=Shape(
            sample_aspect=track.sample_aspect,
            deinterlace=None if track.field_order == "progressive" else track.field_order,
            mirror=track.mirrored,
            rotate=track.rotation,
            color_space="bt601" if track.color_space == "bt601" else "bt709",
            full_range=track.full_range,
        ),
        rate=rate,
        first=first,
        last=last,
        segment=max(1, slot(profile.segment, rate)),
        renditions=chosen,
        thumbnails=_thumbnails(track, profile, rate, first, last),
        poster=poster if poster and first <= poster.frame < last else None,
        checks=True,
        folder="",
    )


def _thumbnails(
    track: VideoTrack, profile: Profile, rate: Fraction, first: int, last: int
) -> Thumbnails | None:
    every = profile.thumbnails.every
    begin, end = math.ceil(first / rate / every), math.ceil(last / rate / every)
    frames = tuple(
        frame
        for n in range(begin, end)
        if first <= (frame := slot(n * Fraction(every), rate)) < last
    )
    if not frames:
        return None
    width, height = display_size(track)
    tile = fit(profile.thumbnails.size, width / height)
    across, down = (max(1, SHEET_SIDE // side) for side in tile)
    # A chunk is as long as its key frames are apart: one may be hours.
    frames = frames[:: math.ceil(len(frames) / (across * down))]
    columns = max(min(SHEET_COLUMNS, across), math.ceil(len(frames) / down))
    return Thumbnails(
        name="thumbnails",
        frames=frames,
        width=tile[0],
        height=tile[1],
        columns=min(columns, len(frames)),
    )


def _poster(facts: Facts, track: VideoTrack, rate: Fraction, pictures: int) -> Poster | None:
    """The sampled picture with most to see, neither black nor blank."""
    if not facts.pictures:
        return None
    best = max(facts.pictures, key=lambda picture: (picture.detail, -picture.time))
    width, height = display_size(track)
    size = min(POSTER_SIZE, fit_size(width, height))
    shape = fit(size, width / height)
    frame = min(slot(best.time, rate), pictures - 1)
    return Poster(name="poster", frame=frame, width=shape[0], height=shape[1])


def fit_size(width: Fraction, height: Fraction) -> int:
    """The shorter side, even."""
    return max(2, int(min(width, height)) // 2 * 2)


def _weight(span: Cut, total_bytes: int, duration: Fraction) -> float:
    """Half by length, half by the source's own bits: busy spans take longer to encode."""
    share = Fraction(span.bytes, total_bytes) * duration
    return float((span.seconds + share) / 2)


def _audio(facts: Facts, profile: Profile, path: str, duration: Fraction) -> tuple[AudioPlan, ...]:
    return tuple(
        AudioPlan(
            name=name,
            language=language_tag(track.language),
            label=track.title or _label(track.language, index),
            task=_audio_task(track, facts, profile, path, duration, name),
            weight=float(duration * AUDIO_WEIGHT),
        )
        for index, track in enumerate(facts.audio)
        for name in ["audio" if index == 0 else f"audio-{index + 1}"]
    )


def _audio_task(
    track: AudioTrack, facts: Facts, profile: Profile, path: str, duration: Fraction, name: str
) -> AudioTask:
    live = tuple(n for n in range(track.channels) if n not in track.dead_channels)
    if not live or track.channels > 2:
        live = tuple(range(track.channels))
    return AudioTask(
        path=path,
        stream=track.stream,
        shifts=track.shifts,
        origin=facts.origin,
        duration=duration,
        measured=track.loudness,
        true_peak=track.true_peak,
        channels=track.channels,
        live_channels=live,
        rendition=AudioRendition(
            name=name,
            bitrate=profile.audio.bitrate,
            channels=min(2, len(live)),
            sample_rate=profile.audio.sample_rate,
            loudness=profile.audio.loudness,
            true_peak=profile.audio.true_peak,
        ),
        segment=profile.segment,
        folder="",
    )


def _subtitles(facts: Facts, path: str, duration: Fraction) -> tuple[SubtitlePlan, ...]:
    text = [track for track in facts.subtitles if track.text]
    return tuple(
        SubtitlePlan(
            name=f"subtitles-{index + 1}",
            language=language_tag(track.language),
            label=track.title or _label(track.language, index),
            task=_subtitle_task(track, facts, path, duration, f"subtitles-{index + 1}"),
            weight=1.0,
        )
        for index, track in enumerate(text)
    )


def _subtitle_task(
    track: SubtitleTrack, facts: Facts, path: str, duration: Fraction, name: str
) -> SubtitleTask:
    return SubtitleTask(
        path=path,
        stream=track.stream,
        shifts=track.shifts,
        origin=facts.origin,
        duration=duration,
        name=name,
        segment=SUBTITLE_SEGMENT,
        folder="",
    )


def _label(language: str | None, index: int) -> str:
    """What a player's menu shows; distinct for every track."""
    tag = language_tag(language)
    name = language_name(tag) or ("原声 Original" if tag == UNKNOWN else tag)
    return name if index == 0 else f"{name} {index + 1}"
