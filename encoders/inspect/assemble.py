"""From what was read, heard and seen to `Facts` on the lesson clock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.stream import Stream

from encoders.facts import AudioTrack, Facts, Finding, Picture, SubtitleTrack, VideoTrack
from encoders.findings import finding
from encoders.inspect import colour, judge
from encoders.inspect.chapters import chapters_of
from encoders.inspect.pictures import Sight, look
from encoders.inspect.sampler import Sampler
from encoders.inspect.scan import Scan, SubtitleScan, VideoScan
from encoders.inspect.sound import Listener
from encoders.inspect.truncation import truncated
from encoders.inspect.video import Timing, timing
from encoders.opening import SUBTITLE_DECODERS, decodable


@dataclass(frozen=True, slots=True)
class Chosen:
    """The video track that will be encoded."""

    scan: VideoScan
    timing: Timing
    sight: Sight


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found out about one file."""

    container: InputContainer
    path: Path
    size: int
    scan: Scan
    video: Chosen | None
    heard: tuple[Listener, ...]
    """Audio tracks that decode."""


def choose_video(read: Scan, path: Path, pixels: int) -> Chosen | None:
    """The largest track whose pictures decode; of equals the one with most bytes."""
    tracks = [track for track in read.video if track.packets and decodable(track.stream)]
    tracks.sort(key=lambda t: (t.stream.width * t.stream.height, t.sizes.sum()), reverse=True)
    for track in tracks:
        times = timing(track, read.shifts[track.stream.index])
        if times is None:
            continue
        sampler = Sampler(str(path), track.stream.index, pixels)
        sight = look(sampler, times.key_frames)
        sampler.close()
        if sight is not None:
            return Chosen(track, times, sight)
    return None


def facts_of(found: Found) -> Facts:
    starts = [listener.start for listener in found.heard if listener.start is not None]
    stops = [listener.stop for listener in found.heard if listener.stop is not None]
    if found.video is not None:
        starts.append(found.video.timing.start)
        stops.append(found.video.timing.stop)
    origin = min(starts)
    facts = Facts(
        container=found.container.format.name,
        size=found.size,
        origin=origin,
        duration=max(stops) - origin,
        video=_video_track(found.video, found.scan, origin) if found.video else None,
        audio=tuple(_audio_track(listener, found.scan, origin) for listener in found.heard),
        subtitles=tuple(_subtitle_track(track, found.scan) for track in found.scan.subtitles),
        chapters=chapters_of(found.container, origin),
        pictures=_pictures(found.video, origin),
        findings=(),
    )
    return replace(facts, findings=tuple(_findings(found, facts)))


def _pictures(video: Chosen | None, origin: Fraction) -> tuple[Picture, ...]:
    seen = video.sight.pictures if video else ()
    return tuple(replace(picture, time=picture.time - origin) for picture in seen)


def _video_track(chosen: Chosen, read: Scan, origin: Fraction) -> VideoTrack:
    stream, times, sight = chosen.scan.stream, chosen.timing, chosen.sight
    turn = colour.turn(sight.first)
    shifts = read.shifts[stream.index]
    keys = times.key_frames if sight.key_frames_hold else times.key_frames[:1]
    return VideoTrack(
        stream=stream.index,
        codec=_codec(stream),
        width=sight.first.width,
        height=sight.first.height,
        sample_aspect=colour.sample_aspect(stream.sample_aspect_ratio),
        rotation=turn.rotation,
        mirrored=turn.mirrored,
        pixel_format=sight.first.format.name,
        color_space=colour.color_space(sight.first),
        full_range=colour.full_range(sight.first),
        transfer=colour.transfer(sight.first),
        time_base=chosen.scan.time_base,
        rate=times.rate,
        variable=times.variable,
        field_order=sight.field_order,
        frames=times.frames,
        packets=times.packets,
        start=times.start - origin,
        stop=times.stop - origin,
        key_frames=tuple(replace(key, time=key.time - origin) for key in keys),
        shifts=shifts,
        # Where the clock jumps a timestamp may come twice: a seek could land on the wrong one.
        seekable=sight.seekable and not shifts,
        bitrate=round(times.bytes * 8 / max(times.stop - times.start, chosen.scan.time_base)),
    )


