"""Caption files as people make them become captions, and what is wrong in them is said."""

import random
import re
import time
from pathlib import Path

import pytest

from encoders.captions import captions_of
from encoders.captions.findings import ENTRIES, Faults
from encoders.facts import Severity
from encoders.verify import Faulty
from tests.encoders.captions import codes, read, shown
from tests.tools.programs import ROOT

SLOPPY = """1
00:00:01,000 --> 00:00:03.500
<b>滴灌</b>与<i>施肥</i> & <u>管理</u>
第二行
2
00:05 -> 00:07,5 X1:100 Y1:100
{\\an8}没有空行
00:00:08,000 --> 00:00:09,000
没有序号，<font color="#ff0000">红字</font>

４
00：00：10，250 --> 00：00：12，000
全角

5
00:00:13,000 00:00:14,000
没有箭头

留有空行

6
00:00:15:500 --> 00:00:16,000
2024
"""


def test_sloppy_srt(tmp_path: Path) -> None:
    result = read(tmp_path, SLOPPY.replace("\n", "\r\n"))
    assert shown(result) == [
        (1, 3.5, "<b>滴灌</b>与<i>施肥</i> &amp; <u>管理</u>\n第二行"),
        (5, 7.5, "没有空行"),
        (8, 9, "没有序号，红字"),
        (10.25, 12, "全角"),
        (13, 14, "没有箭头\n留有空行"),
        (15.5, 16, "2024"),
    ]
    assert result.findings == ()


WEBVTT = """WEBVTT - 第一课
Kind: captions

STYLE
::cue { color: red }

NOTE
00:01.000 --> 00:02.000
不显示

REGION
id:bottom

开头
00:01.000 --> 00:02.000 line:0 align:start
<v 张老师>大家<c.yellow>好</c> &amp; <00:00:01.500>&lt;再见&gt;

1:00:03.000 --> 1:00:04.000
<ruby>滴<rt>di</rt></ruby> <b>a < b</b>
"""


def test_webvtt(tmp_path: Path) -> None:
    result = read(tmp_path, WEBVTT, seconds=2 * 3600)
    assert shown(result) == [
        (1, 2, "大家好 &amp; &lt;再见&gt;"),
        (3603, 3604, "滴di <b>a &lt; b</b>"),
    ]
    assert result.findings == ()


SCRIPT = r"""[Script Info]
Title: 第一课

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Start, End, Layer, Text
Comment: 0:00:00.00,0:00:01.00,0,不显示
Dialogue: 0:00:01.00,0:00:02.50,0,{\an8\b1}一, 二{\b0}\N三{注释}
Dialogue: 0:00:01.00,0:00:02.50,1,{\an8\b1}一, 二{\b0}\N三{注释}
Dialogue: 0:00:03.00,0:00:04.00,0,{\p1}m 0 0 l 9 9{\p0}四
"""


def test_ass(tmp_path: Path) -> None:
    result = read(tmp_path, SCRIPT)
    assert shown(result) == [(1, 2.5, "<b>一, 二</b>\n三"), (3, 4, "四")]
    assert result.findings == ()


def test_ssa_without_a_format_line(tmp_path: Path) -> None:
    line = "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,0000,0000,0000,,一, 二\n"
    assert shown(read(tmp_path, line)) == [(1, 2, "一, 二")]


BAD = """1
00:00:0x,000 --> 00:00:02,000
坏时间

2
00:00:03,000 --> 00:00:02,000
倒置

3
00:00:05,000 --> 00:00:06,000
<i></i>

4
00:00:07,000 --> 00:00:09,000
一

5
00:00:07,000 --> 00:00:09,000
二

6
00:00:07,000 --> 00:00:09,000
三

7
00:00:08,000 --> 00:00:09,500
四

8
00:00:58,000 --> 00:01:10,000
到结尾

9
00:01:00,000 --> 00:01:02,000
太晚
"""


def test_bad_cues_are_mended_or_left_out_and_said_with_their_lines(tmp_path: Path) -> None:
    result = read(tmp_path, BAD)
    assert shown(result) == [
        (3, 7, "倒置"),
        (7, 9, "一"),
        (7, 9, "二"),
        (7, 9, "三"),
        (58, 60, "到结尾"),
    ]
    said = {f.code: (f.message.split(":")[0], f.message_zh.split("：")[0]) for f in result.findings}
    assert said == {
        "captions-bad-time": ("Line 2", "第 2 行"),
        "captions-ends-early": ("Line 6", "第 6 行"),
        "captions-empty": ("Line 10", "第 10 行"),
        "captions-crowded": ("Line 26", "第 26 行"),
        "captions-after-end": ("Line 34", "第 34 行"),
    }
    assert all(f.remedy and f.remedy_zh for f in result.findings)
    assert all(f.severity is not Severity.REFUSAL for f in result.findings)


def test_many_faults_of_a_kind_are_summed_up(tmp_path: Path) -> None:
    bad = "1\n00:00:0x,000 --> 00:00:02,000\n坏\n\n" * 200
    result = read(tmp_path, bad + "2\n00:00:01,000 --> 00:00:02,000\n好\n")
    assert shown(result) == [(1, 2, "好")]
    assert len(result.findings) == 6
    assert result.findings[-1].message.startswith("195 more captions left out")
    assert "22, 26, 30" in result.findings[-1].message
    assert "另有 195 处" in result.findings[-1].message_zh


