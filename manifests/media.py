"""Media playlists: what one rendition is made of. RFC 8216 section 4.3.2 and 4.3.3."""

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import PurePosixPath

from manifests.model import Audio, Object, Presentation, Segment, Subtitle, Text, Video

HLS_TYPE = "application/vnd.apple.mpegurl"
VERSION = 7
_PRECISION = 1_000_000
"""Durations are printed in microseconds."""


def rounded(value: Fraction) -> int:
    """To the nearest integer, halves upwards: how RFC 8216 compares EXTINF to TARGETDURATION."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def target_duration(segments: Iterable[Segment]) -> int:
    """The smallest legal target duration, seconds, at least 1."""
    return max((rounded(segment.duration) for segment in segments), default=1) or 1


def shared_target(p: Presentation) -> int:
    """One target duration for every audio and video playlist of a lesson [8.2]."""
    renditions: tuple[Video | Audio, ...] = (*p.video, *p.audio)
    return target_duration(segment for rendition in renditions for segment in rendition.segments)


def video_playlist(video: Video, target: int) -> Text:
    lines = [
        *_head(target, "#EXT-X-INDEPENDENT-SEGMENTS", _map(video.init)),
        *_entries(video.segments),
    ]
    return named_by_content(video.name, lines)


def iframe_playlist(video: Video, target: int) -> Text:
    """The first picture of every segment, its `moof` included [6.10], for scrubbing."""
    lines = _head(target, "#EXT-X-I-FRAMES-ONLY", _map(video.init))
    for extinf, segment in zip(_extinf(video.segments), video.segments, strict=True):
        lines += [extinf, f"#EXT-X-BYTERANGE:{segment.key_bytes}@0", _bare(segment.object)]
    return named_by_content(f"{video.name}-iframes", lines)


def audio_playlist(audio: Audio, target: int) -> Text:
    lines = [
        *_head(target, "#EXT-X-INDEPENDENT-SEGMENTS", _map(audio.init)),
        *_entries(audio.segments),
    ]
    return named_by_content(audio.name, lines)


def subtitle_playlist(subtitle: Subtitle) -> Text:
    """Its target duration may be its own [5.7]."""
    lines = [*_head(target_duration(subtitle.segments)), *_entries(subtitle.segments)]
    return named_by_content(subtitle.name, lines)


def named_by_content(name: str, lines: Sequence[str]) -> Text:
    """A playlist in the media folder: equal texts have equal names."""
    text = "\n".join((*lines, "#EXT-X-ENDLIST", ""))
    return Text(path=f"media/{name}-{content_hash(text)}.m3u8", type=HLS_TYPE, text=text)


def content_hash(text: str) -> str:
    """12 hex digits of the SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _head(target: int, *more: str) -> list[str]:
    return [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        *more,
    ]


def _map(init: Object) -> str:
    return f'#EXT-X-MAP:URI="{_bare(init)}"'


def _entries(segments: Sequence[Segment]) -> Iterable[str]:
    for extinf, segment in zip(_extinf(segments), segments, strict=True):
        yield extinf
        yield _bare(segment.object)


def _extinf(segments: Sequence[Segment]) -> Iterable[str]:
    """Every sum of printed durations is within a microsecond of the real one [8.1].

    What is rounded is the time a segment ends, not how long it lasts, so errors cannot add up.
    """
    ended = Fraction(0)
    printed = 0
    for segment in segments:
        ended += segment.duration
        now = rounded(ended * _PRECISION)
        whole, part = divmod(now - printed, _PRECISION)
        printed = now
        yield f"#EXTINF:{whole}.{part:06},"


def _bare(stored: Object) -> str:
    """A playlist in the media folder names its neighbours by their file names."""
    return PurePosixPath(stored.path).name
