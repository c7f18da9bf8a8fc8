"""`farm budget`: what a person gives it, and what it says."""

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from farm.catalog import enter
from farm.cli.budget import budget
from farm.errors import FarmError, Refused
from farm.store.folder import FolderStore
from manifests.model import CatalogEntry
from tests.media import lecture, tone

DAY = ("--from", "2026-12-01", "--days", "1", "--channel", "2M")


def said(*arguments: str | Path) -> Result:
    return CliRunner().invoke(budget, [str(one) for one in arguments])


def entry(number: int, course: str | None = None, minutes: int = 30) -> CatalogEntry:
    lesson = f"test-{number:012x}"
    return CatalogEntry(
        lesson=lesson,
        release=1,
        title=f"第{number}课",
        base="test",
        category="agriculture",
        course=course,
        duration=Fraction(minutes * 60),
        master=f"lessons/{lesson}/master.m3u8",
        poster=None,
        thumbnails=None,
        sizes=(),
        languages=("zh",),
        published=f"2026-11-{20 - number:02d}",
    )


@pytest.fixture
def library(tmp_path: Path) -> Path:
    store = FolderStore(tmp_path / "library")
    for one in (entry(1, "番茄"), entry(2, "番茄"), entry(3)):
        enter(store, one)
    return tmp_path / "library"


def test_hours_of_lessons_that_fit() -> None:
    done = said("--hours", "1.5", *DAY, "--window", "08:00-09:00")
    assert done.exit_code == 0
    assert "The batch fits. 可以排下。" in done.output
    assert "日期" in done.output
    assert "2 services side by side 并行频道" in done.output
    assert "left 剩余 0:29:58" in done.output


def test_the_documented_example_says_what_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "broadcast.md").read_text(encoding="utf-8")
    example = page.partition("$ farm budget ")[2].partition("\n```")[0]
    command, _, answer = example.partition("\n")
    monkeypatch.setenv("COLUMNS", "100")
    output = said(*command.split()).output
    assert [line.rstrip() for line in output.splitlines()] == answer.splitlines()


def test_columns_that_tell_nothing_are_left_out(library: Path) -> None:
    assert "showing" not in said("--store", library, *DAY).output
    assert "showing" in said("--store", library, *DAY, "--repeats", "2").output


def test_what_does_not_fit_is_named_and_missing() -> None:
    done = said("--hours", "3", *DAY, "--window", "08:00-09:00")
    assert isinstance(done.exception, FarmError)
    assert done.exception.status == 1
    assert "2 showings of 4 do not fit: 1:30:02 are missing" in str(done.exception)
    assert "排不下" in str(done.exception)
    assert "Lesson 3 第3课 (0:45:01): there is no room left 没有剩余时段" in done.output


def test_json_says_everything() -> None:
    done = said("--hours", "1", "--length", "30", *DAY, "--window", "08:00-09:00", "--json")
    told = json.loads(done.stdout)
    assert told["fits"] is True
    assert told["capacity_seconds"] == 7200
    assert [(one["start"], one["service"], one["share"]) for one in told["shows"]] == [
        ("2026-12-01T08:00:00", 1, "2/5"),
        ("2026-12-01T08:00:00", 2, "2/5"),
    ]


def test_csv_opens_in_a_spreadsheet() -> None:
    done = said("--hours", "1", *DAY, "--window", "23:00-24:00", "--csv", "--rate", "1M")
    data = done.stdout_bytes
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["date 日期", "start 开始", "end 结束"]
    assert rows[1][:4] == ["2026-12-01", "23:00:00", "23:45:01", "Lesson 1 第1课"]
    assert rows[1][-1] == "50.0%"


def test_a_title_is_no_formula(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    one = entry(1)
    enter(
        store,
        CatalogEntry(**{name: getattr(one, name) for name in one.__slots__} | {"title": "=cmd()"}),
    )
    rows = csv.reader(io.StringIO(said("--store", tmp_path, *DAY, "--csv").stdout))
    assert list(rows)[1][3] == "'=cmd()"


def test_lessons_of_the_store_by_date(library: Path) -> None:
    told = json.loads(said("--store", library, *DAY, "--rate", "2M", "--json").stdout)
    assert [one["title"] for one in told["shows"]] == ["第3课", "第1课", "第2课"]


def test_a_course_is_sent_by_its_numbers(tmp_path: Path) -> None:
    """Neither by date nor by the text of titles; those without a number last."""
    store = FolderStore(tmp_path)
    numbers = {1: 10, 2: None, 3: 2, 4: 1, 12: None}
    for n, number in numbers.items():
        enter(store, replace(entry(n, "番茄", 5), number=number))
    told = json.loads(said("--store", tmp_path, *DAY, "--course", "番茄", "--json").stdout)
    titles = [one["title"] for one in told["shows"]]
    assert titles == ["第4课", "第3课", "第1课", "第2课", "第12课"]


def test_lessons_of_the_store_as_they_are_asked_for(library: Path) -> None:
    ids = [part for n in (1, 2) for part in ("--lesson", f"test-{n:012x}")]
    told = json.loads(said("--store", library, *DAY, *ids, "--json").stdout)
    assert [one["title"] for one in told["shows"]] == ["第1课", "第2课"]
    assert told["shows"][0]["stop"] <= told["shows"][1]["start"]


def test_one_course_of_the_store(library: Path) -> None:
    told = json.loads(said("--store", library, *DAY, "--course", "番茄", "--json").stdout)
    assert {one["course"] for one in told["shows"]} == {"番茄"}


def test_recordings_are_inspected(tmp_path: Path) -> None:
    one = lecture(tmp_path / "温室_番茄.mp4", seconds=2, sound=tone())
    told = json.loads(said(one, *DAY, "--course", "x", "--json").stdout)
    (show,) = told["shows"]
    assert (show["title"], show["course"]) == ("温室 番茄", "x")
    assert show["stop"] == "2026-12-01T00:00:04"  # sound of 2.02 s, and the lead


def test_a_recording_that_would_be_refused_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    assert isinstance(said(bad, *DAY).exception, Refused)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--channel", "fast"), "is no bit rate"),
        (("--channel", "2M", "--window", "8-10"), "is no window of a day"),
        (("--channel", "2M", "--window", "08:00-24:30"), "is no time of a day"),
        (("--channel", "2M", "--window", "22:00-02:00"), "over midnight give two"),
        (("--hours", "2"), "Missing option '--channel'"),
        (("--channel", "2M", "--hours", "0"), "is not in the range"),
    ],
)
def test_slips_get_a_plain_sentence(arguments: tuple[str, ...], words: str) -> None:
    done = said(*arguments)
    assert done.exit_code == 2
    assert words in done.output


def test_unknown_lessons_and_mixed_sources(library: Path, tmp_path: Path) -> None:
    assert "no lesson nowhere" in said("--store", library, *DAY, "--lesson", "nowhere").output
    with_course = ("--lesson", entry(3).lesson, "--course", "番茄")
    assert "no lesson of that kind" in said("--store", library, *DAY, *with_course).output
    unknown = said("--store", library, *DAY, "--course", "y")
    assert unknown.exit_code == 2
    assert "no course 'y'" in unknown.output
    assert "there are: 番茄." in unknown.output
    assert "Give either" in said(tmp_path / "a.mp4", "--hours", "2", *DAY).output
