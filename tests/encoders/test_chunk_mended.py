"""Recordings with something wrong still fill every slot, with the right pictures where possible."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from encoders.facts import Shift
from encoders.opening import Unreadable
from tests.encoders.chunking import encoded, joined, shown, tasks
from tests.media import lecture
from tests.tools.programs import ffmpeg, run


def test_a_jump_of_the_clock_is_mended(tmp_path: Path) -> None:
    """Two recordings joined end to end: the second one's clock starts again."""
    for part in (0, 1):
        lecture(tmp_path / f"{part}.ts", seconds=2, size=(192, 108), first=50 * part, b_frames=2)
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join((tmp_path / f"{part}.ts").read_bytes() for part in (0, 1)))
    (task,) = tasks(path, rate=25, slots=100)
    shift = Shift(packet=50, offset=2 * 90_000)
    mended = replace(task, source=replace(task.source, shifts=(shift,), seekable=False))
    result = encoded(mended, tmp_path / "out")
    assert shown(joined([result], tmp_path / "out")) == list(range(100))


@pytest.mark.parametrize("name", ["a.ts", "a.mkv"])
def test_damage_costs_the_damaged_pictures_only(name: str, tmp_path: Path) -> None:
    path = lecture(tmp_path / name, seconds=4, size=(192, 108))
    chunks = tasks(path, rate=25, slots=100, cuts=(2,))
    data = bytearray(path.read_bytes())
    middle = len(data) * 3 // 8
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    results = [encoded(chunk, tmp_path / "out") for chunk in chunks]
    seen = shown(joined(results, tmp_path / "out"))
    assert len(seen) == 100
    assert seen[:25] == list(range(25))
    assert seen[75:] == list(range(75, 100))


def test_a_tail_that_is_cut_off_repeats_the_last_picture(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.ts", seconds=4, size=(192, 108))
    (task,) = tasks(path, rate=25, slots=100)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 5 // 8])
    seen = shown(joined([encoded(task, tmp_path / "out")], tmp_path / "out"))
    assert len(seen) == 100
    last = seen[-1]
    assert 40 < last < 75
    assert seen[: last + 1] == list(range(last + 1))
    assert set(seen[last:]) == {last}


def test_pictures_an_edit_list_hides_are_not_shown(tmp_path: Path) -> None:
    """Cut without encoding: decoding starts at the key frame before the cut, showing at the cut."""
    lecture(tmp_path / "whole.mp4", seconds=4, size=(192, 108), b_frames=2)
    path = tmp_path / "cut.mp4"
    command = [ffmpeg(), "-v", "error", "-ss", "1.4", "-i", tmp_path / "whole.mp4"]
    run([*command, "-c", "copy", path]).ok()
    (task,) = tasks(path, rate=25, slots=65)
    first = replace(task.source.start, time=Fraction(-10, 25))
    visible = replace(task, source=replace(task.source, start=first, origin=Fraction(0)))
    result = encoded(visible, tmp_path / "out")
    assert shown(joined([result], tmp_path / "out")) == list(range(35, 100))


def test_a_span_without_a_picture_is_an_error(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=1, size=(192, 108))
    (task,) = tasks(path, rate=25, slots=25)
    late = replace(task, source=replace(task.source, origin=Fraction(100)))
    with pytest.raises(ValueError, match="not one picture"):
        encoded(late, tmp_path / "out")


def test_a_stream_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = lecture(tmp_path / "a.mp4", seconds=1, size=(192, 108))
    (task,) = tasks(path, rate=25, slots=25)
    with pytest.raises(Unreadable, match="stream 7"):
        encoded(replace(task, source=replace(task.source, stream=7)), tmp_path / "out")
