"""What players rely on in the playlists of a lesson."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.errors import ManifestError
from manifests.hls import lesson_texts, objects_of
from manifests.media import video_playlist
from manifests.model import Presentation, Segment, Video
from manifests.rates import measure
from tests.manifests.lessons import (
    RATE,
    audio_programme,
    lesson,
    silent,
    stored,
    texts_of,
    two_languages,
)

GOLDEN = Path(__file__).parent / "golden"
LESSONS = {
    "film": lesson(),
    "two-languages": two_languages(),
    "silent": silent(),
    "audio-programme": audio_programme(),
    "short": lesson(Fraction(2)),
}


@pytest.mark.parametrize("name", LESSONS)
def test_texts_are_those_of_the_golden_files(name: str) -> None:
    """To accept a change: `python -m tests.manifests.test_playlists`, then read the diff."""
    folder = GOLDEN / name
    kept = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert texts_of(LESSONS[name]) == kept


def test_the_multivariant_playlist_is_written_last() -> None:
    paths = [text.path for text in lesson_texts(lesson())]
    assert paths[-1] == "master.m3u8"
    assert all(path.startswith("media/") for path in paths[:-1])


def test_equal_content_has_equal_names_and_changed_content_new_ones() -> None:
    p = lesson()
    longer = replace(p.audio[0].segments[0], duration=Fraction(6))
    changed = replace(p.audio[0], segments=(longer, *p.audio[0].segments[1:]))
    before = {text.path for text in lesson_texts(p)}
    after = {text.path for text in lesson_texts(replace(p, audio=(changed,)))}
    assert before == {text.path for text in lesson_texts(lesson())}
    assert {re.sub("-[0-9a-f]{12}", "", path) for path in before ^ after} == {"media/audio.m3u8"}


def variants(p: Presentation) -> list[str]:
    return re.findall(r"#EXT-X-STREAM-INF:(.*)", texts_of(p)["master.m3u8"])


def bandwidths(p: Presentation) -> list[int]:
    return [int(found) for v in variants(p) for found in re.findall(r"^BANDWIDTH=(\d+)", v)]


def test_first_variant_is_the_best_for_a_poor_line_then_ascending_then_sound_alone() -> None:
    first, *others, sound = bandwidths(lesson())
    assert first == max(rate for rate in (first, *others) if rate <= 800_000)
    assert others == sorted(others)
    assert "RESOLUTION" not in variants(lesson())[-1]
    assert sound < min(others)


def test_without_a_variant_a_poor_line_carries_the_lowest_is_first() -> None:
    p = replace(lesson(), video=lesson().video[2:])
    assert "1280x720" in variants(p)[0]


def test_a_silent_lesson_has_no_audio_group_and_an_audio_programme_only_audio() -> None:
    assert "AUDIO" not in texts_of(silent())["master.m3u8"]
    assert len(variants(audio_programme())) == 1
    assert "RESOLUTION" not in texts_of(audio_programme())["master.m3u8"]


def test_bandwidth_holds_the_dearest_sound_of_the_group() -> None:
    one, two = lesson(), two_languages()
    dearer = [
        after - before for before, after in zip(bandwidths(one), bandwidths(two), strict=True)
    ]
    assert all(30_000 < more < 35_000 for more in dearer)


def test_labels_cannot_leave_their_attribute() -> None:
    label = 'a",URI="http://evil/\r\n#EXTINF:\u202e\x00'
    p = lesson()
    hostile = replace(p, audio=(replace(p.audio[0], label=label),))
    master = texts_of(hostile)["master.m3u8"]
    (line,) = re.findall(r"#EXT-X-MEDIA:TYPE=AUDIO.*", master)
    assert 'NAME="a,URI=http://evil/ #EXTINF:"' in line
    assert master.count("\n") == texts_of(p)["master.m3u8"].count("\n")


def test_tracks_of_one_label_have_different_names_and_one_is_chosen() -> None:
    p = two_languages()
    twice = replace(p, audio=(p.audio[0], replace(p.audio[1], label="普通话", language="zh")))
    lines = re.findall(r"#EXT-X-MEDIA:TYPE=AUDIO.*", texts_of(twice)["master.m3u8"])
    assert ['NAME="普通话"' in line for line in lines] == [True, False]
    assert ["AUTOSELECT=YES" in line for line in lines] == [True, False]


@pytest.mark.parametrize("name", ["../480p", "a b", "", "-i", "480p\n", "媒体"])
def test_names_that_cannot_be_an_address_are_refused(name: str) -> None:
    p = lesson()
    with pytest.raises(ManifestError, match="address"):
        lesson_texts(replace(p, video=(replace(p.video[0], name=name),)))


@pytest.mark.parametrize("path", ["media/../x", "/media/x", "media/a/b", "http://x/y", "media/a\n"])
def test_objects_outside_the_media_folder_are_refused(path: str) -> None:
    p = lesson()
    init = replace(p.video[0].init, path=path)
    with pytest.raises(ManifestError, match="media folder"):
        lesson_texts(replace(p, video=(replace(p.video[0], init=init),)))


def test_nothing_to_play_is_refused() -> None:
    with pytest.raises(ManifestError, match="neither"):
        lesson_texts(replace(lesson(), video=(), audio=()))
    with pytest.raises(ManifestError, match="no segments"):
        lesson_texts(replace(lesson(), audio=(replace(lesson().audio[0], segments=()),)))


def test_objects_of_a_lesson_are_all_it_is_made_of() -> None:
    p = two_languages()
    paths = [stored.path for stored in objects_of(p)]
    assert len(paths) == len(set(paths))
    assert {p.video[0].init.path, p.audio[1].segments[-1].object.path} <= set(paths)
    assert {p.subtitles[1].segments[0].object.path, p.sheets[-1].object.path} <= set(paths)


durations = st.lists(
    st.fractions(min_value=Fraction(1, 1000), max_value=Fraction(13, 2), max_denominator=90_000),
    min_size=1,
    max_size=60,
)


@given(durations)
@settings(max_examples=60)
def test_no_run_of_printed_durations_is_off_by_more_than_a_microsecond(
    real: list[Fraction],
) -> None:
    segments = tuple(
        Segment(stored(f"x-{n}.m4s", 1, "video/iso.segment"), span) for n, span in enumerate(real)
    )
    track = Video("x", 16, 9, RATE, "avc1.64001F", stored("i.mp4", 1, "video/mp4"), segments)
    text = video_playlist(track, 7).text
    printed = [Fraction(found) for found in re.findall(r"#EXTINF:([\d.]+),", text)]
    drift = [Fraction(0), *accumulate(a - b for a, b in zip(printed, real, strict=True))]
    assert max(drift) - min(drift) <= Fraction(1, 1_000_000)
    assert all(span >= 0 for span in printed)


@given(durations, st.data())
@settings(max_examples=60)
def test_the_peak_is_that_of_the_densest_run(real: list[Fraction], data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 10_000_000), min_size=len(real), max_size=len(real)))
    rates = [
        Fraction(8 * sum(sizes[first:last])) / sum(real[first:last])
        for first in range(len(real))
        for last in range(first + 1, len(real) + 1)
        if 3 <= sum(real[first:last]) <= 9
    ]
    average = Fraction(8 * sum(sizes)) / sum(real)
    measured = measure(sizes, real, 6)
    assert measured.average == average
    assert measured.peak == max(rates, default=average)


def test_thumbnails_span_the_lesson_without_a_gap() -> None:
    (track,) = (text for path, text in texts_of(lesson()).items() if path.endswith(".vtt"))
    stamps = re.findall(r"(\S+) --> (\S+)", track)
    assert stamps[0][0] == "00:00:00.000"
    assert stamps[-1][1] == "00:01:00.120"
    assert all(before[1] == after[0] for before, after in pairwise(stamps))
    assert "#xywh=320,90,160,90" in track
    assert "/" not in re.sub(r"-->|WEBVTT", "", track)


def write_golden() -> None:
    for name, p in LESSONS.items():
        for path in (GOLDEN / name).rglob("*.*"):
            path.unlink()
        for path, text in texts_of(p).items():
            (GOLDEN / name / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_golden()
