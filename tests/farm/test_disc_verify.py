"""`farm disc verify`: what is whole passes, and what is not is named."""

import hashlib
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from encoders.artifact import finish
from encoders.datadisc import make_data_disc
from encoders.vcd import make_vcd
from farm.cli.disc import disc as command
from farm.disc.datadisc import CD, DiscLesson, Media, data_disc_tasks
from farm.disc.handout import hand_out, hand_out_cd
from farm.disc.verify import Checked, verify_disc
from farm.errors import NotFound, StoreError
from tests.encoders.vcd_pieces import lesson as vcd_lesson
from tests.tools.programs import run

VIDEO = "lessons/01 水稻育秧/水稻育秧.mp4"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("disc")
    media = finish(inputs, "video", "mp4", b"0123456789" * 50_000, "video/mp4")
    lesson = DiscLesson(
        title="水稻育秧",
        base="",
        speaker="",
        description="",
        category="agriculture",
        duration=Fraction(60),
        videos=(Media(media, "MP4"),),
        audios=(),
        captions=(),
        chapters=(),
        poster=None,
    )
    (task,) = data_disc_tasks(
        "课程",
        [lesson],
        name="datadisc",
        label="C",
        capacity=CD,
        inputs=str(inputs),
        folder=str(folder),
    )
    made = folder / make_data_disc(task, lambda _: None).files[0].file.name
    return hand_out(made, folder / "课程 数据光盘.iso")


@pytest.fixture
def copy(image: Path, tmp_path: Path) -> Path:
    for path in (image, image.with_name(f"{image.name}.sha256")):
        shutil.copy(path, tmp_path)
    return tmp_path / image.name


@pytest.fixture
def folder(image: Path, tmp_path: Path) -> Path:
    target = tmp_path / "disc"
    command = ["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", target]
    run(command).ok()
    run(["chmod", "-R", "u+w", target]).ok()
    return target


def faults(checked: Checked) -> list[tuple[str, str]]:
    return [(one.path, one.what) for one in checked.faults]


def test_a_whole_image_passes(copy: Path) -> None:
    told: list[float] = []
    checked = verify_disc(copy, told.append)
    assert checked == Checked("data disc", 4, ())
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_whole_folder_passes(folder: Path) -> None:
    assert verify_disc(folder) == Checked("data disc", 3, ())


def test_a_flipped_byte_is_found_in_the_image(copy: Path) -> None:
    data = bytearray(copy.read_bytes())
    data[data.index(b"0123456789") + 5] ^= 1
    copy.write_bytes(data)
    assert faults(verify_disc(copy)) == [
        (copy.name, "damaged: other bytes than were written"),
        (VIDEO, "damaged: other bytes than were written"),
    ]


def test_what_is_missing_and_what_is_extra_is_named(folder: Path) -> None:
    (folder / VIDEO).unlink()
    (folder / "病毒.exe").write_bytes(b"MZ")
    (folder / "index.html").write_text("changed")
    assert faults(verify_disc(folder)) == [
        ("病毒.exe", "not in SHA256SUMS"),
        ("index.html", "damaged: other bytes than were written"),
        (VIDEO, "missing"),
    ]


def test_sums_do_not_lead_out_of_the_disc(folder: Path) -> None:
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ../../secret\n{'0' * 64}  /etc/passwd\nnonsense\n")
    assert [one.what for one in verify_disc(folder).faults] == [
        "a name that leads out of the disc",
        "a name that leads out of the disc",
        "not a line of sums: 'nonsense'",
    ]


def test_a_truncated_image_is_not_whole(copy: Path) -> None:
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size // 2)
    assert verify_disc(copy).faults


def test_another_file_is_no_disc(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"x" * 100_000)
    for path in (tmp_path / "video.mp4", tmp_path, tmp_path / "nothing"):
        with pytest.raises(NotFound):
            verify_disc(path)