def _audio_track(listener: Listener, read: Scan, origin: Fraction) -> AudioTrack:
    stream, form, level = listener.stream, listener.form, listener.level
    if form is None or level is None or listener.start is None or listener.stop is None:
        raise ValueError(f"stream {stream.index} was not heard")
    return AudioTrack(
        stream=stream.index,
        codec=_codec(stream),
        sample_rate=form.rate,
        channels=len(form.names),
        layout=form.layout,
        language=_language(stream),
        title=stream.metadata.get("title") or None,
        time_base=listener.time_base,
        start=listener.start - origin,
        stop=listener.stop - origin,
        shifts=read.shifts[stream.index],
        loudness=level.meter.integrated(),
        true_peak=level.meter.true_peak(),
        dead_channels=level.dead_channels,
        clipped=level.clipped,
    )


def _subtitle_track(track: SubtitleScan, read: Scan) -> SubtitleTrack:
    stream = track.stream
    return SubtitleTrack(
        stream=stream.index,
        codec=_codec(stream),
        language=_language(stream),
        title=stream.metadata.get("title") or None,
        time_base=track.time_base,
        text=stream.codec_context is not None and stream.codec_context.name in SUBTITLE_DECODERS,
        shifts=read.shifts[stream.index],
    )


def _codec(stream: Stream) -> str:
    """FFmpeg's name of the codec, not of the decoder."""
    if stream.codec_context is None:
        return "unknown"
    return stream.codec_context.codec.canonical_name


def _language(stream: Stream) -> str | None:
    language = (stream.language or "").strip()
    return None if language in ("", "und", "unknown") else language


def _findings(found: Found, facts: Facts) -> Iterator[Finding]:
    video, read, origin = found.video, found.scan, facts.origin
    yield from judge.name_finding(found.path, facts.container)
    if truncated(found.container, read, origin + facts.duration, found.size):
        yield finding("truncated", facts.duration)
    hidden = video.timing.hidden if video else Fraction(0)
    yield from judge.clock_findings(facts.container, origin, hidden)
    for jump in read.jumps[:10]:
        at = max(Fraction(0), Fraction(jump.at, 1_000_000) - origin)
        yield finding("timestamp-jump", at, seconds=f"{jump.by / 1e6:+.1f}")
    yield from judge.span_findings(facts.video, facts.audio, facts.duration)
    yield from _track_findings(found)
    if video is not None and facts.video is not None:
        holes = ((hole.start - origin, hole.stop - origin) for hole in video.timing.holes)
        yield from judge.gap_findings("video-gap", holes)
        yield from judge.picture_findings(facts.video, video.sight, origin)
        if not facts.video.seekable:
            yield finding("broken-index")
    for index, (track, listener) in enumerate(zip(facts.audio, found.heard, strict=True)):
        yield from judge.sound_findings(track, listener, origin, index == 0)
    if not facts.audio:
        yield finding("no-audio")
    yield from judge.subtitle_findings(facts.subtitles)


def _track_findings(found: Found) -> Iterator[Finding]:
    """Tracks that are left out."""
    heard = {listener.stream.index for listener in found.heard}
    for listener in found.scan.audio:
        if listener.stream.index not in heard:
            yield _left_out(listener.stream, "sound", "声音")
    if found.video is None:
        for track in found.scan.video:
            yield _left_out(track.stream, "picture", "画面")
    elif len(found.scan.video) > 1:
        yield finding(
            "other-video", count=len(found.scan.video), stream=found.video.scan.stream.index
        )


def _left_out(stream: Stream, kind: str, kind_zh: str) -> Finding:
    return finding(
        "undecodable-track", kind=kind, kind_zh=kind_zh, stream=stream.index, codec=_codec(stream)
    )
