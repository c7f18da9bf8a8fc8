"""A lesson becomes a transport stream of constant rate that receivers take."""

import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.broadcast import make_broadcast
from encoders.broadcast.check import check
from encoders.broadcast.limits import PUBLISHED
from encoders.broadcast.task import BroadcastTask, Satellite
from encoders.product import Product
from encoders.verify import Faulty
from tests.encoders.broadcasting import SERVICE, lesson, piece
from tests.media import frames_of, noise, numbers
from tests.tools.programs import ffmpeg, run

PICTURES = 150
MUXRATE = 500_000


def file_of(task: BroadcastTask, product: Product) -> Path:
    return Path(task.folder) / product.files[0].file.name


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> BroadcastTask:
    return lesson(tmp_path_factory.mktemp("broadcast"), codecs=("mp2", "aac"))


@pytest.fixture(scope="module")
def product(task: BroadcastTask) -> Product:
    return make_broadcast(task, lambda _: None)


@pytest.fixture(scope="module")
def stream(task: BroadcastTask, product: Product) -> Path:
    return file_of(task, product)


def test_what_is_published_says_what_it_is(product: Product, task: BroadcastTask) -> None:
    (made,) = product.files
    assert made.file.name == f"broadcast-500k-{made.file.sha256[:12]}.ts"
    assert (made.role, made.file.type) == ("main", "video/mp2t")
    assert product.codecs == ("H.264", "MP2", "AAC")
    assert product.duration == task.duration
    assert product.measured["loudness_lkfs"] == -24.0
    assert product.measured["bitrate_bps"] == MUXRATE
    assert list(Path(task.folder).iterdir()) == [Path(task.folder) / made.file.name]


def test_the_figures_are_closer_than_the_standard_asks(product: Product) -> None:
    measured = product.measured
    assert measured["pcr_gap_ms"] <= 20
    assert measured["pcr_accuracy_ns"] < 40
    assert max(measured["pat_gap_ms"], measured["pmt_gap_ms"]) <= 80
    assert measured["sdt_gap_ms"] <= 1000
    assert measured["nit_gap_ms"] <= 500
    assert measured["pts_gap_ms"] <= 700
    assert measured["sound_buffer_bytes"] <= 3584
    assert measured["video_margin_ms"] >= 0


def test_every_picture_comes_out_as_it_went_in(stream: Path, task: BroadcastTask) -> None:
    went_in = [
        frame.to_ndarray()
        for one in task.pieces
        for frame in frames_of(Path(task.inputs) / one.file.name)
    ]
    came_out = list(frames_of(stream))
    assert numbers(came_out) == list(range(PICTURES))
    assert all(
        np.array_equal(was, frame.to_ndarray())
        for was, frame in zip(went_in, came_out, strict=True)
    )


def test_pictures_are_shown_at_an_even_rate(stream: Path) -> None:
    times = [frame.pts for frame in frames_of(stream)]
    assert {b - a for a, b in pairwise(times)} == {3600}


@pytest.mark.parametrize("track", [0, 1], ids=["mp2", "aac"])
def test_sound_is_in_time_with_the_picture(stream: Path, track: int) -> None:
    first = next(iter(frames_of(stream)))
    samples, start = [], None
    with av.open(str(stream)) as container:
        for frame in container.decode(audio=track):
            start = frame.pts if start is None else start
            samples.append(frame.to_ndarray().reshape(-1)[: frame.samples])
    wave = np.concatenate(samples).astype(np.float64)
    loud = np.abs(wave) > 0.3 * np.abs(wave).max()
    assert start is not None
    assert first.pts is not None
    begins = (start - first.pts) / 90_000 + int(np.argmax(loud)) / 48_000
    assert abs(begins) < 0.003


def test_another_program_decodes_it_without_a_word(stream: Path) -> None:
    done = run([ffmpeg(), "-v", "warning", "-i", stream, "-map", "0", "-f", "null", "-"]).ok()
    assert done.err == ""


def test_receivers_list_it_under_its_chinese_names(stream: Path) -> None:
    told = run([ffmpeg(), "-hide_banner", "-i", stream]).err
    assert "service_name    : 远程教育" in told
    assert "service_provider: 课件中心" in told
    languages = [line for line in run(["tsinfo", stream]).ok().out.splitlines() if "Lang" in line]
    assert [line.split()[-1] for line in languages] == ["chi", "eng"]
    data = stream.read_bytes()
    assert b"\x40\x25\x15" + SERVICE.network.encode() in data  # network_name_descriptor, UTF-8


