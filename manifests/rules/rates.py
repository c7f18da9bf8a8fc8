"""Whether declared bit rates are the measured ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from manifests.m3u8 import Variant
from manifests.rules.lesson import MASTER, Lesson, Role, Track
from manifests.violations import Violation, error, warning

_TENTH = Fraction(1, 10)
_ROUNDING = Fraction(1001, 1000)
"""EXTINF is printed in microseconds, so a rate computed from it is off by a little."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Bits a second."""

    peak: Fraction
    average: Fraction


def measured(track: Track) -> Measured:
    """RFC 8216 section 4.1, straight from its words: every run, one after the other."""
    entries = track.playlist.entries
    sizes = [
        segment.object.size if entry.length is None else entry.length
        for entry, segment in zip(entries, track.segments, strict=False)
    ]
    times = [entry.duration for entry, _ in zip(entries, sizes, strict=False)]
    if not sum(times):
        return Measured(Fraction(0), Fraction(0))
    average = Fraction(8 * sum(sizes)) / sum(times)
    rates = list(_runs(sizes, times, track.playlist.target))
    return Measured(peak=max(rates, default=average), average=average)


def _runs(sizes: Sequence[int], times: Sequence[Fraction], target: int) -> Iterator[Fraction]:
    for first in range(len(sizes)):
        size, time = 0, Fraction(0)
        for last in range(first, len(sizes)):
            size, time = size + sizes[last], time + times[last]
            if time > Fraction(3, 2) * target:
                break
            if time >= Fraction(1, 2) * target:
                yield Fraction(8 * size) / time


def variant_rates(lesson: Lesson) -> Iterator[Violation]:
    known = {path: measured(track) for path, track in lesson.tracks.items()}
    for variant in lesson.master.variants:
        if variant.uri in known:
            yield from _declared(variant, _playable(lesson, variant, known), ("1.27", "1.26"))
    for variant in lesson.master.iframes:
        if variant.uri in known:
            yield from _declared(variant, known[variant.uri], ("6.9", "6.9"))


def _playable(lesson: Lesson, variant: Variant, known: Mapping[str, Measured]) -> Measured:
    """The most any combination of renditions asks for [9.13]."""
    parts = [
        [
            known[media["URI"]]
            for media in lesson.master.media
            if media.get("TYPE") == kind
            and media.get("GROUP-ID") == variant.attributes.get(kind)
            and media.get("URI") in known
        ]
        for kind in ("AUDIO", "SUBTITLES")
    ]
    if lesson.tracks[variant.uri].role is Role.VIDEO or not parts[0]:
        parts.append([known[variant.uri]])
    return Measured(
        peak=sum((max(m.peak for m in part) for part in parts if part), Fraction(0)),
        average=sum((max(m.average for m in part) for part in parts if part), Fraction(0)),
    )


def _declared(variant: Variant, real: Measured, rules: tuple[str, str]) -> Iterator[Violation]:
    pairs = (
        ("BANDWIDTH", real.peak, rules[0]),
        ("AVERAGE-BANDWIDTH", real.average, rules[1]),
    )
    for name, rate, rule in pairs:
        text = variant.attributes.get(name, "")
        if not text.isdigit():
            continue
        if abs(int(text) - rate) > rate * _TENTH and abs(int(text) - rate) > 1:
            yield error(
                rule,
                MASTER,
                f"{name} of {variant.uri} is {text} but {float(rate):.0f} b/s was measured.",
            )
        elif name == "BANDWIDTH" and int(text) * _ROUNDING < rate:
            yield error(
                "9.13", MASTER, f"{name} of {variant.uri} leaves out a part of {float(rate):.0f}."
            )
    if real.peak > 2 * real.average and rules[0] != "6.9":
        times = float(real.peak / real.average)
        yield warning(
            "1.30", MASTER, f"The peak of {variant.uri} is {times:.1f} times its average."
        )


RULES = (variant_rates,)
