"""Data discs: read back by pycdlib and isoinfo, and by nothing of the farm."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pycdlib
import pytest

from encoders.artifact import finish
from encoders.datadisc import DataDiscTask, DiscFile, DiscText, make_data_disc
from encoders.product import Product
from encoders.verify import Faulty
from tests.tools.programs import run

VIDEO = "lessons/01 水稻育秧技术（上）/水稻育秧技术（上）.mp4"
LONG = "lessons/02 " + "长" * 60 + "/" + "名" * 60 + ".mp4"
POSTER = "lessons/01 水稻育秧技术（上）/poster.jpg"
PATHS = {VIDEO, LONG, POSTER, "index.html", "说明 README.txt"}


@dataclass(frozen=True, slots=True)
class Disc:
    task: DataDiscTask
    product: Product
    folder: Path

    @property
    def image(self) -> Path:
        return self.folder / self.product.files[0].file.name


def silent(_: float) -> None:
    pass


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Disc:
    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("disc")
    data = {VIDEO: os.urandom(3_000_001), LONG: os.urandom(70_000), POSTER: b"\xff\xd8\xff"}
    files = tuple(
        DiscFile(path, finish(inputs, f"f{n}", "bin", content, "application/octet-stream"))
        for n, (path, content) in enumerate(data.items())
    )
    texts = (DiscText("index.html", "<!doctype html>"), DiscText("说明 README.txt", "说明\r\n"))
    task = DataDiscTask(
        name="datadisc",
        label="Course 01",
        title="农科课程",
        disc=1,
        discs=1,
        files=files,
        texts=texts,
        capacity=700 << 20,
        inputs=str(inputs),
        folder=str(folder),
    )
    return Disc(task, make_data_disc(task, silent), folder)


@pytest.fixture(scope="module")
def opened(disc: Disc) -> Iterator[pycdlib.PyCdlib]:
    image = pycdlib.PyCdlib()
    image.open(str(disc.image))
    yield image
    image.close()


@pytest.mark.parametrize("view", ["rr_path", "joliet_path", "udf_path"])
def test_every_file_system_gives_every_file_back(
    disc: Disc, opened: pycdlib.PyCdlib, view: str, tmp_path: Path
) -> None:
    for one in disc.task.files:
        target = tmp_path / "file"
        opened.get_file_from_iso(str(target), **{view: f"/{one.path}"})
        assert hashlib.sha256(target.read_bytes()).hexdigest() == one.file.sha256


def test_the_image_is_what_another_reader_expects(disc: Disc) -> None:
    described = run(["isoinfo", "-d", "-i", disc.image]).ok().out
    assert "Volume id: COURSE_01" in described
    assert "Joliet with UCS level 3 found" in described
    assert "Rock Ridge signatures version 1 found" in described
    listed = run(["isoinfo", "-f", "-R", "-i", disc.image]).ok().out.splitlines()
    assert {line[1:] for line in listed} >= PATHS | {"SHA256SUMS"}


def extracted(disc: Disc, target: Path) -> Path:
    run(["xorriso", "-osirrox", "on", "-indev", disc.image, "-extract", "/", target]).ok()
    return target


def test_sums_are_what_sha256sum_reads(disc: Disc, tmp_path: Path) -> None:
    content = extracted(disc, tmp_path / "content")
    checked = run(["sha256sum", "-c", "SHA256SUMS"], folder=content).ok().out.splitlines()
    assert {line.removesuffix(": OK") for line in checked} == PATHS


def test_the_same_content_gives_the_same_bytes(disc: Disc, tmp_path: Path) -> None:
    """From files of other times and places, and a later clock."""
    inputs = tmp_path / "elsewhere"
    inputs.mkdir()
    for one in disc.task.files:
        copy = inputs / one.file.name
        copy.write_bytes((Path(disc.task.inputs) / one.file.name).read_bytes())
        os.utime(copy, (1, 1))
    folder = tmp_path / "again"
    folder.mkdir()
    task = replace(disc.task, inputs=str(inputs), folder=str(folder))
    before = os.umask(0o077)
    try:
        assert make_data_disc(task, silent) == disc.product
    finally:
        os.umask(before)
    assert [path.name for path in folder.iterdir()] == [disc.image.name]


def test_no_name_of_this_machine_and_no_date_of_today_is_on_it(disc: Disc) -> None:
    data = disc.image.read_bytes()
    year = run(["date", "-u", "+%Y%m%d"]).ok().out.strip().encode()
    assert year not in data
    assert str(disc.folder).encode() not in data


def test_udf_descriptors_keep_their_checksums(opened: pycdlib.PyCdlib) -> None:
    """pycdlib checks tags and CRCs of descriptors as it opens them."""
    assert opened.has_udf()
    entry = opened.get_record(udf_path=f"/{VIDEO}")
    assert (entry.mod_time.year, entry.mod_time.month, entry.mod_time.day) == (2000, 1, 1)


def test_what_does_not_fit_is_said(disc: Disc, tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="more than the 1000000 of its disc"):
        make_data_disc(replace(disc.task, capacity=1_000_000, folder=str(tmp_path)), silent)


def test_a_file_over_four_gigabytes_is_refused_in_words(disc: Disc, tmp_path: Path) -> None:
    large = replace(disc.task.files[0].file, size=1 << 32)
    files = (replace(disc.task.files[0], file=large),)
    with pytest.raises(ValueError, match="at most 4294967295; use a smaller rung"):
        make_data_disc(replace(disc.task, files=files, folder=str(tmp_path)), silent)


def test_a_damaged_input_is_found(disc: Disc, tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for one in disc.task.files:
        data = bytearray((Path(disc.task.inputs) / one.file.name).read_bytes())
        data[0] ^= 1
        (inputs / one.file.name).write_bytes(data)
    with pytest.raises(Faulty, match=r"reads back from .* with other bytes"):
        make_data_disc(replace(disc.task, inputs=str(inputs), folder=str(tmp_path)), silent)
