"""Rules of the multivariant playlist: what it must say, and whether it is true."""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from manifests.m3u8 import Variant
from manifests.model import Audio, Video
from manifests.rules.lesson import MASTER, Lesson, Role
from manifests.violations import Violation, error, warning

CELLULAR = 192_000
"""Bits a second [9.21]."""
COMFORTABLE = 2_000_000
"""Bits a second: Apple's default variant on a good line [1.32]."""

_LANGUAGE = re.compile(
    r"""
    ([a-z]{2,3} (-[a-z]{3}){0,3} | [a-z]{4,8})  # language
    (-[a-z]{4})?                                # script
    (-([a-z]{2} | [0-9]{3}))?                   # region
    (-([a-z0-9]{5,8} | [0-9][a-z0-9]{3}))*      # variants
    (-[0-9a-wyz] (-[a-z0-9]{2,8})+)*            # extensions
    (-x (-[a-z0-9]{1,8})+)?                     # private use
    | x (-[a-z0-9]{1,8})+
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""RFC 5646 section 2.1: `langtag` or `privateuse`."""


def videos_of(lesson: Lesson) -> list[tuple[Variant, Video]]:
    return [
        (variant, track.rendition)
        for variant in lesson.master.variants
        if (track := lesson.tracks.get(variant.uri)) and isinstance(track.rendition, Video)
    ]


def required_attributes(lesson: Lesson) -> Iterator[Violation]:
    pictured = {variant.uri for variant, _ in videos_of(lesson)}
    for variant in lesson.master.variants:
        needed = {"CODECS": "9.1", "BANDWIDTH": "RFC 4.3.4.2", "AVERAGE-BANDWIDTH": "9.14"}
        if variant.uri in pictured:
            needed |= {"RESOLUTION": "9.2", "FRAME-RATE": "9.15"}
        yield from _lacking(variant, needed)
    for variant in lesson.master.iframes:
        yield from _lacking(
            variant, {"CODECS": "9.3", "RESOLUTION": "9.4", "BANDWIDTH": "RFC 4.3.4.3"}
        )


def _lacking(variant: Variant, needed: Mapping[str, str]) -> Iterator[Violation]:
    for name, rule in needed.items():
        if not variant.attributes.get(name):
            yield error(rule, MASTER, f"{name} of {variant.uri} is missing.")
        elif "BANDWIDTH" in name and not variant.attributes[name].isdigit():
            yield error(rule, MASTER, f"{name} of {variant.uri} is not an integer.")


def true_attributes(lesson: Lesson) -> Iterator[Violation]:
    """RESOLUTION, FRAME-RATE and CODECS are those of what was encoded."""
    for variant, video in videos_of(lesson):
        yield from _differs(variant, "RESOLUTION", f"{video.width}x{video.height}")
        if rate := variant.attributes.get("FRAME-RATE"):
            yield from _frame_rate(variant, rate, video)
    for variant in lesson.master.iframes:
        track = lesson.tracks.get(variant.uri)
        if track and isinstance(track.rendition, Video):
            size = f"{track.rendition.width}x{track.rendition.height}"
            yield from _differs(variant, "RESOLUTION", size)
            yield from _differs(variant, "CODECS", track.rendition.codecs)
    for variant in lesson.master.variants:
        expected = _codecs_of(lesson, variant)
        declared = variant.attributes.get("CODECS")
        if declared and set(declared.split(",")) != expected:
            yield error(
                "RFC 4.3.4.2", MASTER, f"CODECS of {variant.uri} should be {sorted(expected)}."
            )


def _differs(variant: Variant, name: str, expected: str) -> Iterator[Violation]:
    if variant.attributes.get(name, expected) != expected:
        yield error("RFC 4.3.4.2", MASTER, f"{name} of {variant.uri} should be {expected}.")


def _frame_rate(variant: Variant, rate: str, video: Video) -> Iterator[Violation]:
    """RFC 8216: a decimal-floating-point number rounded to three decimal places."""
    try:
        declared = Fraction(rate)
    except ValueError:
        declared = Fraction(0)
    if abs(declared - video.frame_rate) > Fraction(1, 1000):
        yield error(
            "RFC 4.3.4.2", MASTER, f"FRAME-RATE of {variant.uri} is not {video.frame_rate}."
        )


def _codecs_of(lesson: Lesson, variant: Variant) -> set[str]:
    group = variant.attributes.get("AUDIO")
    paths = [variant.uri] + [
        media["URI"]
        for media in lesson.master.media
        if media.get("TYPE") == "AUDIO" and media.get("GROUP-ID") == group and "URI" in media
    ]
    found = [lesson.tracks[path].rendition for path in paths if path in lesson.tracks]
    return {rendition.codecs for rendition in found if isinstance(rendition, Video | Audio)}


def groups(lesson: Lesson) -> Iterator[Violation]:
    """RFC 8216 section 4.3.4.1."""
    seen: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for media in lesson.master.media:
        key = (media.get("TYPE", ""), media.get("GROUP-ID", ""))
        seen.setdefault(key, []).append(media)
        for name in ("TYPE", "GROUP-ID", "NAME", "URI"):
            if not media.get(name):
                yield error("RFC 4.3.4.1", MASTER, f"An EXT-X-MEDIA has no {name}.")
        yield from _language(media)
        if media.get("TYPE") == "AUDIO" and not media.get("CHANNELS"):
            yield warning("RFC 4.3.4.1", MASTER, f"{media.get('NAME')} has no CHANNELS.")
        if media.get("DEFAULT") == "YES" and media.get("AUTOSELECT") == "NO":
            yield error("RFC 4.3.4.1", MASTER, f"{media.get('NAME')} is DEFAULT, not AUTOSELECT.")
    for (kind, group), members in seen.items():
        names = [media.get("NAME") for media in members]
        if len(set(names)) < len(names):
            yield error("RFC 4.3.4.1.1", MASTER, f"Two of {kind} {group} have the same NAME.")
        if sum(media.get("DEFAULT") == "YES" for media in members) > 1:
            yield error("RFC 4.3.4.1.1", MASTER, f"Two of {kind} {group} are the default.")
    for variant in lesson.master.variants:
        for kind in ("AUDIO", "SUBTITLES"):
            wanted = variant.attributes.get(kind)
            if wanted is not None and (kind, wanted) not in seen:
                yield error("RFC 4.3.4.2", MASTER, f"{variant.uri} has no {kind} group {wanted}.")


def _language(media: Mapping[str, str]) -> Iterator[Violation]:
    tag = media.get("LANGUAGE")
    if not tag:
        yield error("8.10", MASTER, f"The track {media.get('NAME')} has no LANGUAGE.")
    elif not _LANGUAGE.fullmatch(tag):
        yield error(
            "8.10", MASTER, f"LANGUAGE {tag!r} of {media.get('NAME')} is not a tag of RFC 5646."
        )


def separate_sound(lesson: Lesson) -> Iterator[Violation]:
    declared = {media.get("URI") for media in lesson.master.media if media.get("TYPE") == "AUDIO"}
    for track in lesson.of(Role.AUDIO):
        if track.path not in declared:
            yield error("8.9", MASTER, f"{track.path} is not declared by an EXT-X-MEDIA.")
    if lesson.p.audio:
        for variant, _ in videos_of(lesson):
            if "AUDIO" not in variant.attributes:
                yield error("8.9", MASTER, f"{variant.uri} has no AUDIO group: it plays silent.")


def sound(lesson: Lesson) -> Iterator[Violation]:
    """AAC in mono counts as [2.3]: it is what a stereo player makes two channels of."""
    tracks = lesson.p.audio
    if tracks and not any(t.codecs.startswith("mp4a.40.") and t.channels <= 2 for t in tracks):
        yield error("2.3", MASTER, "No track is AAC in stereo or mono.")
    for track in tracks:
        lasts = sum(segment.duration for segment in track.segments)
        rate = 8 * sum(segment.object.size for segment in track.segments) / lasts if lasts else 0
        if not 32_000 <= rate <= 160_000:
            yield warning(
                "2.9", MASTER, f"{track.name} has {float(rate):.0f} b/s, not 32000 to 160000."
            )


def choice(lesson: Lesson) -> Iterator[Violation]:
    """[9.9] is advice here: a small recording has but one rung, and none is ever upscaled."""
    videos = videos_of(lesson)
    if len(videos) == 1:
        yield warning("9.9", MASTER, "There is only one video variant to choose.")
    pool = [variant for variant, _ in videos] or list(lesson.master.variants)
    rates = [int(v.attributes["BANDWIDTH"]) for v in pool if _integer(v, "BANDWIDTH")]
    if rates and min(rates) > CELLULAR:
        yield warning("9.21", MASTER, f"The lowest variant needs {min(rates)} b/s, over 192000.")
    first = lesson.master.variants[0] if lesson.master.variants else None
    if videos and first not in pool:
        yield warning("1.32", MASTER, "The first variant, the default, has no picture.")
    elif first and rates and _integer(first, "BANDWIDTH"):
        declared = int(first.attributes["BANDWIDTH"])
        if declared > COMFORTABLE and declared > min(rates):
            yield warning("1.32", MASTER, f"The first variant, the default, needs {declared} b/s.")


def _integer(variant: Variant, name: str) -> bool:
    return variant.attributes.get(name, "").isdigit()


def scrubbing(lesson: Lesson) -> Iterator[Violation]:
    listed = {id(track.rendition) for track in lesson.of(Role.IFRAMES)}
    for video in lesson.p.video:
        if id(video) not in listed:
            yield error("6.1", MASTER, f"The rendition {video.name} has no I-frame playlist.")


RULES = (
    required_attributes,
    true_attributes,
    groups,
    separate_sound,
    sound,
    choice,
    scrubbing,
)
