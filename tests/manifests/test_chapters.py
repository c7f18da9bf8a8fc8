"""Chapters as WebVTT, whatever the titles."""

from fractions import Fraction

import pytest

from manifests.chapters import chapters_text


def test_each_lasts_to_the_next() -> None:
    chapters = [(Fraction(0), "第 1 节 · Part 1"), (Fraction(91, 2), "浇水")]
    text = chapters_text(chapters, Fraction(90))
    assert text == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:45.500\n第 1 节 · Part 1\n\n"
        "2\n00:00:45.500 --> 00:01:30.000\n浇水\n"
    )


@pytest.mark.parametrize(
    ("title", "cue"),
    [
        ("a --> b", "a --&gt; b"),
        ("x\n\n00:00:01.000 --> 00:00:02.000\nforged", "x 00:00:01.000 --&gt; 00:00:02.000 forged"),
        ("<c.red>& \u202egnp", "&lt;c.red&gt;&amp; gnp"),
        ("\r\n\x00\u200b", "1"),
        ("WEBVTT", "WEBVTT"),
        ("'quoted' \"twice\"", "'quoted' \"twice\""),
    ],
)
def test_a_title_stays_one_line_of_text(title: str, cue: str) -> None:
    text = chapters_text([(Fraction(0), title)], Fraction(5))
    assert text == f"WEBVTT\n\n1\n00:00:00.000 --> 00:00:05.000\n{cue}\n"


def test_no_cue_without_a_length() -> None:
    starts = [
        (Fraction(0), "a"),
        (Fraction(1, 5000), "b"),
        (Fraction(9), "late"),
        (Fraction(-1), ""),
    ]
    text = chapters_text(starts, Fraction(9))
    assert text == "WEBVTT\n\n1\n00:00:00.000 --> 00:00:09.000\nb\n"


def test_no_chapter_is_a_valid_file() -> None:
    assert chapters_text([], Fraction(9)) == "WEBVTT\n"