def test_a_file_is_moved_onto_the_lesson_clock(tmp_path: Path) -> None:
    """An intro of ten seconds comes before the recording, or five seconds of it are cut off."""
    text = "0:01 --> 0:03\n一\n\n0:04 --> 0:08\n二\n"
    assert shown(read(tmp_path, text, origin=-10)) == [(11, 13, "一"), (14, 18, "二")]
    cut = read(tmp_path, text, origin=5)
    assert shown(cut) == [(0, 3, "二")]
    assert codes(cut) == ["captions-before-start"]


def test_text_outside_of_cues_is_said(tmp_path: Path) -> None:
    result = read(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\n一\n\n二\n")
    assert shown(result) == [(1, 2, "一")]
    assert [f.message[:7] for f in result.findings] == ["Line 6:"]


def test_text_too_long_for_television_is_said(tmp_path: Path) -> None:
    result = read(tmp_path, "00:00:01,000 --> 00:00:02,000\n" + "很" * 55 + "\n")
    assert codes(result) == ["captions-wordy"]
    assert len(result.captions[0].text) == 55


HOSTILE = {
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "a --> b": "a --&gt; b",
    "00:00 --&gt; <b": "00:00 --&gt; &lt;b",
    "nul\0 bell\a": "nul bell",
    "\u202eevil\u202c \u2066x\u2069": "evil x",
    "<b>never closed": "<b>never closed</b>",
    "</b></i>": "",
    "&#0;&#10;&#10;x": "\ufffd\nx",
    "{\\p1}m 0 0": "m 0 0",
    "{braces}": "{braces}",
    "<b onclick=x>b</b>": "<b>b</b>",
    "NOTE": "NOTE",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_cue(tmp_path: Path, text: str) -> None:
    result = read(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")
    assert [caption.text for caption in result.captions] == [HOSTILE[text]] * bool(HOSTILE[text])
    whole = (tmp_path / result.whole.name).read_text(encoding="utf-8")
    assert whole.count("-->") == len(result.captions)


OTHERS = {
    b"": "",
    b"hello\nworld\n": "",
    b"PK\3\4rest": "a document or an archive",
    b"%PDF-1.7\n": "a PDF document",
    b"{1}{25}hello\n{26}{50}there\n": "MicroDVD",
    b"[00:12.00]hello\n": "LRC",
    b'<?xml version="1.0"?><tt xmlns="x"><body/></tt>': "TTML",
    b"<SAMI><BODY></BODY></SAMI>": "SAMI",
    b"<!DOCTYPE html><p>404": "a web page",
}


@pytest.mark.parametrize("content", OTHERS)
def test_what_is_no_caption_file_is_refused(tmp_path: Path, content: bytes) -> None:
    result = read(tmp_path, content)
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("captions-not-taken", Severity.REFUSAL)
    assert OTHERS[content] in finding.message
    assert len(result.segments) == 10


def test_a_file_of_another_lesson_is_refused(tmp_path: Path) -> None:
    result = read(tmp_path, "1\n01:00:00,000 --> 01:00:01,000\n太晚\n")
    assert codes(result) == ["captions-none", "captions-after-end"]


HUGE = {
    "one line": b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<" * 4_900_000,
    "blank lines": b"00:00:01,000 --> 00:00:02,000\n" + b"\n" * 4_900_000,
    "cues": b"0:0 --> 0:1\nx\n" * 350_000,
    "arrows": b"--> 1:2\n" * 612_500,
    "blocks": b"WEBVTT\n\n" + b"x\n\n" * 1_600_000,
    "events": b"Dialogue: ,,\n" * 370_000,
    "spaces": b" " * 4_900_000,
    "noise": random.Random(1).randbytes(4_900_000),
    "too large": b"\n" * 5_000_001,
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_hostile_file_takes_little_time(tmp_path: Path, kind: str) -> None:
    began = time.process_time()
    result = read(tmp_path, HUGE[kind])
    assert time.process_time() - began < 8
    assert len(result.findings) < 20
    assert len(result.captions) <= 50_000


@pytest.mark.parametrize("content", [SLOPPY, WEBVTT, SCRIPT, BAD, "\n\n".join(HOSTILE)])
def test_the_whole_file_is_read_back(tmp_path: Path, content: str) -> None:
    result = read(tmp_path, f"{content}\n0:01 --> 0:02\n<b>a</b> &amp;&amp; {{x}}")
    assert captions_of(tmp_path / result.whole.name) == result.captions
    for segment in result.segments:
        with pytest.raises(Faulty):
            captions_of(tmp_path / segment.file.name)


def test_a_whole_file_without_captions_is_read_back(tmp_path: Path) -> None:
    assert captions_of(tmp_path / read(tmp_path, "hello").whole.name) == ()


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "once", tmp_path / "again"]
    for folder in folders:
        folder.mkdir()
    assert read(folders[0], SLOPPY) == read(folders[1], SLOPPY)


def test_every_finding_is_documented() -> None:
    text = (ROOT / "docs" / "captions.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(captions-[a-z-]+)`", text, re.M)) == set(ENTRIES)


def test_every_finding_fills_its_words_and_may_come_often_where_lines_do() -> None:
    words = {"size": 6, "limit": 5, "count": 9, "encoding": "Big5", "text": "x", "detail": ""}
    for code, entry in ENTRIES.items():
        often = "{line}" in entry.message and code != "captions-too-many"
        faults = Faults()
        for line in range(1, 9 if often else 2):
            faults.add(code, line, detail_zh="", **words)
        told = faults.told()
        assert len(told) == (6 if often else 1), code
        assert all("{" not in f.message + f.message_zh for f in told), code
