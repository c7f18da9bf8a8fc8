"""The multivariant playlist: every way to play one lesson. RFC 8216 section 4.3.4."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from manifests.media import HLS_TYPE, VERSION, rounded, shared_target, target_duration
from manifests.model import Audio, Presentation, Segment, Subtitle, Text, Video
from manifests.plain import plain
from manifests.rates import SILENT, Rates, measure

DEFAULT_BANDWIDTH = 800_000
"""Bits a second: the first variant is the best one within it [1.32]; bases have poor lines."""


@dataclass(frozen=True, slots=True)
class Playlists:
    """Paths of the media playlists by rendition name, relative to the lesson's folder."""

    media: Mapping[str, str]
    iframes: Mapping[str, str]


def multivariant_playlist(p: Presentation, playlists: Playlists) -> Text:
    """Variants: the default one, the other video ones ascending, then audio alone."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *_audio_group(p.audio, playlists),
        *_subtitle_group(p.subtitles, playlists),
        *_variants(p, playlists),
        *_iframe_variants(p, playlists),
    ]
    return Text(path="master.m3u8", type=HLS_TYPE, text="\n".join((*lines, "")))


def _audio_group(tracks: Sequence[Audio], playlists: Playlists) -> Iterable[str]:
    names = _distinct([track.label for track in tracks])
    for n, (track, name) in enumerate(zip(tracks, names, strict=True)):
        yield _tag(
            "#EXT-X-MEDIA",
            TYPE="AUDIO",
            GROUP_ID=_quoted("audio"),
            NAME=_quoted(name),
            LANGUAGE=_quoted(track.language),
            DEFAULT="YES" if n == 0 else "NO",
            AUTOSELECT=_first_of_language(tracks, n),
            CHANNELS=_quoted(str(track.channels)),
            URI=_quoted(playlists.media[track.name]),
        )


def _subtitle_group(tracks: Sequence[Subtitle], playlists: Playlists) -> Iterable[str]:
    names = _distinct([track.label for track in tracks])
    for n, (track, name) in enumerate(zip(tracks, names, strict=True)):
        yield _tag(
            "#EXT-X-MEDIA",
            TYPE="SUBTITLES",
            GROUP_ID=_quoted("subtitles"),
            NAME=_quoted(name),
            LANGUAGE=_quoted(track.language),
            DEFAULT="NO",
            AUTOSELECT=_first_of_language(tracks, n),
            FORCED="NO",
            URI=_quoted(playlists.media[track.name]),
        )


def _variants(p: Presentation, playlists: Playlists) -> Iterable[str]:
    target = shared_target(p)
    beside = _worst(_of(track.segments, target) for track in p.audio) + _worst(
        _of(track.segments, target_duration(track.segments)) for track in p.subtitles
    )
    rated = [(video, _of(video.segments, target) + beside) for video in p.video]
    for video, rates in _default_first(rated):
        yield _tag(
            "#EXT-X-STREAM-INF",
            **_bandwidth(rates),
            CODECS=_quoted(_codecs(video.codecs, *(track.codecs for track in p.audio))),
            RESOLUTION=f"{video.width}x{video.height}",
            FRAME_RATE=_decimals(video.frame_rate),
            **_groups(p),
        )
        yield playlists.media[video.name]
    if p.audio:
        yield _tag(
            "#EXT-X-STREAM-INF",
            **_bandwidth(beside),
            CODECS=_quoted(_codecs(*(track.codecs for track in p.audio))),
            **_groups(p),
        )
        yield playlists.media[p.audio[0].name]


def _iframe_variants(p: Presentation, playlists: Playlists) -> Iterable[str]:
    target = shared_target(p)
    for video in p.video:
        durations = [segment.duration for segment in video.segments]
        rates = measure([segment.key_bytes for segment in video.segments], durations, target)
        yield _tag(
            "#EXT-X-I-FRAME-STREAM-INF",
            **_bandwidth(rates),
            CODECS=_quoted(video.codecs),
            RESOLUTION=f"{video.width}x{video.height}",
            URI=_quoted(playlists.iframes[video.name]),
        )


def _of(segments: Sequence[Segment], target: int) -> Rates:
    sizes = [segment.object.size for segment in segments]
    return measure(sizes, [segment.duration for segment in segments], target)


def _worst(rates: Iterable[Rates]) -> Rates:
    """The most any one member of a group can ask for [9.13]."""
    members = list(rates) or [SILENT]
    return Rates(
        peak=max(member.peak for member in members),
        average=max(member.average for member in members),
    )


def _default_first(rated: Sequence[tuple[Video, Rates]]) -> list[tuple[Video, Rates]]:
    ascending = sorted(rated, key=lambda pair: pair[1].peak)
    within = [pair for pair in ascending if pair[1].peak <= DEFAULT_BANDWIDTH]
    default = within[-1:] or ascending[:1]
    return [*default, *(pair for pair in ascending if pair not in default)]


def _bandwidth(rates: Rates) -> dict[str, str]:
    return {
        "BANDWIDTH": str(max(1, math.ceil(rates.peak))),
        "AVERAGE_BANDWIDTH": str(max(1, math.ceil(rates.average))),
    }


def _groups(p: Presentation) -> dict[str, str]:
    groups = {"CLOSED_CAPTIONS": "NONE"}
    if p.audio:
        groups["AUDIO"] = _quoted("audio")
    if p.subtitles:
        groups["SUBTITLES"] = _quoted("subtitles")
    return groups


def _codecs(*codecs: str) -> str:
    return ",".join(dict.fromkeys(codecs))


def _first_of_language(tracks: Sequence[Audio] | Sequence[Subtitle], n: int) -> str:
    """Members a player may choose by itself differ in language (section 4.3.4.1)."""
    before = {track.language for track in tracks[:n]}
    return "NO" if tracks[n].language in before else "YES"


def _distinct(labels: Sequence[str]) -> list[str]:
    """Names in a group must differ (section 4.3.4.1.1) and must not be empty."""
    names: list[str] = []
    for n, label in enumerate(labels, start=1):
        name = _stripped(label) or str(n)
        while name in names:
            name = f"{name} {n}"
        names.append(name)
    return names


def _decimals(rate: Fraction) -> str:
    whole, part = divmod(rounded(rate * 1000), 1000)
    return f"{whole}.{part:03}"


def _tag(tag: str, **attributes: str) -> str:
    listed = ",".join(f"{name.replace('_', '-')}={value}" for name, value in attributes.items())
    return f"{tag}:{listed}"


def _stripped(text: str) -> str:
    return plain(text).replace('"', "")


def _quoted(text: str) -> str:
    """A quoted-string cannot hold line ends or double quotes (section 4.2); none can be escaped."""
    return f'"{_stripped(text)}"'
