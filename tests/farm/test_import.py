"""`farm import`: a table of recordings becomes lessons, row by row, and again without harm."""

import csv
import json
import math
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from farm.categories import DEFAULTS
from farm.cli.import_ import import_, import_command
from farm.errors import FarmError
from farm.housekeeping import lessons_of, verify
from farm.model import Category
from farm.pointers import read_current, read_numbered
from farm.settings import read_settings
from farm.store.folder import FolderStore
from manifests.model import Release
from manifests.release import read_release
from tests.farm.whole_files import produce

ROWS = """文件,标题,类别,基地,课程,序号,主讲,关键词,配置,备注
一.mp3,春季施肥,语音节目,changde=常德,田间广播,第1讲,王老师,施肥、春耕,,旧磁带
子/二.mp3,防汛抗旱,语音节目,changde=常德,田间广播,2,王老师,防汛,,
三.mp4,认识电子表格,计算机课件,changsha,办公软件,1,,,download,
"""


class Stock:
    """A folder of old stock with its table, and the library it goes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "library")
        (folder / "子").mkdir()
        for n, name in enumerate(("一.mp3", "子/二.mp3", "三.mp4")):
            (folder / name).write_bytes(b"sound %d" % n)

    def run(self, *options: str, table: str | bytes = ROWS) -> Result:
        path = self.folder / "old.csv"
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
        command = import_command(produce)
        library = str(self.folder / "library")
        return CliRunner().invoke(command, [str(path), "--store", library, *options])

    def release(self, title: str) -> Release:
        for lesson in lessons_of(self.store):
            current = read_current(self.store, lesson)
            assert current
            release, _ = read_numbered(self.store, lesson, current.pointer.release)
            if release.entry.title == title:
                return release
        raise AssertionError(title)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    return Stock(tmp_path)


def rows_of(result: Result) -> dict[int, dict[str, object]]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {line["line"]: line for line in lines if line["event"] == "row"}


def test_nothing_is_made_without_run(stock: Stock) -> None:
    result = stock.run()
    assert result.exit_code == 0, result.output
    assert "3 rows" in result.output
    assert "3 new" in result.output
    assert "春季施肥" in result.output
    assert lessons_of(stock.store) == ()


def test_every_row_becomes_a_lesson_with_what_the_table_says(stock: Stock) -> None:
    assert stock.run("--run").exit_code == 0
    release = stock.release("春季施肥")
    about = release.about
    assert about
    assert (about.base, about.course, about.number) == ("常德", "田间广播", 1)
    assert (about.speaker, about.keywords) == ("王老师", ("施肥", "春耕"))
    assert release.entry.lesson.startswith("changde-")
    assert [one.profile for one in release.products] == list(DEFAULTS[Category.AUDIO])
    assert [one.profile for one in stock.release("认识电子表格").products] == ["download"]


def test_what_is_done_is_not_done_again(stock: Stock) -> None:
    stock.run("--run")
    before = {info.name: info.tag for info in stock.store.list("lessons/")}
    result = stock.run("--run")
    assert result.exit_code == 0
    assert "3 done" in result.output
    assert {info.name: info.tag for info in stock.store.list("lessons/")} == before


def test_a_row_that_says_something_new_is_an_update_and_one_that_wants_more_is_more(
    stock: Stock,
) -> None:
    stock.run("--run")
    changed = (
        ROWS.replace("防汛,,", "防汛,audio download,")
        .replace("旧磁带", "")
        .replace("一.mp3,春季施肥", "一.mp3,冬季施肥")
    )
    rows = rows_of(stock.run("--json", table=changed))
    assert [rows[line]["state"] for line in (2, 3, 4)] == ["update", "more", "done"]
    assert rows[2]["duration"] == 90
    stock.run("--run", table=changed)
    assert stock.release("冬季施肥").number == 2


def test_a_failing_recording_does_not_stop_the_others_and_is_done_when_mended(
    stock: Stock,
) -> None:
    report = stock.folder / "report.csv"
    (stock.folder / "一.mp3").write_bytes(b"broken")
    result = stock.run("--run", "--report", str(report))
    assert result.exit_code == 4
    assert len(lessons_of(stock.store)) == 2
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[3] for row in rows[1:]] == ["failed", "published", "published"]
    assert rows[1][5] == "It is broken."
    (stock.folder / "一.mp3").write_bytes(b"mended")
    assert "2 done" in (again := stock.run("--run", "--report", str(report))).output
    assert again.exit_code == 0
    assert len(lessons_of(stock.store)) == 3


def test_bad_rows_are_named_and_stop_it_unless_they_are_skipped(stock: Stock) -> None:
    bad = ROWS + "四.mp3,无,语音节目,changde,,,,,,\n三.mp4,又,喜剧,changsha,,x,,,vhs,\n"
    plan = stock.run(table=bad)
    assert plan.exit_code == 3
    for said in ("line 5", "'四.mp3'", "line 6", "'喜剧'", "'x'", "vhs", "line 4 too"):
        assert said in plan.output, said
    stopped = stock.run("--run", table=bad)
    assert isinstance(stopped.exception, FarmError)
    assert "--skip-bad-rows" in str(stopped.exception)
    assert lessons_of(stock.store) == ()
    report = stock.folder / "report.csv"
    skipped = stock.run("--run", "--skip-bad-rows", "--report", str(report), table=bad)
    assert skipped.exit_code == 3
    assert len(lessons_of(stock.store)) == 3
    lines = report.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == ["published"] * 3 + ["bad"] * 2
    assert [line.split(",")[1] for line in lines[4:]] == ["四.mp3", "三.mp4"]


def test_the_same_bytes_under_two_names_are_one_recording(stock: Stock) -> None:
    (stock.folder / "四.mp3").write_bytes((stock.folder / "一.mp3").read_bytes())
    again = ROWS + "四.mp3,同,语音节目,changde,,,,,,\n"
    rows = rows_of(stock.run("--json", table=again))
    assert [rows[line]["state"] for line in (2, 3, 4, 5)] == ["new", "new", "new", "bad"]
    assert "line 2" in str(rows[5]["error"])


def test_a_sidecar_fills_in_and_its_faults_are_those_of_the_row(stock: Stock) -> None:
    (stock.folder / "一.toml").write_text('audience = "村干部"\nspeaker = "李"\n')
    stock.run("--run")
    about = stock.release("春季施肥").about
    assert about
    assert (about.audience, about.speaker) == ("村干部", "王老师")
    (stock.folder / "三.json").write_text('{"speker": "x", "number": -1}')
    rows = rows_of(stock.run("--json"))
    assert rows[4]["state"] == "bad"
    assert "speker" in str(rows[4]["error"])
    assert "number" in str(rows[4]["error"])


def test_profiles_of_the_command_win_over_those_of_rows(stock: Stock) -> None:
    rows = rows_of(stock.run("--json", "--profile", "audio"))
    assert [rows[line]["profiles"] for line in (2, 3, 4)] == [["audio"]] * 3
    assert stock.run("--profile", "vhs").exit_code == 2


def test_a_base_gets_what_its_file_says(stock: Stock) -> None:
    bases = stock.folder / "bases.toml"
    bases.write_text(
        '[changde]\nname = "常德"\n[changde.profiles]\naudio = ["audio", "datadisc"]\n'
    )
    rows = rows_of(stock.run("--json", "--bases", str(bases)))
    assert rows[2]["profiles"] == ["audio", "datadisc"]
    assert rows[4]["profiles"] == ["download"]


def test_the_public_address_is_remembered(stock: Stock) -> None:
    stock.run("--run", "--public-url", "https://lessons.example.org/kj")
    assert read_settings(stock.store).public_url == "https://lessons.example.org/kj/"


def test_recordings_are_inspected_where_that_is_asked_for(stock: Stock) -> None:
    rows = rows_of(stock.run("--json", "--inspect", "--work", str(stock.folder / "work")))
    assert {rows[line]["state"] for line in (2, 3, 4)} == {"bad"}
    assert "录像" in str(rows[2]["error"]) or "文件" in str(rows[2]["error"])


def test_the_farm_itself_works_off_a_table(tmp_path: Path) -> None:
    """Sound alone, so that it is quick; what is published is what the schemas say it is."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        waves = (int(9000 * math.sin(n / 9) * math.sin(n / 4000)) for n in range(3 * 24_000))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in waves))
    table = tmp_path / "old.csv"
    table.write_text(
        "文件,标题,类别,基地,课程,序号,配置\na.wav,数数,语音节目,changsha=长沙,数数,1,audio\n"
    )
    library = tmp_path / "library"
    options = (str(table), "--store", str(library), "--work", str(tmp_path / "work"))
    assert "1 new" in CliRunner().invoke(import_, options).output
    done = CliRunner().invoke(import_, (*options, "--run"))
    assert done.exit_code == 0, done.output
    assert "1 done" in CliRunner().invoke(import_, (*options, "--run")).output
    store = FolderStore(library)
    (lesson,) = lessons_of(store)
    assert verify(store, lesson, deep=True) == ()
    for name, path in (
        ("release-2", f"lessons/{lesson}/releases/1.json"),
        ("catalog-2", "catalog/releases/1.json"),
    ):
        schema = json.loads(store.get(f"catalog/schema/{name}.json").data)
        Draft202012Validator(schema).validate(json.loads(store.get(path).data))
    release = read_release(store.get(f"lessons/{lesson}/releases/1.json").data)
    assert release.entry.enclosure
    assert release.entry.enclosure.type == "audio/mpeg"
    assert release.entry.master is None
    (feed,) = store.list("catalog/feeds/")
    assert b'type="audio/mpeg"' in store.get(feed.name).data


@pytest.mark.parametrize("title", ["=cmd|' /C calc'!A0", "-i", "+1", "@x"])
def test_no_cell_of_a_report_is_a_formula(stock: Stock, title: str) -> None:
    name = f"{title.replace('/', '')}.mp3"
    (stock.folder / name).write_bytes(b"broken")
    report = stock.folder / "report.csv"
    stock.run("--run", "--report", str(report), table=f"file,title\n{name},a\n")
    with report.open(encoding="utf-8-sig", newline="") as file:
        row = list(csv.reader(file))[1]
    assert row[1] == f"'{name}"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
