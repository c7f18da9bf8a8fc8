"""A table of recordings: one row each, as people keep them in a spreadsheet."""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.categories import NO_BASES, Bases
from farm.fields import HEADERS, Unclear, field_of, listed, understood
from farm.request import Asked
from farm.sidecar import CAPTIONS, CaptionSource, Fault, caption_language, profiles

LARGEST = 32 << 20
"""Bytes of a table."""
MOST = 50_000
"""Rows."""
NONE = "-"
"""In a cell: there is none, where an empty cell leaves what was said before."""
OTHERS: Mapping[str, tuple[str, ...]] = {
    "file": ("文件", "文件名", "路径", "recording", "path"),
    "profiles": ("配置", "规格", "profile"),
    "captions": ("字幕", "字幕文件", "caption"),
    "intro": ("片头",),
    "outro": ("片尾",),
}
"""Columns besides the fields of `farm.fields`."""
REMARKS = ("备注", "remarks", "notes")
"""Columns for people; so is every one whose name begins with `#`."""
_FILES = re.compile(r"[;；|\n]")


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    """In the file, from 1."""
    name: str
    """Of the recording, as the table has it."""
    path: Path
    asked: Asked


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[Row, ...]
    """Those without a fault."""
    faults: tuple[Fault, ...]
    bad_lines: tuple[int, ...]
    """Of rows with a fault; where the table itself has one there are no rows."""
    bad_names: tuple[str, ...] = ()
    """Of the recordings on `bad_lines`, as the table has them; empty where it names none."""


