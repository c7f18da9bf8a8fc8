"""`farm disc COURSE`: from what is published of a course to discs in a folder."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from encoders.vcd import make_vcd
from farm.cli.disc import bar
from farm.cli.disc import disc as command
from farm.disc.handout import work_beside
from farm.disc.outlook import outlook
from farm.disc.shelf import Unready, lessons_on_shelf
from farm.disc.verify import verify_disc
from farm.errors import NotFound, StoreError
from farm.pointers import folder_of
from farm.store import Store, open_store
from manifests.model import Object
from tests.encoders.vcd_pieces import lesson as vcd_lesson
from tests.farm.courses import COURSE, disc, fill, product, shelve, video
from tests.tools.programs import run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(str(tmp_path / "library"))
    fill(store)
    return store


def test_a_course_becomes_a_disc_that_is_whole(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    disc(store, COURSE, "--out", str(out))
    names = {path.name for path in out.iterdir()}
    image = f"{COURSE} 数据光盘.iso"
    assert names == {image, f"{image}.sha256", f"{COURSE} 数据光盘.txt"}
    assert verify_disc(out / image).faults == ()
    listed = run(["isoinfo", "-f", "-R", "-i", out / image]).ok().out
    for name in ("01 第1课：育秧/第1课：育秧.mp4", "03 第3课：育秧/第3课：育秧.mp3"):
        assert f"/lessons/{name}" in listed
    content = tmp_path / "content"
    run(["xorriso", "-osirrox", "on", "-indev", out / image, "-extract", "/", content]).ok()
    assert "第一句" in (content / "index.html").read_text("utf-8")


def test_a_small_disc_makes_several(store: Store, tmp_path: Path) -> None:
    output = disc(store, COURSE, "--out", str(tmp_path / "out"), "--capacity", "3")
    assert "数据光盘 1-2.iso" in output
    assert "数据光盘 2-2.iso" in output
    assert verify_disc(tmp_path / "out").faults == ()


def test_what_was_told_beforehand_is_what_comes_out(store: Store, tmp_path: Path) -> None:
    out, capacity = tmp_path / "out", 3 << 20
    told = outlook("datadisc", lessons_on_shelf(store, COURSE), COURSE, capacity).discs
    disc(store, COURSE, "--out", str(out), "--capacity", "3")
    sizes = [path.stat().st_size for path in sorted(out.glob("*.iso"))]
    assert len(sizes) == len(told) == 2
    for size, one in zip(sizes, told, strict=True):
        assert size <= one.size <= one.capacity
        assert size > 0.6 * one.size


def test_one_lesson_by_its_id_and_courses_that_are_not_there(store: Store) -> None:
    assert [one.release.entry.number for one in lessons_on_shelf(store, COURSE)] == [1, 2, 3]
    assert len(lessons_on_shelf(store, "songyuan-000000000001")) == 1
    with pytest.raises(NotFound, match=f"there are: {COURSE}"):
        lessons_on_shelf(store, "养猪")


def test_lessons_without_what_a_disc_needs_are_named(store: Store, tmp_path: Path) -> None:
    lesson = "songyuan-0000000000ff"
    shelve(store, lesson, 4, (product("broadcast", video(store, lesson)),))
    with pytest.raises(Unready) as caught:
        disc(store, COURSE, "--kind", "datadisc", "--out", str(tmp_path / "out"))
    said = str(caught.value)
    assert "1 of 4 lessons" in said
    assert "第4课：育秧 (songyuan-0000000000ff)" in said
    assert "farm run RECORDING... --profile download" in said
    with pytest.raises(Unready, match="No kind of disc has all 4 lessons"):
        disc(store, COURSE)


def test_video_cds_are_handed_out_as_burners_want_them(store: Store, tmp_path: Path) -> None:
    inputs, folder, out = (tmp_path / name for name in ("inputs", "made", "out"))
    inputs.mkdir()
    folder.mkdir()
    task = replace(vcd_lesson(inputs, "vcd", (50,)), folder=str(folder))
    lesson = "songyuan-000000000000"
    files = []
    for file in (one.file for one in make_vcd(task, lambda _: None).files):
        path = f"media/{file.name}"
        store.put(folder_of(lesson) + path, folder / file.name, type=file.type)
        files.append(Object(path, file.size, file.sha256, file.type))
    shelve(store, lesson, 1, (product("vcd", *files),))
    disc(store, lesson, "--kind", "vcd", "--out", str(out))
    run(["vcd-info", f"--cue-file={out / 'vcd-01.cue'}"]).ok()
    assert verify_disc(out).faults == ()
    assert "vcd-01  1. 第1课：育秧" in (out / "vcd 目录 contents.txt").read_text("utf-8")


def test_a_capacity_is_a_medium_or_megabytes(store: Store) -> None:
    done = CliRunner().invoke(command, [COURSE, "--capacity", "floppy", "--store", store.url])
    assert done.exit_code == 2
    assert "give cd, dvd or megabytes" in done.output


def test_every_bar_ends_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with bar() as progress:
        for step, told in (("first", 0.5), ("second", 0.8)):
            progress(step, 0.1)
            progress(step, told)
    assert capsys.readouterr().err.count("100%") == 2


def test_a_kind_that_only_some_lessons_are_ready_for_is_named(store: Store, tmp_path: Path) -> None:
    lesson = "songyuan-0000000000ff"
    made = video(store, lesson)
    shelve(store, lesson, 4, (product("download", made), product("vcd", made)))
    said = disc(store, COURSE, "--out", str(tmp_path / "out"))
    assert "vcd: left out 未制作: 3 of 4 lessons" in said
    assert "farm run RECORDING... --profile vcd" in said
    assert "dvd: left out" not in said
    assert " kB" in said


def test_a_full_disk_is_the_one_of_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def fill_up() -> None:
        with work_beside(out, "dvd") as work, Path("/dev/full").open("wb", buffering=0) as full:
            (work / "left").touch()
            full.write(b"x")

    with pytest.raises(StoreError, match=f"The disk of {out} is full"):
        fill_up()
    assert list(out.iterdir()) == []
