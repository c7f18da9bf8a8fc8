"""Tables as spreadsheets write them: every encoding, every header, every bad row named."""

from pathlib import Path

import pytest

from farm.fields import HEADERS
from farm.model import Category
from farm.table import OTHERS, Table, read_table

KNOWN = ("hls", "broadcast", "dvd", "download", "audio")
CHINESE = "文件,标题,类别,基地,课程,序号,主讲,对象,关键词,获奖,许可,配置,字幕\n"
ROW = (
    "一.mp3,春季施肥,语音节目,changde=常德,田间广播,第1讲,王,农户,施肥 深耕、春耕,一等奖,CC0-1.0,"
    "audio+hls,一.srt\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "节目").mkdir()
    for name in ("一.mp3", "二.mp3", "一.srt", "节目/三.mp3"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "空.mp3").touch()
    return tmp_path


def read(folder: Path, text: str | bytes) -> Table:
    return read_table(text if isinstance(text, bytes) else text.encode(), folder, KNOWN)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"], ids=["plain", "mark", "GB", "UTF-16"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_table_is_read_as_spreadsheets_write_it(
    folder: Path, encoding: str, separator: str, end: str
) -> None:
    text = (CHINESE + ROW).replace(",", separator).replace("\n", end)
    table = read(folder, text.encode(encoding))
    assert table.faults == ()
    (row,) = table.rows
    assert (row.line, row.path) == (2, folder / "一.mp3")
    assert row.asked.said == {
        "title": "春季施肥",
        "category": Category.AUDIO,
        "base": "changde",
        "base_name": "常德",
        "course": "田间广播",
        "number": 1,
        "speaker": "王",
        "audience": "农户",
        "keywords": ("施肥 深耕", "春耕"),
        "awards": ("一等奖",),
        "licence": "CC0-1.0",
    }
    assert row.asked.profiles == ("audio", "hls")
    assert row.asked.captions
    assert [one.path.name for one in row.asked.captions] == ["一.srt"]


def test_every_header_is_known_in_english_and_chinese(folder: Path) -> None:
    for column, others in {**HEADERS, **OTHERS}.items():
        for name in (column, column.upper(), f" {column} ", *others):
            header = name if column == "file" else f"file,{name}"
            table = read(folder, f"{header}\n一.mp3\n")
            assert table.faults == (), name
            assert len(table.rows) == 1


def test_empty_cells_say_nothing_and_a_dash_says_none(folder: Path) -> None:
    table = read(folder, "file,title,course,number,keywords,captions\n一.mp3,,-,-,-,-\n")
    (row,) = table.rows
    assert row.asked.said == {"course": "", "number": 0, "keywords": ()}
    assert row.asked.captions == ()


def test_names_written_on_other_systems_are_found(folder: Path) -> None:
    table = read(folder, f"file\n节目\\三.mp3\n{folder / '二.mp3'}\n")
    assert [row.path.name for row in table.rows] == ["三.mp3", "二.mp3"]


def test_columns_for_people_and_empty_rows_are_passed_over(folder: Path) -> None:
    table = read(folder, "file,备注,#old no,\n\n一.mp3,旧,7,\n,,,\n二.mp3,,,\n")
    assert [row.line for row in table.rows] == [3, 5]


def test_a_cell_may_hold_lines_and_lines_are_still_counted(folder: Path) -> None:
    table = read(folder, 'file,description\n一.mp3,"a\nb"\n无.mp3,x\n')
    assert table.rows[0].asked.said["description"] == "a b"
    assert table.bad_lines == (4,)


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("无.mp3,,,,,", "file", "no file"),
        ("空.mp3,,,,,", "file", "empty"),
        ("节目,,,,,", "file", "no file"),
        (",标题,,,,", "file", "no file is named"),
        ("一.mp3,,喜剧,,,", "category", "not a category"),
        ("一.mp3,,,三,,", "number", "1 to 9999"),
        ("一.mp3,,,-1,,", "number", "1 to 9999"),
        ("一.mp3,,,99999,,", "number", "1 to 9999"),
        ("一.mp3,,,,vhs,", "profiles", "no profile 'vhs'"),
        ("一.mp3,,,,../dvd,", "profiles", "cannot be a profile"),
        ("一.mp3,,,,,无.srt", "captions", "no file"),
        ("一.mp3,,,,,二.mp3", "captions", "no file of captions"),
        ("一.mp3,a,b,1,hls,一.srt,x", "", "7 cells under 6 columns"),
        ("一.mp3\0,,,,,", "file", "no file"),
    ],
)
def test_a_bad_row_is_named_with_its_column_and_the_way_out(
    folder: Path, row: str, column: str, says: str
) -> None:
    table = read(folder, f"文件,标题,类别,序号,配置,字幕\n二.mp3,,,,,\n{row}\n")
    assert table.bad_lines == (3,)
    assert [one.line for one in table.rows] == [2]
    fault = table.faults[0]
    assert (fault.line, fault.field) == (3, column)
    assert says in str(fault)
    assert "第 3 行" in str(fault)
    assert not fault.chinese.isascii()


def test_every_fault_of_a_row_is_named(folder: Path) -> None:
    table = read(folder, "file,category,number,language\n无.mp3,x,y,z z\n")
    assert [fault.field for fault in table.faults] == ["file", "category", "number", "language"]


def test_what_is_there_twice_is_named_with_the_other_line(folder: Path) -> None:
    rows = "一.mp3,课,1\n./一.mp3,课,2\n二.mp3,课,1\n节目/三.mp3,别的课,1\n"
    table = read(folder, f"file,course,number\n{rows}")
    assert [(fault.line, fault.field) for fault in table.faults] == [(3, "file"), (4, "number")]
    assert all("line 2" in str(fault) for fault in table.faults)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no rows"),
        ("file\n", "no rows"),
        ("title\na\n", "no column 'file'"),
        ("file,tilte\n一.mp3,a\n", "'tilte'"),
        ("file,title,标题\n一.mp3,a,b\n", "two such columns"),
        ("file\n" + '"' + "a" * 200_000, "no row"),
        (b"\xff\xfea", "neither UTF-8"),
        (b"file\n\xff\xff\xff\n", "neither UTF-8"),
    ],
)
def test_a_table_that_is_none_is_refused_as_a_whole(
    folder: Path, text: str | bytes, says: str
) -> None:
    table = read(folder, text)
    assert table.rows == ()
    assert table.bad_lines == ()
    assert any(says in str(fault) for fault in table.faults)


@pytest.mark.parametrize(
    "title", ["../../x", "a\0b", "a\u2028b", "-i", "<script>", "\u202egnp", '"=1+1"', "concat:a|b"]
)
def test_titles_become_one_printable_line(folder: Path, title: str) -> None:
    table = read(folder, f"file,title\n一.mp3,{title}\n")
    assert table.faults == ()
    assert table.rows[0].asked.said["title"].isprintable()
