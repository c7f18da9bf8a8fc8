"""What a person should know of a recording: facts in, findings out."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from encoders.facts import AudioTrack, Finding, SubtitleTrack, VideoTrack
from encoders.findings import finding
from encoders.inspect.pictures import Sight
from encoders.inspect.sound import Listener

_EXTENSIONS = {
    "mov,mp4,m4a,3gp,3g2,mj2": {"mp4", "m4v", "m4a", "mov", "qt", "3gp", "3g2", "f4v", "mj2"},
    "matroska,webm": {"mkv", "mka", "mks", "webm"},
    "mpegts": {"ts", "mts", "m2ts", "m2t", "tp", "trp"},
    "mpeg": {"mpg", "mpeg", "vob", "dat", "m2p", "ps"},
    "mp3": {"mp3", "mp2", "mpa"},
    "aac": {"aac"},
    "wav": {"wav"},
    "flac": {"flac"},
    "ogg": {"ogg", "ogv", "oga", "ogx", "opus", "spx"},
    "avi": {"avi", "divx"},
    "asf": {"asf", "wmv", "wma"},
    "amr": {"amr"},
    "flv": {"flv"},
    "dv": {"dv", "dif"},
    "rm": {"rm", "rmvb", "ra", "ram"},
}
_KNOWN = frozenset().union(*_EXTENSIONS.values())
_SELF_TIMED = {"mpegts", "mpeg", "dv"}
"""Formats whose clock has no zero to start from."""

_LATE = Fraction(1, 2)
"""Seconds a clock may start off zero before a person should hear of it."""
_APART = Fraction(1)
"""Seconds one of sound and picture may start or end before the other."""
_TELL = 10
"""Findings of one kind, at most: the gravest say enough."""

_SILENT_PEAK = -60.0
"""dBTP under which a track holds nothing to hear."""
_QUIET, _LOUD = -35.0, -10.0
"""LKFS."""
_CLIPPED_A_MINUTE = 50
_OPPOSITE = -0.6
_BLACK, _FLAT = 0.06, 0.03
"""Mean and deviation of luma (of 1) of a black picture."""
_FEWEST = 3
"""Pictures that must agree before all are said to be alike."""
_LONG_STILL = 60
"""Seconds a picture may stand still before it is worth a word."""
_LEAST_BARS = 0.04
_HDR = {"smpte2084", "arib-std-b67"}


def name_finding(path: Path, container: str) -> Iterator[Finding]:
    extension = path.suffix.lower().removeprefix(".")
    fitting = _EXTENSIONS.get(container)
    if fitting is not None and extension in _KNOWN - fitting:
        yield finding("wrong-extension", extension=f".{extension}", container=container)


def clock_findings(container: str, origin: Fraction, hidden: Fraction) -> Iterator[Finding]:
    if hidden >= _LATE or origin <= -_LATE:
        yield finding("negative-start", Fraction(0), seconds=_short(max(hidden, -origin)))
    elif origin >= _LATE and container not in _SELF_TIMED:
        yield finding("starts-late", Fraction(0), seconds=_short(origin))


def span_findings(
    video: VideoTrack | None, audio: tuple[AudioTrack, ...], duration: Fraction
) -> Iterator[Finding]:
    """Picture and sound that do not start or end together."""
    if video is None or not audio:
        return
    start, stop = min(t.start for t in audio), max(t.stop for t in audio)
    if video.start - start >= _APART:
        yield finding("video-starts-late", start, video.start, seconds=_short(video.start - start))
    elif start - video.start >= _APART:
        yield finding("audio-starts-late", video.start, start, seconds=_short(start - video.start))
    if stop - video.stop >= _APART:
        yield finding("video-ends-early", video.stop, duration)
    elif video.stop - stop >= _APART:
        yield finding("audio-ends-early", stop, duration)


def gap_findings(code: str, spans: Iterable[tuple[Fraction, Fraction]]) -> Iterator[Finding]:
    """The longest gaps, in the order of time."""
    longest = sorted(spans, key=lambda span: span[0] - span[1])[:_TELL]
    for start, stop in sorted(longest):
        yield finding(code, start, stop)


def sound_findings(
    track: AudioTrack, listener: Listener, origin: Fraction, first: bool
) -> Iterator[Finding]:
    """Of the first track all there is to say; of others only what is damaged."""
    if listener.errors and listener.first_error is not None:
        at = max(Fraction(0), listener.first_error - origin)
        yield finding("decode-errors", at, count=listener.errors)
    yield from gap_findings(
        "audio-gap", ((g.start - origin, g.stop - origin) for g in listener.gaps)
    )
    if first:
        yield from _level_findings(track, listener)


def _level_findings(track: AudioTrack, listener: Listener) -> Iterator[Finding]:
    if track.true_peak is None or track.true_peak < _SILENT_PEAK:
        yield finding("silent-audio", track.start, track.stop)
        return
    level = listener.level
    silences = level.silences if level else []
    yield from gap_findings(
        "silent-audio", ((track.start + s.start, track.start + s.stop) for s in silences)
    )
    if track.loudness is not None and track.loudness < _QUIET:
        yield finding("quiet", loudness=f"{track.loudness:.1f}")
    if track.loudness is not None and track.loudness > _LOUD:
        yield finding("loud", loudness=f"{track.loudness:.1f}")
    if track.clipped * 60 > _CLIPPED_A_MINUTE * (track.stop - track.start):
        yield finding("clipping", count=track.clipped)
    if track.channels == 2 and len(track.dead_channels) == 1:
        left = track.dead_channels == (1,)
        yield finding(
            "dead-channel", side="left" if left else "right", side_zh="左" if left else "右"
        )
    elif level and level.correlation is not None and level.correlation < _OPPOSITE:
        yield finding("out-of-phase")


def picture_findings(track: VideoTrack, sight: Sight, origin: Fraction) -> Iterator[Finding]:
    for size in sight.sizes[1:]:
        # As shown: of a change of shape alone the coded size would say nothing.
        width = round(size.width * size.sample_aspect)
        yield finding("size-changes", size.time - origin, width=width, height=size.height)
    if track.variable:
        yield finding("variable-rate", rate=_short(track.rate))
    if track.field_order != "progressive":
        yield finding("interlaced")
    if sight.bars >= _LEAST_BARS:
        yield finding("letterbox", share=round(100 * sight.bars))
    if track.transfer in _HDR:
        yield finding("hdr", transfer=track.transfer)
    if len(sight.pictures) >= _FEWEST:
        if all(p.luma <= _BLACK and p.detail <= _FLAT for p in sight.pictures):
            yield finding("black-picture", track.start, track.stop)
        elif sight.still and track.stop - track.start >= _LONG_STILL:
            yield finding("still-picture", track.start, track.stop)


def subtitle_findings(tracks: Iterable[SubtitleTrack]) -> Iterator[Finding]:
    for track in tracks:
        if not track.text:
            yield finding("bitmap-subtitles", stream=track.stream, codec=track.codec)


def _short(seconds: Fraction) -> str:
    return f"{float(seconds):.3f}".rstrip("0").rstrip(".")
