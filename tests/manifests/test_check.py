"""Each rule, broken alone in a good lesson, is found; the good lesson has no fault.

A mutation changes the texts (playlists are renamed by their new content, so that only the rule in
question is broken) or the values the texts are checked against.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.check import Severity, check
from manifests.model import Audio, Object, Presentation, Segment, Video
from tests.manifests.lessons import (
    audio,
    audio_programme,
    lesson,
    silent,
    texts_of,
    two_languages,
)

Texts = dict[str, str]
E, W = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    "p",
    [
        lesson(),
        two_languages(),
        silent(),
        audio_programme(),
        lesson(Fraction(1)),
        lesson(Fraction(601, 25)),
    ],
)
def test_what_the_writer_writes_has_no_fault(p: Presentation) -> None:
    assert check(p, texts_of(p)) == ()


# --- mutations of texts --------------------------------------------------------------------------


def path_of(texts: Texts, start: str) -> str:
    (path,) = (path for path in texts if re.fullmatch(f"media/{start}-[0-9a-f]{{12}}\\..*", path))
    return path


def edited(texts: Texts, start: str, pattern: str, new: str, count: int = 1) -> Texts:
    """A playlist with a change, under its new name, which the others now use."""
    old = path_of(texts, start)
    text, changes = re.subn(pattern, new, texts[old], count=count, flags=re.MULTILINE)
    assert changes, f"{pattern} is not in {old}"
    path = re.sub("-[0-9a-f]{12}", f"-{hashlib.sha256(text.encode()).hexdigest()[:12]}", old)
    others = {name: kept.replace(old, path) for name, kept in texts.items() if name != old}
    return {**others, path: text}


def media(start: str, pattern: str, new: str, count: int = 1) -> Callable[[Texts], Texts]:
    return lambda texts: edited(texts, start, pattern, new, count)


def master(pattern: str, new: str, count: int = 1) -> Callable[[Texts], Texts]:
    def change(texts: Texts) -> Texts:
        text, changes = re.subn(pattern, new, texts["master.m3u8"], count=count, flags=re.M)
        assert changes, f"{pattern} is not in the multivariant playlist"
        return {**texts, "master.m3u8": text}

    return change


def without(start: str) -> Callable[[Texts], Texts]:
    def change(texts: Texts) -> Texts:
        gone = path_of(texts, start)
        return {path: text for path, text in texts.items() if path != gone}

    return change


def all_media(pattern: str, new: str, *starts: str) -> Callable[[Texts], Texts]:
    def change(texts: Texts) -> Texts:
        for start in starts:
            texts = edited(texts, start, pattern, new, 0)
        return texts

    return change


def both(*changes: Callable[[Texts], Texts]) -> Callable[[Texts], Texts]:
    def change(texts: Texts) -> Texts:
        for one in changes:
            texts = one(texts)
        return texts

    return change


def renamed(texts: Texts) -> Texts:
    old = path_of(texts, "480p")
    new = "media/480p-000000000000.m3u8"
    return {path.replace(old, new): text.replace(old, new) for path, text in texts.items()}


def doubled_last_variant(texts: Texts) -> Texts:
    """The audio-only variant is listed a second time."""
    return master(r"(#EXT-X-STREAM-INF.*\n.*\n)(#EXT-X-I-FRAME)", r"\1\1\2")(texts)


AV = ("240p", "480p", "720p", "audio")
INF = "#EXT-X-STREAM-INF:"
OTHER_INIT = lesson().video[2].init.path.removeprefix("media/")
TEXT_MUTATIONS: list[tuple[str, Severity, Callable[[Texts], Texts]]] = [
    ("farm/reads", E, master("#EXTM3U\n", "")),
    ("farm/reads", E, master("NAME=", "NAME")),
    ("farm/reads", E, master("#EXT-X-VERSION:7\n", "#EXT-X-VERSION:7\n\n")),
    ("farm/reads", E, master("#EXT-X-VERSION:7\n", "#EXT-X-VERSION:7\n#EXT-X-VERSION:7\n")),
    ("farm/reads", E, master(r"(#EXT-X-STREAM-INF.*\n).*\n", r"\1")),
    ("farm/resolves", E, lambda texts: {p: t for p, t in texts.items() if p != "master.m3u8"}),
    ("farm/duplicate", E, doubled_last_variant),
    ("farm/name", E, renamed),
    ("8.6", E, media("480p", "#EXT-X-PLAYLIST-TYPE:VOD\n", "")),
    ("8.6", E, media("audio", "TYPE:VOD", "TYPE:EVENT")),
    ("8.6", E, media("720p-iframes", "#EXT-X-PLAYLIST-TYPE:VOD\n", "")),
    ("RFC 4.3.3.4", E, media("480p", "#EXT-X-ENDLIST\n", "")),
    ("RFC 4.3.3.4", E, media("subtitles-zh", "#EXT-X-ENDLIST\n", "")),
    ("8.20", E, media("480p", "#EXT-X-MAP.*\n", "")),
    ("RFC 7", E, media("480p", "VERSION:7", "VERSION:5")),
    ("8.2", E, media("audio", "TARGETDURATION:6", "TARGETDURATION:7")),
    ("RFC 4.3.3.1", E, media("subtitles-zh", "TARGETDURATION:6", "TARGETDURATION:5")),
    ("7.5", W, all_media("TARGETDURATION:6", "TARGETDURATION:8", *AV)),
    ("farm/complete", E, media("480p", r'MAP:URI="[^"]*"', f'MAP:URI="{OTHER_INIT}"')),
    ("6.8", E, media("480p-iframes", "#EXT-X-I-FRAMES-ONLY\n", "")),
    ("6.1", E, media("480p-iframes", r"#EXT-X-BYTERANGE.*\n", "")),
    ("6.10", E, media("480p-iframes", r"(BYTERANGE:\d+)@0", r"\1@8")),
    ("RFC 4.3.2.2", E, media("480p-iframes", r"BYTERANGE:\d+@0", "BYTERANGE:9999999@0")),
    ("9.11", W, master("#EXT-X-INDEPENDENT-SEGMENTS\n", "")),
    (
        "9.12",
        E,
        both(
            master("#EXT-X-INDEPENDENT-SEGMENTS\n", ""),
            media("480p", "#EXT-X-INDEPENDENT-SEGMENTS\n", ""),
        ),
    ),
    ("9.1", E, master(f'({INF}.*)CODECS="[^"]*",', r"\1")),
    ("9.2", E, master(f"({INF}.*)RESOLUTION=[^,]*,", r"\1")),
    ("9.3", E, master('(I-FRAME-STREAM-INF.*)CODECS="[^"]*",', r"\1")),
    ("9.4", E, master("(I-FRAME-STREAM-INF.*)RESOLUTION=[^,]*,", r"\1")),
    ("9.14", E, master(f"({INF}.*)AVERAGE-BANDWIDTH=[^,]*,", r"\1")),
    ("9.15", E, master(f"({INF}.*)FRAME-RATE=[^,]*,", r"\1")),
    ("RFC 4.3.4.2", E, master(f"({INF}.*)RESOLUTION=[^,]*,", r"\1RESOLUTION=640x360,")),
    ("RFC 4.3.4.2", E, master(f"({INF}.*)FRAME-RATE=[^,]*,", r"\1FRAME-RATE=30.000,")),
    ("RFC 4.3.4.2", E, master(f'({INF}.*),mp4a.40.2"', r'\1"')),
    ("RFC 4.3.4.2", E, master(f'({INF}.*)SUBTITLES="[^"]*"', r'\1SUBTITLES="other"')),
    ("1.26", E, master(f"({INF}.*AVERAGE-BANDWIDTH)=", r"\1=1")),
    ("1.27", E, master(f"({INF}BANDWIDTH)=", r"\1=1")),
    ("6.9", E, master("(I-FRAME-STREAM-INF:BANDWIDTH)=", r"\1=9")),
    ("8.10", E, master(r'LANGUAGE="zh",', "")),
    ("8.10", E, master(r'LANGUAGE="zh"', 'LANGUAGE="zh_CN"')),
    ("8.10", E, master(r'LANGUAGE="zh"', 'LANGUAGE="z"')),
    ("8.10", E, master(r'LANGUAGE="zh"', 'LANGUAGE="zh-"')),
    ("8.10", E, master(r'LANGUAGE="zh"', 'LANGUAGE="中文"')),
    ("8.10", E, master(r'LANGUAGE="zh"', 'LANGUAGE="zh-CN-Hans"')),
    ("8.10", E, master(r'LANGUAGE="zh"', 'LANGUAGE="en-a"')),
    ("RFC 4.3.4.1", W, master(r'CHANNELS="2",', "")),
    ("RFC 4.3.4.1", E, master("AUTOSELECT=YES", "AUTOSELECT=NO")),
    ("RFC 4.3.4.1", E, master(r'NAME="[^"]*",', "")),
    ("8.9", E, master(f'({INF}.*),AUDIO="audio"', r"\1")),
]


@pytest.mark.parametrize(("rule", "severity", "change"), TEXT_MUTATIONS)
def test_a_broken_text_is_found_and_nothing_else(
    rule: str, severity: Severity, change: Callable[[Texts], Texts]
) -> None:
    p = lesson()
    found = {(one.rule, one.severity) for one in check(p, change(texts_of(p)))}
    assert (rule, severity) in found
    assert found <= {(rule, severity), *CONSEQUENCES.get(rule, ())}


CONSEQUENCES = {
    "9.12": {("9.11", W)},
    # Without byte ranges, whole segments are what the I-frame playlist asks for.
    "6.1": {("6.9", E)},
    "RFC 4.3.2.2": {("6.9", E)},
    # Without its sound, a variant declares too much.
    "8.9": {("RFC 4.3.4.2", E), ("1.26", E), ("1.27", E)},
    "RFC 4.3.3.1": {("7.7", E)},
}
"""What else a single break must also be called."""


LOOSE: list[tuple[str, Severity, Callable[[Texts], Texts]]] = [
    ("farm/resolves", E, without("480p")),
    ("farm/resolves", E, media("480p", r"480p-0000003-\w+\.m4s", "480p-0000003-ffff.m4s")),
    ("farm/reads", E, media("480p", "#EXTINF:6.000000,", "#EXTINF:six,")),
    ("farm/reads", E, media("480p", r"#EXTINF:6.000000,\n", "")),
    ("farm/reads", E, media("480p", r"480p-0000003-\w+\.m4s\n", "")),
    ("farm/reads", E, media("480p", r"#EXTM3U\n", "#EXTM3U8\n")),
    ("farm/reads", E, media("480p", r"#EXT-X-TARGETDURATION.*\n", "")),
    ("farm/reads", E, media("480p", r"#EXT-X-ENDLIST\n", "#EXT-X-ENDLIST\n#EXTINF:1,\nx\n")),
    ("farm/reads", E, media("480p", r"\n$", "\r\n")),
    ("farm/uri", E, media("480p", r"^480p-0000003", "../media/480p-0000003")),
    ("farm/uri", E, media("480p", r"^480p-0000003", "https://example.org/480p-0000003")),
    ("farm/uri", E, media("480p", r"^480p-0000003", "/480p-0000003")),
    ("farm/uri", E, media("480p", r'MAP:URI="', 'MAP:URI="../media/')),
    ("farm/uri", E, master(r"^media/480p-", "https://example.org/media/480p-")),
    ("farm/uri", E, master(r"^media/480p-", "media/../media/480p-")),
    ("farm/duplicate", E, media("480p", r"480p-0000004-\w+", "480p-0000003-{third}")),
    ("farm/complete", E, media("480p", r"#EXTINF:.*\n480p-0000003-.*\n", "")),
    ("farm/complete", E, master(r"#EXT-X-STREAM-INF.*\n.*480p.*\n", "")),
    ("6.1", E, master(r"#EXT-X-I-FRAME-STREAM-INF.*480p.*\n", "")),
    ("8.3", E, media("480p", r"#EXTINF:.*\n480p-0000003-.*\n", "")),
    ("5.5", E, media("subtitles-zh", r"#EXTINF:.*\nsubtitles-zh-0000003-.*\n", "")),
    (
        "8.22",
        E,
        both(
            media("480p", r"(#EXTINF:)6.000000(,\n480p-0000002)", r"\g<1>5.980000\2"),
            media("480p", r"(#EXTINF:)6.000000(,\n480p-0000003)", r"\g<1>6.020000\2"),
        ),
    ),
    ("8.1", E, all_media(r"#EXTINF:6.000000,", "#EXTINF:6.010000,", *AV[:3])),
    ("8.1", E, media("audio", r"#EXTINF:5.\d+,", "#EXTINF:6.033333,", 2)),
    ("farm/thumbnails", E, without("thumbnails")),
    ("farm/thumbnails", E, media("thumbnails", "WEBVTT", "WEBVTT FILE")),
    ("farm/thumbnails", E, media("thumbnails", "00:00:10.000 -->", "00:00:11.000 -->")),
    ("farm/thumbnails", E, media("thumbnails", "xywh=160,0", "xywh=161,0")),
    ("farm/thumbnails", E, media("thumbnails", "xywh=160,0", "xywh=1600,0")),
    ("farm/thumbnails", E, media("thumbnails", "160,90$", "160,91")),
    ("farm/thumbnails", E, media("thumbnails", "thumbnails-0000001-", "thumbnails-0000009-")),
    ("farm/thumbnails", E, media("thumbnails", r"\n\n00:00:55.*\n.*\n\Z", "")),
    (
        "1.32",
        W,
        master(
            r"(#EXTM3U\n(?:#.*\n)*?)(#EXT-X-STREAM-INF(?:.*\n)*)(#EXT-X-STREAM-INF.*\n.*\n)(#EXT-X-I-FRAME)",
            r"\1\3\2\4",
        ),
    ),
]


@pytest.mark.parametrize(("rule", "severity", "change"), LOOSE)
def test_a_break_that_breaks_more_is_found(
    rule: str, severity: Severity, change: Callable[[Texts], Texts]
) -> None:
    p = lesson()
    third = p.video[1].segments[3].object.sha256[:12]
    texts = change(texts_of(p))
    texts = {path: text.replace("{third}", third) for path, text in texts.items()}
    assert (rule, severity) in {(one.rule, one.severity) for one in check(p, texts)}


# --- mutations of values -------------------------------------------------------------------------


def with_video(p: Presentation, n: int, **changes: object) -> Presentation:
    videos = list(p.video)
    videos[n] = replace(videos[n], **changes)  # type: ignore[arg-type]
    return replace(p, video=tuple(videos))


def with_sizes(p: Presentation, n: int, scale: Callable[[int], int]) -> Presentation:
    segments = tuple(
        replace(segment, object=replace(segment.object, size=scale(at) * segment.object.size))
        for at, segment in enumerate(p.video[n].segments)
    )
    return with_video(p, n, segments=segments)


def low_ladder_only(p: Presentation) -> Presentation:
    return replace(p, video=p.video[:1])


def no_poor_line(p: Presentation) -> Presentation:
    return replace(p, video=p.video[1:])


def with_sound(p: Presentation, **changes: object) -> Presentation:
    return replace(p, audio=(replace(p.audio[0], **changes),))  # type: ignore[arg-type]


ADVICE: list[tuple[str, Severity, Callable[[Presentation], Presentation]]] = [
    ("9.9", W, low_ladder_only),
    ("9.21", W, no_poor_line),
    ("1.30", W, lambda p: with_sizes(p, 2, lambda at: 9 if at == 2 else 1)),
    ("1.33", W, lambda p: with_video(p, 0, width=320)),
    ("1.18", W, lambda p: with_rate(p, Fraction(12))),
    ("1.19", E, lambda p: with_rate(p, Fraction(72))),
    ("1.10", W, lambda p: with_video(p, 0, codecs="avc3.640015")),
    ("1.3b", E, lambda p: with_video(p, 2, codecs="avc1.64003C")),
    ("1.3b", E, lambda p: with_video(p, 2, codecs="avc1.6E001F")),
    ("1.3b", E, lambda p: with_video(p, 2, codecs="avc1.high")),
    ("1.3a", W, lambda p: with_levels(p, "avc1.640033")),
    ("2.3", E, lambda p: with_sound(p, codecs="ac-3")),
    ("2.3", E, lambda p: with_sound(p, channels=6)),
    ("2.9", W, lambda p: replace(p, audio=(audio(p.duration, rate=24_000),))),
    ("10.4", W, lambda p: with_type(p, "video/mp2t")),
    ("farm/object", E, lambda p: with_video(p, 0, init=replace(p.video[0].init, size=0))),
    ("farm/object", E, lambda p: with_video(p, 0, init=replace(p.video[0].init, sha256="00"))),
    ("farm/object", E, lambda p: with_video(p, 0, init=replace(p.video[0].init, sha256="0" * 64))),
]


def with_rate(p: Presentation, rate: Fraction) -> Presentation:
    return replace(p, video=tuple(replace(video, frame_rate=rate) for video in p.video))


def with_levels(p: Presentation, codecs: str) -> Presentation:
    return replace(p, video=tuple(replace(video, codecs=codecs) for video in p.video))


def with_type(p: Presentation, kind: str) -> Presentation:
    first, *others = p.video[0].segments
    changed = replace(first, object=replace(first.object, type=kind))
    return with_video(p, 0, segments=(changed, *others))


@pytest.mark.parametrize(("rule", "severity", "change"), ADVICE)
def test_a_lesson_written_well_of_bad_values_is_found_and_nothing_else(
    rule: str, severity: Severity, change: Callable[[Presentation], Presentation]
) -> None:
    p = change(lesson())
    found = {(one.rule, one.severity) for one in check(p, texts_of(p))}
    assert found == {(rule, severity)}


LIES: list[tuple[str, Callable[[Presentation], Presentation]]] = [
    ("1.27", lambda p: with_sizes(p, 2, lambda at: 2 if at == 2 else 1)),
    ("1.26", lambda p: with_sizes(p, 2, lambda _: 2)),
    ("9.13", lambda p: with_sizes_plus(p, 1, 30_000)),
    ("8.3", lambda p: replace(p, duration=p.duration + 1)),
    ("5.5", lambda p: replace(p, duration=p.duration + 1)),
    ("farm/thumbnails", lambda p: replace(p, duration=p.duration + 1)),
    ("8.1", lambda p: with_durations(p, 2, Fraction(1, 100))),
    ("7.7", lambda p: with_durations(p, 2, Fraction(3, 5))),
    ("6.10", lambda p: with_keys(p, 1)),
    ("farm/resolves", lambda p: with_video(p, 0, segments=p.video[0].segments[:-1])),
    ("farm/resolves", lambda p: replace(p, video=p.video[1:])),
    ("farm/complete", lambda p: replace(p, audio=(*p.audio, audio(p.duration, "audio-2")))),
    ("farm/duplicate", lambda p: replace(p, poster=p.video[0].init)),
]


def with_sizes_plus(p: Presentation, n: int, more: int) -> Presentation:
    """Every segment a little larger than was declared, within the tenth [1.27] allows."""
    segments = tuple(
        replace(segment, object=replace(segment.object, size=segment.object.size + more))
        for segment in p.video[n].segments
    )
    return with_video(p, n, segments=segments)


def with_durations(p: Presentation, n: int, more: Fraction) -> Presentation:
    segments = tuple(replace(s, duration=s.duration + more) for s in p.video[n].segments)
    return with_video(p, n, segments=segments)


def with_keys(p: Presentation, n: int) -> Presentation:
    segments = tuple(replace(s, key_bytes=s.key_bytes - 4) for s in p.video[n].segments)
    return with_video(p, n, segments=segments)


@pytest.mark.parametrize(("rule", "change"), LIES)
def test_texts_that_do_not_fit_the_objects_are_found(
    rule: str, change: Callable[[Presentation], Presentation]
) -> None:
    texts = texts_of(lesson())
    assert (rule, E) in {(one.rule, one.severity) for one in check(change(lesson()), texts)}


@pytest.mark.parametrize(
    "tag",
    [
        *("und", "cmn", "yue", "zh-yue", "zh-Hans", "zh-Hant-HK", "EN-us", "es-419"),
        *("de-CH-1901", "sl-rozaj-biske", "en-a-myext-b-another", "en-x-base", "x-farm"),
    ],
)
def test_any_tag_of_the_right_form_is_a_language(tag: str) -> None:
    p = lesson()
    assert check(p, master(r'LANGUAGE="zh"', f'LANGUAGE="{tag}"')(texts_of(p))) == ()


def test_groups_with_two_defaults_or_one_name_are_found() -> None:
    p = two_languages()
    found = check(p, master("DEFAULT=NO", "DEFAULT=YES")(texts_of(p)))
    assert [one.rule for one in found] == ["RFC 4.3.4.1.1"]
    found = check(p, master(r'NAME="English",LANG', r'NAME="普通话",LANG')(texts_of(p)))
    assert [one.rule for one in found] == ["RFC 4.3.4.1.1"]


def test_errors_come_before_warnings_and_say_where() -> None:
    p = low_ladder_only(lesson())
    found = check(p, media("240p", "#EXT-X-ENDLIST\n", "")(texts_of(p)))
    assert [one.rule for one in found] == ["RFC 4.3.3.4", "9.9"]
    assert found[0].place.startswith("media/240p-")


def test_the_first_variant_should_not_be_the_dearest() -> None:
    p = with_sizes(lesson(), 2, lambda _: 3)
    texts = texts_of(p)
    lines = texts["master.m3u8"].splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "1280x720" in line)
    first = next(n for n, line in enumerate(lines) if line.startswith(INF))
    pair = lines[at : at + 2]
    rest = lines[:at] + lines[at + 2 :]
    texts["master.m3u8"] = "".join(rest[:first] + pair + rest[first:])
    assert [one.rule for one in check(p, texts)] == ["1.32"]


# --- any lesson ----------------------------------------------------------------------------------


@st.composite
def presentations(draw: st.DrawFn) -> Presentation:
    """Any lengths and sizes; segments as the encoders cut them."""
    duration = Fraction(draw(st.integers(1, 2500)), 25)
    base = draw(st.sampled_from([lesson, two_languages, silent, audio_programme]))()
    made = lesson(duration)
    p = replace(
        made,
        video=made.video if base.video else (),
        audio=made.audio if base.audio else (),
        subtitles=made.subtitles if base.subtitles else (),
        sheets=made.sheets if base.sheets else (),
    )
    factor = draw(st.integers(1, 40))

    def sized(track: Video | Audio) -> tuple[Segment, ...]:
        def grown(stored: Object, n: int) -> Object:
            return replace(stored, size=stored.size * factor * (1 + n % 3) + 1)

        return tuple(
            replace(segment, object=grown(segment.object, n))
            for n, segment in enumerate(track.segments)
        )

    return replace(p, video=tuple(replace(video, segments=sized(video)) for video in p.video))


@given(presentations())
@settings(max_examples=40, deadline=None)
def test_whatever_is_encoded_is_written_without_an_error(p: Presentation) -> None:
    assert [one for one in check(p, texts_of(p)) if one.severity is E] == []


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=60)
def test_any_text_for_a_multivariant_playlist_is_a_violation_not_a_crash(text: str) -> None:
    p = lesson()
    assert check(p, {**texts_of(p), "master.m3u8": text})


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_change_of_a_byte_of_a_playlist_is_noticed(data: st.DataObject) -> None:
    p = lesson()
    texts = texts_of(p)
    path = data.draw(st.sampled_from(sorted(path for path in texts if path != "master.m3u8")))
    at = data.draw(st.integers(0, len(texts[path]) - 1))
    new = data.draw(st.sampled_from('x0\n",=/'))
    changed = texts[path][:at] + new + texts[path][at + 1 :]
    assert changed == texts[path] or check(p, {**texts, path: changed})
