"""Rules of single media playlists and of how they agree with each other."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate

from manifests.model import Audio, Video
from manifests.rules.lesson import Lesson, Role, Track
from manifests.violations import Violation, error, warning

_MICROSECOND = Fraction(1, 1_000_000)
_SLACK = Fraction(1, 10)
"""Seconds by which sound and picture may differ in length: a few AAC frames and a picture."""


def frame_of(lesson: Lesson) -> str:
    return f"{float(lesson.frame):.3f} s"


def vod(lesson: Lesson) -> Iterator[Violation]:
    for track in lesson.tracks.values():
        if track.playlist.type != "VOD":
            yield error("8.6", track.path, "The playlist is not marked EXT-X-PLAYLIST-TYPE:VOD.")
        if not track.playlist.ended:
            yield error("RFC 4.3.3.4", track.path, "The playlist has no EXT-X-ENDLIST.")


def initialised(lesson: Lesson) -> Iterator[Violation]:
    for track in lesson.of(Role.VIDEO, Role.IFRAMES, Role.AUDIO):
        if not track.playlist.map:
            yield error("8.20", track.path, "Fragmented MP4 needs an EXT-X-MAP.")
        if track.playlist.version < 6:
            yield error("RFC 7", track.path, "EXT-X-MAP needs EXT-X-VERSION 6 or more.")


def target_durations(lesson: Lesson) -> Iterator[Violation]:
    for track in lesson.tracks.values():
        target = track.playlist.target
        longest = max(entry.duration for entry in track.playlist.entries)
        if longest >= target + Fraction(1, 2):
            yield error(
                "RFC 4.3.3.1",
                track.path,
                f"A segment of {float(longest):.3f} s is over the target duration of {target} s.",
            )
        real = max(segment.duration for segment in track.segments)
        if real > target + Fraction(1, 2):
            yield error("7.7", track.path, f"A segment lasts {float(real):.3f} s.")
    yield from _same_target(lesson)


def _same_target(lesson: Lesson) -> Iterator[Violation]:
    tracks = [*lesson.of(Role.VIDEO), *lesson.of(Role.AUDIO)]
    for track in tracks:
        if track.playlist.target != tracks[0].playlist.target:
            yield error(
                "8.2",
                track.path,
                f"The target duration is {track.playlist.target} s "
                f"but that of {tracks[0].path} is {tracks[0].playlist.target} s.",
            )
    if tracks and tracks[0].playlist.target != 6 and lesson.p.duration >= 6:
        yield warning("7.5", tracks[0].path, "The target duration should be 6 s.")


def exact_sums(lesson: Lesson) -> Iterator[Violation]:
    """Any run of EXTINF differs from the real one by the spread of the running differences."""
    for track in lesson.tracks.values():
        pairs = zip(track.playlist.entries, track.segments, strict=False)
        drift = [Fraction(0), *accumulate(entry.duration - real.duration for entry, real in pairs)]
        if max(drift) - min(drift) > lesson.frame:
            yield error(
                "8.1",
                track.path,
                f"EXTINF drifts by {float(max(drift) - min(drift)):.3f} s, "
                f"over one picture ({frame_of(lesson)}).",
            )


def same_span(lesson: Lesson) -> Iterator[Violation]:
    slack = max(lesson.frame, _SLACK)
    for track in lesson.tracks.values():
        lasts = track.playlist.duration
        if abs(lasts - lesson.p.duration) > slack:
            rule = "5.5" if track.role is Role.SUBTITLES else "8.3"
            yield error(
                rule,
                track.path,
                f"The playlist lasts {float(lasts):.3f} s, "
                f"the lesson {float(lesson.p.duration):.3f} s.",
            )


def same_boundaries(lesson: Lesson) -> Iterator[Violation]:
    tracks = lesson.of(Role.VIDEO, Role.IFRAMES)
    for track in tracks[1:]:
        pairs = list(zip(_ends(tracks[0]), _ends(track), strict=False))
        unequal = len(track.playlist.entries) != len(tracks[0].playlist.entries)
        if unequal or any(abs(one - other) > 2 * _MICROSECOND for one, other in pairs):
            yield error(
                "8.22", track.path, f"Segments do not end where those of {tracks[0].path} end."
            )


def _ends(track: Track) -> Iterator[Fraction]:
    return accumulate(entry.duration for entry in track.playlist.entries)


def iframes(lesson: Lesson) -> Iterator[Violation]:
    for track in lesson.of(Role.IFRAMES):
        if not track.playlist.iframes_only:
            yield error("6.8", track.path, "An I-frame playlist needs EXT-X-I-FRAMES-ONLY.")
        for entry, segment in zip(track.playlist.entries, track.segments, strict=False):
            if entry.length is None or entry.offset is None:
                yield error("6.1", track.path, f"{entry.uri} has no byte range.")
            elif entry.offset + entry.length > segment.object.size:
                yield error("RFC 4.3.2.2", track.path, f"The byte range leaves {entry.uri}.")
            elif entry.offset != 0 or entry.length != segment.key_bytes or not entry.length:
                yield error(
                    "6.10", track.path, f"The byte range of {entry.uri} is not `moof` and I-frame."
                )
    for track in lesson.of(Role.VIDEO, Role.AUDIO, Role.SUBTITLES):
        if track.playlist.iframes_only or any(e.length for e in track.playlist.entries):
            yield error("6.8", track.path, "Only I-frame playlists are marked and use byte ranges.")


def independent(lesson: Lesson) -> Iterator[Violation]:
    videos = lesson.of(Role.VIDEO)
    if lesson.master.independent or not videos:
        return
    yield warning("9.11", "master.m3u8", "EXT-X-INDEPENDENT-SEGMENTS should be here.")
    for track in videos:
        if not track.playlist.independent:
            yield error("9.12", track.path, "EXT-X-INDEPENDENT-SEGMENTS is nowhere.")


def media_types(lesson: Lesson) -> Iterator[Violation]:
    """Section 10.4: recommended types; stores hand them on as Content-Type."""
    for track in lesson.of(Role.VIDEO, Role.AUDIO, Role.SUBTITLES):
        expected = {"text/vtt"} if track.role is Role.SUBTITLES else {"video/iso.segment"}
        kinds = {segment.object.type for segment in track.segments}
        if kinds - expected:
            yield warning("10.4", track.path, f"Segments are stored as {sorted(kinds)}.")
    coded: tuple[Video | Audio, ...] = (*lesson.p.video, *lesson.p.audio)
    for rendition in coded:
        allowed = {"video/mp4"} | (set() if isinstance(rendition, Video) else {"audio/mp4"})
        if rendition.init.type not in allowed:
            yield warning("10.4", rendition.init.path, f"Stored as {rendition.init.type}.")


RULES = (
    vod,
    initialised,
    target_durations,
    exact_sums,
    same_span,
    same_boundaries,
    iframes,
    independent,
    media_types,
)
