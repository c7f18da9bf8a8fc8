"""Lessons made of numbers: what the encoders would hand over, without any media."""

import hashlib
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from manifests.hls import lesson_texts
from manifests.model import Audio, Object, Presentation, Segment, Sheet, Subtitle, Video

RATE = Fraction(25)
LADDER = (
    ("240p", 426, 240, 85_000, "avc1.640015"),
    ("480p", 854, 480, 560_000, "avc1.64001F"),
    ("720p", 1280, 720, 1_150_000, "avc1.64001F"),
)


def stored(name: str, size: int, kind: str) -> Object:
    digest = hashlib.sha256(name.encode()).hexdigest()
    stem, _, extension = name.rpartition(".")
    return Object(f"media/{stem}-{digest[:12]}.{extension}", size, digest, kind)


def spans(duration: Fraction, step: Fraction, tick: Fraction) -> list[Fraction]:
    """Whole ticks, about `step` each, the last one shorter."""
    ends = [Fraction(0)]
    while ends[-1] < duration:
        ends.append(min(duration, round((len(ends) * step) / tick) * tick))
    return [stop - start for start, stop in pairwise(ends)]


def video(name: str, width: int, height: int, rate: int, codecs: str, duration: Fraction) -> Video:
    segments = []
    for n, span in enumerate(spans(duration, Fraction(6), 1 / RATE)):
        wobble = Fraction(90 + (n * 7) % 21, 100)
        size = int(rate * span * wobble / 8)
        segments.append(
            Segment(stored(f"{name}-{n:07}.m4s", size, "video/iso.segment"), span, 100 + size // 5)
        )
    init = stored(f"{name}-init.mp4", 840, "video/mp4")
    return Video(name, width, height, RATE, codecs, init, tuple(segments))


def audio(
    duration: Fraction,
    name: str = "audio",
    language: str = "zh",
    label: str = "普通话",
    rate: int = 64_000,
) -> Audio:
    segments = [
        Segment(stored(f"{name}-{n:07}.m4s", int(rate * span / 8), "video/iso.segment"), span)
        for n, span in enumerate(spans(duration, Fraction(6), Fraction(1024, 48000)))
    ]
    init = stored(f"{name}-init.mp4", 720, "audio/mp4")
    return Audio(name, language, label, 2, "mp4a.40.2", init, tuple(segments))


def subtitle(duration: Fraction, language: str = "zh", label: str = "中文字幕") -> Subtitle:
    name = f"subtitles-{language}"
    segments = [
        Segment(stored(f"{name}-{n:07}.vtt", 200 + n, "text/vtt"), span)
        for n, span in enumerate(spans(duration, Fraction(6), Fraction(1, 1000)))
    ]
    return Subtitle(name, language, label, tuple(segments))


def sheets(duration: Fraction) -> tuple[Sheet, ...]:
    times = [Fraction(second) for second in range(0, int(duration), 5)]
    return tuple(
        Sheet(
            stored(f"thumbnails-{n:07}.jpg", 9000 + n, "image/jpeg"),
            160,
            90,
            3,
            tuple(times[at : at + 6]),
        )
        for n, at in enumerate(range(0, len(times), 6))
    )


def lesson(duration: Fraction = Fraction(1503, 25)) -> Presentation:
    """A film of about a minute: three rungs, sound, captions, thumbnails."""
    return Presentation(
        duration=duration,
        video=tuple(video(*rung, duration) for rung in LADDER),
        audio=(audio(duration),),
        subtitles=(subtitle(duration),),
        sheets=sheets(duration),
        poster=stored("poster.jpg", 31_000, "image/jpeg"),
    )


def two_languages() -> Presentation:
    p = lesson()
    english = audio(p.duration, "audio-2", "en", "English", 96_000)
    captions = subtitle(p.duration, "en", "English")
    return replace(p, audio=(*p.audio, english), subtitles=(*p.subtitles, captions))


def silent() -> Presentation:
    return replace(lesson(), audio=(), subtitles=())


def audio_programme() -> Presentation:
    p = lesson()
    return replace(p, video=(), subtitles=(), sheets=(), poster=None)


def texts_of(p: Presentation) -> dict[str, str]:
    return {text.path: text.text for text in lesson_texts(p)}