def test_a_dvd_without_its_backup_is_found(tmp_path: Path) -> None:
    files = tmp_path / "dvd" / "VIDEO_TS"
    files.mkdir(parents=True)
    (files / "VIDEO_TS.IFO").write_bytes(b"DVDVIDEO-VMG" + bytes(2036))
    (files / "VIDEO_TS.BUP").write_bytes(b"DVDVIDEO-VMG" + bytes(2036))
    (files / "VTS_01_0.IFO").write_bytes(b"DVDVIDEO-VTS" + bytes(2036))
    (files / "VTS_01_1.VOB").write_bytes(bytes(2000))
    image = tmp_path / "dvd.iso"
    run(["genisoimage", "-quiet", "-udf", "-o", image, tmp_path / "dvd"]).ok()
    for path in (tmp_path / "dvd", image):
        checked = verify_disc(path)
        assert checked.kind == "DVD-Video"
        assert faults(checked) == [
            ("VIDEO_TS/VTS_01_0.BUP", "missing"),
            ("VIDEO_TS/VTS_01_1.VOB", "not of whole sectors"),
        ]


@pytest.fixture(scope="module")
def video_cd(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    from dataclasses import replace

    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("vcd")
    task = replace(vcd_lesson(inputs, "vcd", (50,)), folder=str(folder))
    sheet, image = (one.file.name for one in make_vcd(task, lambda _: None).files)

    def fresh(target: Path) -> Path:
        for name in (sheet, image):
            shutil.copy(folder / name, target)
        return hand_out_cd(target / sheet, target / image, target / "vcd-01.cue")[0]

    return fresh


def test_a_video_cd_passes_by_either_of_its_files(
    video_cd: Callable[[Path], Path], tmp_path: Path
) -> None:
    sheet = video_cd(tmp_path)
    assert verify_disc(sheet) == Checked("Video CD", 2, ())
    assert verify_disc(sheet.with_suffix(".bin")) == Checked("Video CD", 2, ())
    assert verify_disc(tmp_path) == Checked("set of discs", 2, ())
    run(["vcd-info", f"--cue-file={sheet}"]).ok()


def test_a_damaged_video_cd_is_found_with_and_without_its_sum(
    video_cd: Callable[[Path], Path], tmp_path: Path
) -> None:
    sheet = video_cd(tmp_path)
    image = sheet.with_suffix(".bin")
    data = bytearray(image.read_bytes())
    data[200 * 2352 + 3] ^= 0xFF
    image.write_bytes(data)
    assert faults(verify_disc(sheet)) == [
        (image.name, "damaged: other bytes than were written"),
        (image.name, "sector 200 does not begin as one"),
    ]
    image.unlink()
    assert faults(verify_disc(sheet)) == [(sheet.name, "the image it names is missing")]


def test_the_command_prints_a_table_and_its_error_is_of_status_five(folder: Path) -> None:
    whole = CliRunner().invoke(command, ["verify", str(folder)])
    assert (whole.exit_code, "whole 完好 (data disc, 3 files compared)" in whole.output) == (
        0,
        True,
    )
    (folder / VIDEO).unlink()
    done = CliRunner().invoke(command, ["verify", str(folder)])
    assert isinstance(done.exception, StoreError)
    assert done.exception.status == 5
    assert f"  {VIDEO}  missing 缺失" in done.output


def test_sums_are_what_sha256sum_reads(copy: Path) -> None:
    assert hashlib.sha256(copy.read_bytes()).hexdigest()
    run(["sha256sum", "-c", f"{copy.name}.sha256"], folder=copy.parent).ok()


def test_what_has_no_checksum_is_not_called_whole(
    video_cd: Callable[[Path], Path], tmp_path: Path
) -> None:
    sheet = video_cd(tmp_path)
    image = sheet.with_suffix(".bin")
    image.with_name(f"{image.name}.sha256").unlink()
    done = CliRunner().invoke(command, ["verify", str(sheet)])
    assert done.exit_code == 0
    assert "whole" not in done.output
    assert "structure in order, contents not compared" in done.output
    assert f"there is no checksum 无校验和: {image.name}" in done.output
    assert verify_disc(tmp_path).unsummed == (image.name,)


def test_what_is_handed_out_may_be_read_as_other_files(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.touch(0o600)
    usual = tmp_path / "usual"
    usual.touch()
    assert hand_out(made, tmp_path / "disc.iso").stat().st_mode == usual.stat().st_mode