class _Unreadable(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def read_table(
    data: bytes, folder: Path, known_profiles: Collection[str], bases: Bases = NO_BASES
) -> Table:
    """Every row checked. `folder`: where file names start from."""
    try:
        lines = _lines(data)
        columns = _columns(lines)
    except _Unreadable as unreadable:
        return Table((), (unreadable.fault,), ())
    faults = list(_header_faults(lines[0], columns))
    if faults:
        return Table((), tuple(faults), ())
    readers = [_RowReader(line, folder, known_profiles, bases) for line, _ in lines[1:]]
    for reader, (_, cells) in zip(readers, lines[1:], strict=True):
        reader.read(columns, cells)
    _find_twice(readers)
    return Table(
        rows=tuple(filter(None, (reader.row() for reader in readers))),
        faults=tuple(fault for reader in readers for fault in reader.faults),
        bad_lines=tuple(reader.line for reader in readers if reader.faults),
        bad_names=tuple(reader.name for reader in readers if reader.faults),
    )


# --- the file ------------------------------------------------------------------------------------


def _decoded(data: bytes) -> str:
    """UTF-8, with or without a mark, UTF-16 with one, or what Chinese Excel writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _lines(data: bytes) -> list[tuple[int, list[str]]]:
    """Rows that are not empty, each with the number of the line it begins at."""
    if len(data) > LARGEST:
        raise _table_fault(
            f"it is larger than {LARGEST >> 20} MiB; split it.", "表格太大，请拆分。"
        )
    try:
        text = _decoded(data)
    except UnicodeDecodeError as error:
        raise _table_fault(
            "it is neither UTF-8 nor GB18030; save it as CSV UTF-8.", "请另存为“CSV UTF-8”。"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    found = []
    start = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                found.append((start, stripped))
            start = reader.line_num + 1
    except csv.Error as error:
        raise _table_fault(
            f"line {start} is no row ({error}).", f"第 {start} 行无法读取。"
        ) from error
    if len(found) < 2:
        raise _table_fault("it has no rows below its header.", "表头之下没有内容。")
    if len(found) > MOST:
        raise _table_fault(f"it has more than {MOST} rows; split it.", "行数太多，请拆分。")
    return found


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _table_fault(english: str, chinese: str) -> _Unreadable:
    return _Unreadable(Fault("table 表格", "", english, chinese))


# --- the header ----------------------------------------------------------------------------------


def _columns(lines: list[tuple[int, list[str]]]) -> list[str | None]:
    """What each column is; None for those for people."""
    return [_column(name) for name in lines[0][1]]


def _column(name: str) -> str | None:
    folded = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    for column, others in OTHERS.items():
        if folded in (column, *others):
            return column
    return field_of(name)


def _header_faults(header: tuple[int, list[str]], columns: Sequence[str | None]) -> Iterator[Fault]:
    line, names = header
    place = _place(line)
    known = ", ".join((*OTHERS, *HEADERS))
    for name, column in zip(names, columns, strict=True):
        for_people = not name or name.startswith("#") or name.lower() in REMARKS
        if column is None and not for_people:
            yield Fault(
                place,
                f"{name!r:.60}",
                f"not a known column; use one of {known}, or put # before it to leave it out.",
                "没有这一列；不需要的列请在列名前加 #。",
            )
    for column in dict.fromkeys(one for one in columns if one and columns.count(one) > 1):
        yield Fault(
            place, column, "there are two such columns; keep one.", "该列重复，请保留一列。"
        )
    if "file" not in columns:
        yield Fault(
            place, "file", "there is no column 'file' with the recordings.", "缺少“文件”一列。"
        )


def _place(line: int) -> str:
    return f"line {line} 第 {line} 行"


# --- a row ---------------------------------------------------------------------------------------


class _RowReader:
    """Checks the cells of one row; gathers its faults."""

    def __init__(
        self, line: int, folder: Path, known_profiles: Collection[str], bases: Bases
    ) -> None:
        self.line = line
        self.name = ""
        self.path: Path | None = None
        self.said: dict[str, Any] = {}
        self.others: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self._folder = folder
        self._profiles = known_profiles
        self._bases = bases

    def fault(self, column: str, english: str, chinese: str) -> None:
        self.faults.append(Fault(_place(self.line), column, english, chinese, self.line))

    def read(self, columns: Sequence[str | None], cells: Sequence[str]) -> None:
        if any(cells[len(columns) :]):
            self.fault(
                "",
                f"it has {len(cells)} cells under {len(columns)} columns; quote texts that hold "
                "the separator.",
                "单元格多于列数，含分隔符的内容请加引号。",
            )
        for column, cell in zip(columns, cells, strict=False):
            if column and (cell or column == "file"):
                try:
                    self._cell(column, cell)
                except Unclear as unclear:
                    self.fault(column, unclear.english, unclear.chinese)

    def row(self) -> Row | None:
        """None where it has a fault."""
        if self.faults or self.path is None:
            return None
        return Row(self.line, self.name, self.path, Asked(self.said, **self.others))

    def _cell(self, column: str, cell: str) -> None:
        match column:
            case "file":
                self.name = cell
                self.path = self._file(cell, self._folder)
            case "profiles":
                self.others["profiles"] = self._known(profiles(cell))
            case "captions":
                self.others["captions"] = self._captions(cell)
            case "intro" | "outro":
                self.others[column] = self._file(cell, self._folder)
            case _:
                none = cell == NONE and column not in ("title", "base", "category")
                value = "0" if none and column == "number" else "" if none else cell
                self.said |= understood(column, value, self._bases)

    def _known(self, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in self._profiles:
                known = ", ".join(sorted(self._profiles))
                raise Unclear(
                    f"there is no profile {name!r}; there are: {known}.", "没有这个配置。"
                )
        return names

    def _captions(self, cell: str) -> tuple[CaptionSource, ...]:
        if cell == NONE:
            return ()
        paths = [self._file(name, self._folder) for name in listed(cell, _FILES)]
        for path in paths:
            if path.suffix.lower() not in CAPTIONS:
                raise Unclear(
                    f"{path.name!r:.80} is no file of captions ({', '.join(CAPTIONS)}).",
                    "不是字幕文件。",
                )
        return tuple(
            CaptionSource(path, caption_language(path.stem.rpartition(".")[2])) for path in paths
        )

    def _file(self, cell: str, folder: Path) -> Path:
        """As it is written, or as other systems write it."""
        if not cell or "\0" in cell:
            raise Unclear("no file is named.", "没有写文件名。")
        turned = cell.replace("\\", "/")
        names = (cell, turned, *(unicodedata.normalize(form, turned) for form in ("NFC", "NFD")))
        try:
            path = next((folder / one for one in names if (folder / one).is_file()), None)
            if path is not None and path.stat().st_size == 0:
                raise Unclear(f"{cell!r:.120} is empty; copy it again.", "文件为空，请重新复制。")
        except (OSError, ValueError) as error:
            if isinstance(error, Unclear):
                raise
            path = None
        if path is None:
            raise Unclear(
                f"there is no file {cell!r:.120}; names start from the table's folder.",
                "没有这个文件；文件名从表格所在文件夹算起。",
            )
        return path


def _find_twice(readers: Sequence[_RowReader]) -> None:
    files: dict[Path, int] = {}
    places: dict[tuple[object, ...], int] = {}
    for reader in readers:
        if reader.path is not None:
            first = files.setdefault(reader.path.resolve(), reader.line)
            _twice(reader, "file", first, "the recording is", "该文件")
        course, number = reader.said.get("course"), reader.said.get("number")
        if course and number:
            key = (reader.said.get("base"), course, number)
            first = places.setdefault(key, reader.line)
            _twice(reader, "number", first, "this place in the course is", "课程中的该序号")


def _twice(reader: _RowReader, column: str, first: int, english: str, chinese: str) -> None:
    if first != reader.line:
        reader.fault(
            column,
            f"{english} on line {first} too; keep one.",
            f"{chinese}与第 {first} 行重复，请保留一行。",
        )
