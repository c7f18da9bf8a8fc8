"""The spans of each reel, and every picture that is made of them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from encoders.facts import Facts, VideoTrack
from encoders.profiles import SeekPictures
from encoders.slots import slot_of
from encoders.tasks import (
    ChunkTask,
    Grid,
    Poster,
    RasterRendition,
    Shape,
    Source,
    Thumbnails,
    VideoRendition,
)
from farm.plan.cuts import Cut, cut
from farm.plan.grids import grid_of, grids_of, settled
from farm.plan.ladder import display_size, fit
from farm.plan.model import ChunkPlan
from farm.plan.reels import Placed, track_of

SHEET_COLUMNS = 5
SHEET_SIDE = 16_000
"""Pixels a sheet is wide and high at most: browsers draw that, and a JPEG ends at 65,500."""
POSTER_SIZE = 360


@dataclass(frozen=True, slots=True)
class Work:
    """What is made of every chunk of a lesson."""

    rate: Fraction
    segment: Fraction
    """Seconds."""
    chunk: Fraction
    renditions: tuple[VideoRendition, ...]
    rasters: tuple[RasterRendition, ...]
    seek: SeekPictures | None


def chunks(reels: Sequence[Placed], work: Work) -> tuple[ChunkPlan, ...]:
    spans = [span for reel in reels for span in _spans(reel, work)]
    return tuple(
        ChunkPlan(index, span.reel.material, _task(span, work), span.weight)
        for index, span in enumerate(spans)
    )


@dataclass(frozen=True, slots=True)
class _Span:
    reel: Placed
    cut: Cut
    grid: Grid | None
    first: int
    last: int
    weight: float


def _spans(reel: Placed, work: Work) -> Iterator[_Span]:
    track = track_of(reel)
    total_bytes = max(1, int(track.bitrate * (track.stop - track.start) / 8))
    cuts = cut(track.key_frames, reel.duration, total_bytes, chunk=work.chunk, segment=work.segment)
    grids = tuple(grids_of(grid_of(track), track, cuts))
    starts = [
        slot_of(settled(one.start.time, its), work.rate)
        for one, its in zip(cuts, grids, strict=True)
    ]
    edges = [0, *starts[1:], reel.pictures]
    for index, one in enumerate(cuts):
        yield _Span(
            reel=reel,
            cut=one,
            grid=grids[index],
            first=reel.first + edges[index],
            last=reel.first + edges[index + 1],
            weight=_weight(one, total_bytes, reel.duration),
        )


def _task(span: _Span, work: Work) -> ChunkTask:
    reel, track = span.reel, track_of(span.reel)
    return ChunkTask(
        source=Source(
            path=reel.material.path,
            stream=track.stream,
            start=reel.later(span.cut.start),
            stop=reel.later(span.cut.stop) if span.cut.stop else None,
            shifts=track.shifts,
            origin=reel.origin,
            grid=reel.later_grid(span.grid),
            seekable=track.seekable,
        ),
        shape=_shape(track, guest=reel.guest),
        rate=work.rate,
        first=span.first,
        last=span.last,
        segment=max(1, slot_of(work.segment, work.rate)),
        renditions=work.renditions,
        rasters=tuple(_captioned(raster, span, work.rate) for raster in work.rasters),
        thumbnails=_thumbnails(span, work),
        poster=_poster(span, work.rate),
        checks=True,
        folder="",
    )


def _shape(track: VideoTrack, *, guest: bool) -> Shape:
    return Shape(
        sample_aspect=track.sample_aspect,
        deinterlace=None if track.field_order == "progressive" else track.field_order,
        mirror=track.mirrored,
        rotate=track.rotation,
        color_space="bt601" if track.color_space == "bt601" else "bt709",
        full_range=track.full_range,
        guest=guest,
    )


def _captioned(raster: RasterRendition, span: _Span, rate: Fraction) -> RasterRendition:
    """With the captions of this chunk alone: others may change, and it is the same piece."""
    begin, end = (span.first - 1) / rate, (span.last + 1) / rate
    shown = tuple(one for one in raster.burn if one.start < end and one.stop > begin)
    fields = raster.fields if not span.reel.guest else None
    return replace(raster, burn=shown, fields=fields)


def _thumbnails(span: _Span, work: Work) -> Thumbnails | None:
    if work.seek is None:
        return None
    track, rate, every = track_of(span.reel), work.rate, work.seek.every
    begin, end = math.ceil(span.first / rate / every), math.ceil(span.last / rate / every)
    frames = tuple(
        frame
        for n in range(begin, end)
        if span.first <= (frame := slot_of(n * Fraction(every), rate)) < span.last
    )
    if not frames:
        return None
    width, height = display_size(track)
    tile = fit(work.seek.size, width / height)
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


def _poster(span: _Span, rate: Fraction) -> Poster | None:
    """The recording's, where its picture is in this span."""
    poster = None if span.reel.guest else poster_of(span.reel.facts, span.reel, rate)
    return poster if poster and span.first <= poster.frame < span.last else None


def poster_of(facts: Facts, reel: Placed, rate: Fraction) -> Poster | None:
    """The sampled picture with most to see, neither black nor blank."""
    if not facts.pictures:
        return None
    best = max(facts.pictures, key=lambda picture: (picture.detail, -picture.time))
    width, height = display_size(track_of(reel))
    size = min(POSTER_SIZE, max(2, int(min(width, height)) // 2 * 2))
    shape = fit(size, width / height)
    frame = reel.first + min(slot_of(best.time, rate), reel.pictures - 1)
    return Poster(name="poster", frame=frame, width=shape[0], height=shape[1])


def _weight(span: Cut, total_bytes: int, duration: Fraction) -> float:
    """Half by length, half by the source's own bits: busy spans take longer to encode."""
    share = Fraction(span.bytes, total_bytes) * duration
    return float((span.seconds + share) / 2)