def test_another_reader_of_streams_has_nothing_to_say(stream: Path) -> None:
    said = subprocess.run(
        ["tsreport", "-b", stream], capture_output=True, text=True, check=True
    ).stdout
    assert "###" not in said
    assert "!!!" not in said
    assert "Overall stream rate=500000 bits/sec" in said
    assert "Linear PCR prediction errors: min=0t, max=0t" in said


def test_a_satellite_is_told_in_packed_digits(tmp_path: Path) -> None:
    satellite = Satellite(12_538_000, 1100, True, "v", 26_040_000, "3/4")
    task = lesson(tmp_path, seconds=(1,))
    task = replace(task, service=replace(task.service, satellite=satellite))
    data = file_of(task, make_broadcast(task, lambda _: None)).read_bytes()
    assert bytes.fromhex("430b 01253800 1100 a1 02604003") in data


def test_same_pieces_same_bytes(tmp_path: Path, task: BroadcastTask, product: Product) -> None:
    again = make_broadcast(replace(task, folder=str(tmp_path)), lambda _: None)
    assert again == product


def test_progress_goes_from_nothing_to_everything(tmp_path: Path, task: BroadcastTask) -> None:
    told: list[float] = []
    make_broadcast(replace(task, folder=str(tmp_path)), told.append)
    assert told == sorted(told)
    assert told[-1] == 1


@pytest.mark.parametrize("b_frames", [0, 1])
def test_other_orders_of_pictures_and_no_sound(tmp_path: Path, b_frames: int) -> None:
    task = lesson(tmp_path, seconds=(1, 1), b_frames=b_frames, codecs=())
    stream = file_of(task, make_broadcast(task, lambda _: None))
    assert numbers(frames_of(stream)) == list(range(50))
    assert check(stream, PUBLISHED).faults == ()


def test_pictures_of_more_bits_than_fit_are_an_error(tmp_path: Path) -> None:
    task = lesson(tmp_path, maxrate=900_000, paint=noise, seconds=(3,))
    with pytest.raises(Faulty, match=r"PID 0x100: .* ms after it is decoded: .* lower maxrate"):
        make_broadcast(task, lambda _: None)
    assert not list(Path(task.folder).glob("*.ts"))


def test_a_picture_that_fills_more_than_the_buffer_is_an_error(tmp_path: Path) -> None:
    task = lesson(tmp_path, seconds=(1,), codecs=(), paint=noise)
    small = replace(task.rendition, maxrate=3_000_000, buffer=1_000)
    with pytest.raises(Faulty, match=r"more than the .* of its buffer"):
        make_broadcast(replace(task, rendition=small), lambda _: None)


def test_pieces_must_join(tmp_path: Path, task: BroadcastTask) -> None:
    torn = replace(task, pieces=task.pieces[1:], folder=str(tmp_path))
    with pytest.raises(Faulty, match="starts at slot 75, expected 0"):
        make_broadcast(torn, lambda _: None)


def test_a_piece_must_hold_what_it_says(tmp_path: Path, task: BroadcastTask) -> None:
    gops = task.pieces[1].gops
    short = replace(task.pieces[1], gops=(*gops, gops[0]))
    with pytest.raises(Faulty, match="ends at slot 150, expected 175"):
        make_broadcast(
            replace(task, pieces=(task.pieces[0], short), folder=str(tmp_path)), lambda _: None
        )


def test_names_too_long_for_a_table_are_refused(tmp_path: Path, task: BroadcastTask) -> None:
    long = replace(task, service=replace(SERVICE, name="课" * 60), folder=str(tmp_path))
    with pytest.raises(Faulty, match="shorten the names"):
        make_broadcast(long, lambda _: None)


def test_a_lesson_without_pictures_is_refused(tmp_path: Path, task: BroadcastTask) -> None:
    with pytest.raises(Faulty, match=r"takes pictures in H\.264"):
        make_broadcast(replace(task, pieces=(), folder=str(tmp_path)), lambda _: None)


def test_pieces_of_another_rate(tmp_path: Path) -> None:
    task = lesson(tmp_path, seconds=(1,), codecs=())
    made = replace(task.rendition, rate=Fraction(30_000, 1001), gop=30)
    one = piece(Path(task.inputs), made, 0, 60, noise)
    stream = file_of(
        task, make_broadcast(replace(task, rendition=made, pieces=(one,)), lambda _: None)
    )
    times = [frame.pts for frame in frames_of(stream)]
    assert {b - a for a, b in pairwise(times)} == {3003}
