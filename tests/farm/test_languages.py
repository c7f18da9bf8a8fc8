"""What a recording says of its languages becomes tags and names that players understand."""

import pytest

from encoders.facts import SubtitleTrack
from encoders.profiles import load
from farm.plan.languages import TWO_LETTERS, language_tag
from farm.plan.model import Plan
from tests.facts import audio, facts, video
from tests.facts import planned as plan_of


@pytest.mark.parametrize(
    ("codes", "tag"),
    [
        (("chi", "zho", "zh", "CHI", " zho "), "zh"),
        (("cze", "ces"), "cs"),
        (("ger", "deu"), "de"),
        (("fre", "fra"), "fr"),
        (("tib", "bod"), "bo"),
        (("may", "msa"), "ms"),
        (("mao", "mri"), "mi"),
        (("mac", "mkd"), "mk"),
        (("eng",), "en"),
        (("jpn",), "ja"),
        (("uig",), "ug"),
        (("mon",), "mn"),
        (("hr ", "hrv", "scr"), "hr"),
    ],
)
def test_a_code_becomes_its_two_letters(codes: tuple[str, ...], tag: str) -> None:
    assert {language_tag(code) for code in codes} == {tag}


@pytest.mark.parametrize(
    "tag",
    [
        *("cmn", "yue", "und", "mul", "qaa", "zh-Hans", "zh-Hant-HK", "zh-yue", "es-419"),
        *("de-CH-1901", "sl-rozaj-biske", "en-US-u-ca-gregory", "az-Latn-x-latn", "x-farm"),
    ],
)
def test_other_tags_stay(tag: str) -> None:
    assert language_tag(tag) == tag


@pytest.mark.parametrize(
    ("written", "tag"), [("zho-HANS-cn", "zh-Hans-CN"), ("ENG-us", "en-US"), ("CMN", "cmn")]
)
def test_longer_tags_are_written_the_usual_way(written: str, tag: str) -> None:
    assert language_tag(written) == tag


@pytest.mark.parametrize(
    "code",
    [None, "", " ", "z", "zh_CN", "zh-", "-zh", "zh--CN", "中文", "english", "e1", "en\n,x", "```"],
)
def test_what_is_not_a_tag_is_unknown(code: str | None) -> None:
    assert language_tag(code) == "und"


def test_every_language_with_two_letters_has_its_codes() -> None:
    """ISO 639-2 gives 184 languages two letters, and 20 of them two codes; four were withdrawn."""
    assert len(TWO_LETTERS) == 184 + 20 + 4
    assert len(set(TWO_LETTERS.values()) - {"sh"}) == 184
    assert {(len(long), len(short)) for long, short in TWO_LETTERS.items()} == {(3, 2)}
    assert all(language_tag(long) == short for long, short in TWO_LETTERS.items())


def planned(*codes: str | None) -> Plan:
    """A recording with sound and a subtitle in each of these languages."""
    sound = tuple(audio(60, stream=n, language=code) for n, code in enumerate(codes, start=1))
    text = tuple(
        SubtitleTrack(
            stream=track.stream + len(codes),
            codec="subrip",
            language=track.language,
            title=None,
            time_base=track.time_base,
            text=True,
            shifts=(),
        )
        for track in sound
    )
    return plan_of(facts(video(60), sound, text), load()["hls"])


def test_a_lesson_has_tags_and_names_for_its_tracks() -> None:
    codes = ("chi", "eng", "jpn", "yue", "zho-Hans", "vie", "zh_CN", None)
    made = planned(*codes)
    for tracks in (made.audio, made.subtitles):
        assert [track.language for track in tracks] == [
            *("zh", "en", "ja", "yue", "zh-Hans", "vi", "und", "und")
        ]
        assert [track.label for track in tracks] == [
            *("中文", "English 2", "日本語 3", "粤语 4", "中文 5", "vi 6"),
            *("原声 Original 7", "原声 Original 8"),
        ]
