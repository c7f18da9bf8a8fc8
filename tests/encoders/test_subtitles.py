"""Embedded subtitles become WebVTT that any player takes, cue for cue, on the lesson clock."""

import re
from fractions import Fraction
from pathlib import Path

import av
import pytest

from encoders.captions import convert_subtitles
from encoders.captions.cuetext import cue_text
from encoders.facts import Shift
from encoders.opening import Unreadable
from encoders.tasks import SubtitleResult, SubtitleTask
from tests.encoders.sound import real, record, speech
from tests.tools.programs import ffmpeg, run

SRT = """1
00:00:01,000 --> 00:00:03,500
<b>滴灌</b>与<i>施肥</i> & 管理
水压 0.3 兆帕

2
00:00:05,000 --> 00:00:13,000
{\\an8}跨越<font color="#ff0000">两段</font>

3
00:00:14,250 --> 00:00:15,000
最后一句
"""

ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:03.50,Default,,0,0,0,,{\b1}温室{\b0}{\i1\c&HFF&}滴灌{\r}{注}\N二, 三
Dialogue: 0,0:00:02.00,0:00:04.00,Default,,0,0,0,,{\p1}m 0 0 l 10 10{\p0}重叠
"""


def embedded(folder: Path, text: str, extension: str, codec: str, container: str) -> Path:
    script = folder / f"text.{extension}"
    script.write_text(text, encoding="utf-8")
    path = folder / f"lecture.{container}"
    picture = "color=s=64x64:d=16:r=5"
    command = [ffmpeg(), "-v", "error", "-y", "-i", script, "-f", "lavfi", "-i", picture]
    run([*command, "-map", "1", "-map", "0", "-c:s", codec, path]).ok()
    return path


def convert(
    path: Path, folder: Path, seconds: int = 16, origin: int = 0, shifts: tuple[Shift, ...] = ()
) -> SubtitleResult:
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0].index
    task = SubtitleTask(
        path=str(path),
        stream=stream,
        shifts=shifts,
        origin=Fraction(origin),
        duration=Fraction(seconds),
        name="subtitles-1",
        segment=Fraction(6),
        folder=str(folder),
    )
    return convert_subtitles(task)


def texts(result: SubtitleResult, folder: Path) -> list[str]:
    return [(folder / s.file.name).read_text(encoding="utf-8") for s in result.segments]


def cues(text: str) -> dict[str, str]:
    """Time line to text."""
    blocks = text.split("\n\n")[1:]
    return dict(block.strip().split("\n", 1) for block in blocks if block.strip())


CONTAINERS = [("subrip", "mkv"), ("webvtt", "mkv"), ("mov_text", "mp4")]


@pytest.mark.parametrize(("codec", "container"), CONTAINERS)
def test_every_cue_is_in_each_segment_it_overlaps(
    tmp_path: Path, codec: str, container: str
) -> None:
    result = convert(embedded(tmp_path, SRT, "srt", codec, container), tmp_path)
    first, second, third = (cues(text) for text in texts(result, tmp_path))
    assert len(result.captions) == 3
    assert first["00:00:01.000 --> 00:00:03.500"] == (
        "<b>滴灌</b>与<i>施肥</i> &amp; 管理\n水压 0.3 兆帕"
    )
    assert second == {"00:00:05.000 --> 00:00:13.000": "跨越两段"}
    assert second.items() <= first.items()
    assert third == {**second, "00:00:14.250 --> 00:00:15.000": "最后一句"}


def test_the_whole_file_has_every_cue_once(tmp_path: Path) -> None:
    result = convert(embedded(tmp_path, SRT, "srt", "subrip", "mkv"), tmp_path)
    text = (tmp_path / result.whole.name).read_text(encoding="utf-8")
    assert text.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:03.500\n")
    assert "X-TIMESTAMP-MAP" not in text
    shown = cues(text)
    assert list(shown.values()) == [caption.text for caption in result.captions]
    assert list(shown)[1] == "00:00:05.000 --> 00:00:13.000"
    assert (result.captions[1].start, result.captions[1].stop) == (5, 13)
    assert result.findings == ()


def test_segments_span_the_lesson(tmp_path: Path) -> None:
    result = convert(embedded(tmp_path, SRT, "srt", "subrip", "mkv"), tmp_path)
    assert [(s.start, s.duration) for s in result.segments] == [(0, 6), (6, 6), (12, 4)]
    for number, segment in enumerate(result.segments):
        name = f"subtitles-1-{number:05d}-{segment.file.sha256[:12]}.vtt"
        assert (segment.file.name, segment.file.type) == (name, "text/vtt")
    for text in texts(result, tmp_path):
        assert text.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n")


def test_styling_of_scripts_is_left_out(tmp_path: Path) -> None:
    result = convert(embedded(tmp_path, ASS, "ass", "ass", "mkv"), tmp_path)
    first = cues(texts(result, tmp_path)[0])
    assert first == {
        "00:00:01.000 --> 00:00:03.500": "<b>温室</b><i>滴灌</i>\n二, 三",
        "00:00:02.000 --> 00:00:04.000": "重叠",
    }


def test_cues_keep_to_the_lesson_clock(tmp_path: Path) -> None:
    """Lesson zero is two seconds into the recording, and it ends before the last cue does."""
    source = embedded(tmp_path, SRT, "srt", "subrip", "mkv")
    result = convert(source, tmp_path, seconds=10, origin=2)
    first, second = (cues(text) for text in texts(result, tmp_path))
    assert list(first) == ["00:00:00.000 --> 00:00:01.500", "00:00:03.000 --> 00:00:10.000"]
    assert list(second) == ["00:00:03.000 --> 00:00:10.000"]


def test_a_mended_jump_moves_cues(tmp_path: Path) -> None:
    source = embedded(tmp_path, SRT, "srt", "subrip", "mkv")
    result = convert(source, tmp_path, shifts=(Shift(packet=2, offset=-1000),))
    assert "00:00:13.250 --> 00:00:14.000" in texts(result, tmp_path)[2]


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    source = embedded(tmp_path, SRT, "srt", "subrip", "mkv")
    folders = [tmp_path / "once", tmp_path / "again"]
    for folder in folders:
        folder.mkdir()
    assert convert(source, folders[0]) == convert(source, folders[1])


def test_a_real_recording(tmp_path: Path) -> None:
    result = convert(real("subs_movtext.mp4"), tmp_path, seconds=2)
    (text,) = texts(result, tmp_path)
    assert cues(text) == {
        "00:00:00.523 --> 00:00:01.016": "oop",
        "00:00:01.523 --> 00:00:01.916": "boop",
    }


def test_ffmpeg_reads_the_segments(tmp_path: Path) -> None:
    result = convert(embedded(tmp_path, SRT, "srt", "subrip", "mkv"), tmp_path)
    path = tmp_path / result.segments[0].file.name
    read = run([ffmpeg(), "-v", "error", "-i", path, "-f", "srt", "-"]).ok()
    assert read.err == ""
    assert "<b>滴灌</b>与<i>施肥</i> & 管理" in read.out


def test_a_stream_without_text_is_said_to_have_none(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(1))])
    task = SubtitleTask(
        str(source), 0, (), Fraction(0), Fraction(1), "subtitles-1", Fraction(6), str(tmp_path)
    )
    with pytest.raises(Unreadable, match="no subtitles"):
        convert_subtitles(task)


HOSTILE = {
    "a --> b": "a --&gt; b",
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    r"one\N\N\Ntwo": "one\ntwo",
    "nul\0 and \r return": "nul and  return",
    r"{\b1}never closed": "<b>never closed</b>",
    r"{\b1}two\Nlines": "<b>two</b>\n<b>lines</b>",
    r"{\i1}{\b1}nested{\i0} differently": "<b><i>nested</i></b><b> differently</b>",
    r"{\blur5\bord2\iclip(1,2,3,4)}effects": "effects",
    r"{\p1}m 0 0 l 9 9": "",
    r"\{braces\}": "{braces}",
    r"hard\hspace": "hard\u00a0space",
    "{unclosed": "{unclosed",
    "back\\slash": "back\\slash",
    "NOTE": "NOTE",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_cue(text: str) -> None:
    assert cue_text(f"0,0,Default,,0,0,0,,{text}", script=False) == HOSTILE[text]


def test_a_cue_is_no_longer_than_anyone_can_read() -> None:
    text = cue_text("0,0,Default,,0,0,0,," + "长" * 100_000, script=False)
    assert re.fullmatch("长{1,2000}", text)
